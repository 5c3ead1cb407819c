"""Two people meet: from the booking page into two desktops, and out again."""

import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Route

from tests.e2e.conftest import Invite, Serve
from tests.support.browser_person import BrowserPerson
from tests.support.meeting_site import INK, PAPER, MeetingSite
from tests.support.picture import Picture
from tests.support.recording_check import videos_of
from tests.support.server_process import STOOD_STILL, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

ROLES = ("teacher", "student")
NET, PRESENCE = timedelta(seconds=22), timedelta(seconds=4)
WARNING = "capacity at risk: <b>14 desktops</b> would need 28 vCPUs"
# A desktop may be ready before its address is written.
STEPS = ("machine launched", "address published", "desktop ready", "joined", "recording handed in", "machine gone")


def answer_with_a_warning(route: Route) -> None:
    """The booking is made, and its answer says besides that something may be in its way."""
    if route.request.method != "POST":
        route.continue_()
        return
    response = route.fetch()
    content = response.json()
    assert isinstance(content["warnings"], list)
    route.fulfill(response=response, json={**content, "warnings": [WARNING]})


def book_on_the_page(host: BrowserPerson, site: MeetingSite) -> tuple[str, dict[str, str]]:
    """Sign in by the printed link, fill in the booking page for now; the meeting's id and the links shown."""
    host.follow(site.server.place["host_page"])
    host.page.get_by_role("link", name="Book a meeting").first.click()
    host.page.locator("#teacher-name").fill("Ada Lindqvist")
    host.page.locator("#student-name").fill("Björn Åkesson")
    host.page.route("**/schedule", answer_with_a_warning)
    host.page.get_by_role("button", name="Book").click()
    host.page.wait_for_selector("#booked:not([hidden])")
    assert host.page.locator("#booked-warnings li").all_inner_texts() == [WARNING]
    host.page.unroute("**/schedule")
    links = {role: host.page.input_value(f"#link-{role}") for role in ROLES}
    meeting_id = host.page.get_attribute("#booked", "data-meeting-id") or ""
    site.meeting_ids.append(meeting_id)
    return meeting_id, links


def type_into_own_desktops(site: MeetingSite, meeting_id: str, people: dict[str, BrowserPerson]) -> None:
    """What each of them types arrives in their own desktop, and in no other."""
    for role, person in people.items():
        person.type(f"seq 30;echo {role}>>said\n")
    for role in people:
        said = site.home(meeting_id, role) / "said"
        eventually(said.exists, f"what {role} typed")
        eventually(said.read_text, f"what {role} typed")
        assert said.read_text() == f"{role}\n"


def assert_recorded(site: MeetingSite, meeting_id: str) -> None:
    for role in ROLES:
        (video,) = videos_of(site.data_dir, meeting_id, role)
        assert (video.width, video.height, video.codec) == (1000, 700, "h264")
        assert video.frames > 0


def assert_steps(meeting: dict[str, Any]) -> None:
    """Each seat went through every phase once, in order, and the end came after both recordings were in."""
    happened = [(entry["role"], entry["what"]) for entry in meeting["history"]]
    assert happened[0] == (None, "booked")
    for role in ROLES:
        steps = [what for whose, what in happened if whose == role]
        assert sorted(steps) == sorted(STEPS)
        assert [step for step in steps if step not in {"address published", "desktop ready"}] == [
            "machine launched", "joined", "recording handed in", "machine gone",
        ]  # fmt: skip
        ended = happened.index((None, f"ended: {meeting['termination_reason']}"))
        assert happened.index((role, "recording handed in")) < ended


def left_in_time(meeting: dict[str, Any]) -> bool:
    """Both recordings were in, and nobody counted as present any more, before the net fell.

    People count on through a standstill of the server, so a busy machine may see them longer.
    """
    net_at = datetime.fromisoformat(meeting["meet_time"]) + NET
    handed_in = [entry["at"] for entry in meeting["history"] if entry["what"] == "recording handed in"]
    seen_at = [seat["seen_at"] for seat in meeting["seats"]]
    return datetime.fromisoformat(max(handed_in)) < net_at > datetime.fromisoformat(max(seen_at)) + PRESENCE


def test_two_people_meet_briefly(serve: Serve, invite: Invite) -> None:
    """They have left, and count as gone, before the net falls; a busy machine may take longer, and its end be later."""
    site = serve(safety_net_minutes_in_seconds=NET.total_seconds(), presence_seconds=PRESENCE.total_seconds())
    host, people = invite("host"), {role: invite(role) for role in ROLES}
    meeting_id, links = book_on_the_page(host, site)
    for role, person in people.items():
        person.follow(links[role])
    for person in people.values():
        person.wait_inside()
    type_into_own_desktops(site, meeting_id, people)
    pictures = [person.look("desktop") for person in people.values()]
    for role, person in people.items():
        site.wait_recording(meeting_id, role)
        person.leave()
    ended = site.wait_ended(meeting_id, "15_MIN_SUCCESS", "SUCCESS")
    if left_in_time(ended) and STOOD_STILL not in site.server.words():
        assert ended["termination_reason"] == "15_MIN_SUCCESS"
    assert_steps(site.wait_told_gone(meeting_id, 2))
    assert_recorded(site, meeting_id)
    assert all(Picture.of_file(picture).share(PAPER) > 0.6 for picture in pictures)


def test_two_people_stay_past_the_net(serve: Serve, invite: Invite) -> None:
    site = serve(safety_net_minutes_in_seconds=12)
    people = {role: invite(role) for role in ROLES}
    booked = site.book()
    net_at = time.monotonic() + 12
    for role, person in people.items():
        person.follow(booked[f"{role}_link"])
    for person in people.values():
        person.wait_inside()
    type_into_own_desktops(site, booked["id"], people)
    for person in people.values():
        wait_painted(person)
    eventually(lambda: time.monotonic() > net_at + 1, "the safety net has fallen")
    for role, person in people.items():
        site.wait_recording(booked["id"], role)
        person.wait_state("connected")
        person.go()
    site.wait_ended(booked["id"], "SUCCESS")
    assert_steps(site.wait_told_gone(booked["id"], 2))
    assert_recorded(site, booked["id"])


def wait_painted(person: BrowserPerson) -> None:
    """The terminal's own two colours are on the page: its paper nearly everywhere, and what was typed in ink."""

    def is_painted() -> bool:
        picture = Picture.of_file(person.look("desktop"))
        return picture.share(PAPER) > 0.6 and picture.share(INK) > 0.001

    eventually(is_painted, f"the terminal is on the page of {person.name}", every=0.5)
