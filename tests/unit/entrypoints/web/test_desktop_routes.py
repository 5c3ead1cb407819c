from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from elephant.domain.machine import MachineState
from elephant.entrypoints.web.desktop_access import DESKTOP_COOKIE
from elephant.entrypoints.web.screen_route import MACHINE_GONE, MEETING_OVER, NOT_ALLOWED, TRY_LATER
from elephant.ports.passes import Pass, Purpose
from elephant.usecases.dns_watchdog import machine_is_gone
from tests.support.builders import STUDENT, TEACHER
from tests.support.web_site import Site
from tests.unit.entrypoints.web.test_access import FOREIGN
from tests.unit.entrypoints.web.test_join_routes import end


def closed_with(site: Site, path: str, *, cookie: str, origin: str | None = "http://testserver") -> int:
    """The code with which the stream of a screen is closed; the cookie goes where a browser would not send it, too."""
    headers = {"Cookie": f"{DESKTOP_COOKIE}={cookie}"} if cookie else {}
    if origin is not None:
        headers["Origin"] = origin
    try:
        with site.browser().websocket_connect(f"{path}/vnc", headers=headers) as stream:
            stream.receive_bytes()
    except WebSocketDenialResponse as denied:
        return denied.status_code
    except WebSocketDisconnect as closed:
        return closed.code
    pytest.fail("the stream stayed open")


def entered(site: Site, booked: dict[str, str], role: str) -> tuple[str, str]:
    """The path of a seat's desktop, and the cookie that its holder's browser got."""
    entry = site.entry_path(booked, role)
    browser = site.browser()
    answer = browser.get(entry)
    assert answer.status_code == 303
    return urlsplit(entry).path, answer.headers["set-cookie"].partition(";")[0].partition("=")[2]


def test_the_way_in(site: Site) -> None:
    booked = site.ready()
    entry = site.entry_path(booked, TEACHER)
    path = urlsplit(entry).path
    browser = site.browser()
    answer = browser.get(entry)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    for part in (f"Path={path}", "HttpOnly", "SameSite=lax"):
        assert part in answer.headers["set-cookie"]
    assert browser.get(path).status_code == 200
    state = browser.get(f"{path}/state").json()
    assert state == {
        "over": False,
        "termination_reason": None,
        "deadline": "2026-11-21T17:15:00Z",
        "meet_time": "2026-11-21T14:00:00Z",
        "role": TEACHER,
        "name": "Ada",
        "names": [{"role": TEACHER, "name": "Ada"}, {"role": STUDENT, "name": "Blaise"}],
        "serves": True,
    }


def test_no_other_pass_opens_a_desktop(site: Site) -> None:
    booked = site.ready()
    path, cookie = entered(site, booked, TEACHER)
    other_path, other_cookie = entered(site, booked, STUDENT)
    machine_id = path.rpartition("/")[2]

    def signed(purpose: Purpose, **changes: Any) -> str:  # noqa: ANN401  any field
        held: dict[str, Any] = {"meeting_id": booked["id"], "role": TEACHER, "machine_id": machine_id, **changes}
        return site.passes.sign(Pass(purpose=purpose, **held))

    cookies = {
        "none": "",
        "another seat's": other_cookie,
        "truncated": cookie[:-4],
        "another signature": f"{cookie.rpartition('.')[0]}.{cookie.rpartition('.')[2][::-1]}",
        "an unknown meeting's": signed(Purpose.DESKTOP, meeting_id="abcdefgh12345678"),
        "an unknown role's": signed(Purpose.DESKTOP, role="janitor"),
        "of another issue of the key": signed(Purpose.DESKTOP, key_issue=7),
        "expired": signed(Purpose.DESKTOP, expires_at=site.now - timedelta(seconds=1)),
        **{f"a pass for {purpose}": signed(purpose) for purpose in Purpose if purpose is not Purpose.DESKTOP},
    }
    for what, text in cookies.items():
        headers = {"Cookie": f"{DESKTOP_COOKIE}={text}"}
        assert site.browser().get(path, headers=headers).status_code == 403, what
        assert site.browser().get(f"{path}/state", headers=headers).status_code == 403, what
        assert closed_with(site, path, cookie=text) == NOT_ALLOWED, what
    assert closed_with(site, other_path, cookie=cookie) == NOT_ALLOWED
    tokens = [signed(purpose) for purpose in Purpose if purpose is not Purpose.ENTRY]
    for text in (*tokens, "", "x.y"):
        assert site.browser().get(path, params={"token": text}).status_code == 403


@pytest.mark.parametrize("origin", FOREIGN)
def test_another_site_cannot_watch(site: Site, origin: str) -> None:
    path, cookie = entered(site, site.ready(), TEACHER)
    assert closed_with(site, path, cookie=cookie, origin=origin) == NOT_ALLOWED


def test_a_screen_that_is_not_there(site: Site) -> None:
    path, cookie = entered(site, site.ready(), TEACHER)
    for origin in ("http://testserver", None):
        assert closed_with(site, path, cookie=cookie, origin=origin) == TRY_LATER


def test_after_the_end_the_page_still_says_why(site: Site) -> None:
    booked = site.ready()
    path, cookie = entered(site, booked, TEACHER)
    end(site, booked["id"])
    headers = {"Cookie": f"{DESKTOP_COOKIE}={cookie}"}
    state = site.browser().get(f"{path}/state", headers=headers).json()
    assert (state["over"], state["termination_reason"], state["serves"]) == (True, "CANCELLED", False)
    assert closed_with(site, path, cookie=cookie) == MEETING_OVER


def test_a_desktop_is_gone_once_its_lobby_leads_elsewhere(site: Site) -> None:
    booked = site.ready()
    path, cookie = entered(site, booked, TEACHER)
    machine_id = path.rpartition("/")[2]

    def seen() -> tuple[bool, int, int]:
        state = site.browser().get(f"{path}/state", headers={"Cookie": f"{DESKTOP_COOKIE}={cookie}"}).json()
        lobby = site.join(booked["id"], TEACHER, site.key(booked, TEACHER))
        return state["serves"], closed_with(site, path, cookie=cookie), lobby.status_code

    site.machines.move(machine_id, MachineState.TERMINATED)
    assert seen() == (True, TRY_LATER, 200)
    machine_is_gone(
        machine_id,
        MachineState.TERMINATED,
        meetings=site.meetings,
        addresses=site.addresses,
        now=site.now,
        meeting_id=booked["id"],
        role=TEACHER,
    )
    assert seen() == (False, MACHINE_GONE, 202)


def test_the_room_is_for_its_own_seat(site: Site) -> None:
    booked = site.ready()
    site.report(booked["id"], STUDENT, connected=1)
    machine_id, _ = site.machine_headers(booked["id"], TEACHER)
    held = Pass(purpose=Purpose.ROOM, meeting_id=booked["id"], role=TEACHER, machine_id=machine_id)
    token = site.passes.sign(held)
    path = f"/room/{booked['id']}/{TEACHER}"
    assert site.client.get(path, params={"token": token}).status_code == 200
    state = site.client.get(f"{path}/state", params={"token": token}).json()
    assert state == {
        "over": False,
        "deadline": "2026-11-21T17:15:00Z",
        "meet_time": "2026-11-21T14:00:00Z",
        "role": TEACHER,
        "people": [
            {"role": TEACHER, "name": "Ada", "present": False},
            {"role": STUDENT, "name": "Blaise", "present": True},
        ],
    }
    refused = [
        (path, ""),
        (path, token[:-3]),
        (path, site.passes.sign(Pass(purpose=Purpose.DESKTOP, meeting_id=booked["id"], role=TEACHER))),
        (f"/room/{booked['id']}/{STUDENT}", token),
        (f"/room/abcdefgh12345678/{TEACHER}", token),
    ]
    for where, text in refused:
        for each in (where, f"{where}/state"):
            assert site.client.get(each, params={"token": text}).status_code == 403
