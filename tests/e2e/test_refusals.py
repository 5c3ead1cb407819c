"""Nobody gets in who was not invited, and whoever is refused reads why and what to do."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from elephant.adapters.signing import SignedPasses
from elephant.ports.passes import Pass, Purpose
from tests.e2e.conftest import Invite, Serve
from tests.support.meeting_site import MeetingSite
from tests.support.server_process import ANSWER_SECONDS, key_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

NOT_YOUR_KEY = ("failed", "This link does not open this meeting", "Its key is not the one for your seat")
NO_MEETING = ("failed", "There is no such meeting", "names a meeting that does not exist here")
CUT = ("failed", "This link is not complete", "A part of the address is missing or changed")
CANCELLED = ("over", "This meeting was cancelled or ended", "The host ended it")


def test_links_that_open_nothing(serve: Serve, invite: Invite) -> None:
    site = serve(safety_net_minutes_in_seconds=200)
    booked, other, cancelled = site.book(), site.book(3600), site.book(3600)
    site.server.request("POST", f"/meetings/{cancelled['id']}/cancel", json={})
    key = key_of(booked, "teacher")
    refused = {
        "wrong key": (booked["id"], "teacher", f"{key[:-1]}{'A' if key[-1] != 'A' else 'B'}", NOT_YOUR_KEY),
        "key of the other seat": (booked["id"], "student", key, NOT_YOUR_KEY),
        "key of another meeting": (booked["id"], "teacher", key_of(other, "teacher"), NOT_YOUR_KEY),
        "unknown meeting": ("0123456789abcdef", "teacher", key, NO_MEETING),
        "no key": (booked["id"], "teacher", "", CUT),
        "unknown role": (booked["id"], "janitor", key, CUT),
        "script for an id": ("<script>alert(1)</script>", "teacher", key, NO_MEETING),
        "over": (cancelled["id"], "teacher", key_of(cancelled, "teacher"), CANCELLED),
    }
    site.wait_for(booked["id"], lambda it: it["status"] == "HEALTHY", "both desktops are ready")
    guest = invite("guest")
    for what, (meeting_id, role, tried, (state, title, lead)) in refused.items():
        query = str(httpx2.QueryParams({"id": meeting_id, "role": role, "key": tried}))
        guest.follow(f"{site.server.url}/meeting?{query}")
        guest.wait_state(state)
        guest.reads("#title", title)
        guest.reads("#lead", lead)
        guest.reads("#mend", "What to do:")
        guest.look(what.replace(" ", "-"))
    meeting = site.server.meeting(booked["id"])
    assert meeting["status"] == "HEALTHY", "a refusal marked somebody as arrived"
    assert [seat["joined_at"] for seat in meeting["seats"]] == [None, None]


def test_a_link_made_anew_replaces_the_old_one_and_whoever_used_it(serve: Serve, invite: Invite) -> None:
    site = serve(safety_net_minutes_in_seconds=200)
    booked = site.book()
    old, new = invite("old-link"), invite("new-link")
    old.follow(booked["teacher_link"])
    old.wait_inside()
    answer = site.server.request("POST", f"/meetings/{booked['id']}/links/teacher")
    assert answer.status_code == 200, answer.text
    old.wait_state("failed")
    old.reads("#title", NOT_YOUR_KEY[1])
    old.reads("#mend", "ask whoever invited you for a new link")
    old.look("put-out")
    new.follow(answer.json()["link"])
    new.wait_inside()
    assert site.seat(booked["id"], "teacher")["launches"] == 1
    old.follow(f"{site.server.url}/desktop/{new.machine_id}")
    old.reads("h1", "This desktop is not open to you")
    assert old.page.locator("canvas").count() == 0


def test_whoever_left_is_left_alone_when_their_link_is_made_anew(serve: Serve, invite: Invite) -> None:
    site = serve(safety_net_minutes_in_seconds=200)
    booked = site.book()
    guest = invite("guest")
    guest.follow(booked["teacher_link"])
    guest.wait_inside()
    guest.leave()
    assert site.server.request("POST", f"/meetings/{booked['id']}/links/teacher").status_code == 200
    for _ in range(2):  # with the second answer the first one has been dealt with
        with guest.page.expect_response("**/state") as answer:
            guest.page.evaluate("dispatchEvent(new Event('online'))")
        assert answer.value.status == 403
    guest.wait_state("left")
    guest.page.get_by_role("button", name="Come back").click()
    guest.wait_state("failed")
    guest.reads("#title", NOT_YOUR_KEY[1])


def _entry(site: MeetingSite, meeting_id: str, machine_id: str, expires_at: datetime) -> str:
    """An entry link as the server makes them, good until a given time."""
    passes = SignedPasses((site.data_dir / "link_secret").read_text())
    issued = Pass(
        purpose=Purpose.ENTRY, meeting_id=meeting_id, role="teacher", machine_id=machine_id, expires_at=expires_at
    )
    return f"{site.server.url}/desktop/{machine_id}?token={passes.sign(issued)}"


def test_the_way_into_a_desktop_is_short_lived_and_our_own_pages_only(serve: Serve, invite: Invite) -> None:
    site = serve(safety_net_minutes_in_seconds=200)
    booked = site.book()
    meeting = site.wait_for(booked["id"], lambda it: it["status"] == "HEALTHY", "both desktops are ready")
    mine, others = (seat["machine_id"] for seat in meeting["seats"])
    late, now = invite("late"), datetime.now(UTC)
    late.follow(_entry(site, booked["id"], mine, now - timedelta(seconds=1)))
    late.reads("h1", "This desktop is not open to you")
    late.reads("main", "Follow your invitation link again")
    late.follow(_entry(site, booked["id"], mine, now + timedelta(minutes=10)).replace(mine, others))
    late.reads("h1", "This desktop is not open to you")
    assert late.page.locator("canvas").count() == 0

    way_in = _entry(site, booked["id"], mine, now + timedelta(minutes=10))
    entry = httpx2.get(way_in, trust_env=False, timeout=ANSWER_SECONDS)
    assert entry.status_code == 303
    cookie = f"elephant_desktop={entry.cookies['elephant_desktop']}"
    assert "HttpOnly" in entry.headers["set-cookie"]
    assert _first_of_screen(site, mine, cookie, site.server.url).startswith("RFB 003.")
    for origin in ("https://evil.example", f"{site.server.url}.evil.example", "null"):
        assert _first_of_screen(site, mine, cookie, origin) == "refused with 403"
    for unknown in ("", "elephant_desktop=", "elephant_desktop=forged.by.somebody", f"{cookie}x"):
        assert _first_of_screen(site, mine, unknown, site.server.url) == "closed with 4403"
    assert _first_of_screen(site, others, cookie, site.server.url) == "closed with 4403"


def _first_of_screen(site: MeetingSite, machine_id: str, cookie: str, origin: str) -> str:
    """What a screen's WebSocket says first to a client that is no browser."""
    where = f"ws://{urlsplit(site.server.url).netloc}/desktop/{machine_id}/vnc"
    try:
        with connect(
            where,
            additional_headers={"Cookie": cookie},
            origin=Origin(origin),
            open_timeout=ANSWER_SECONDS,
            proxy=None,
        ) as connection:
            return bytes(connection.recv(ANSWER_SECONDS, decode=False)).decode()
    except InvalidStatus as error:
        return f"refused with {error.response.status_code}"
    except ConnectionClosed as error:
        return f"closed with {error.rcvd.code if error.rcvd else None}"
