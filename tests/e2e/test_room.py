"""The desktop as it comes: a browser on the room page, which says who meets and how long yet; over HTTPS too."""

import re

import httpx2
import pytest
from playwright.sync_api import Error

from tests.e2e.conftest import Invite, Serve
from tests.support.browser_person import BrowserPerson
from tests.support.recording_check import videos_of
from tests.support.server_process import ANSWER_SECONDS, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

ROLES = ("teacher", "student")
CLIPBOARD = ["clipboard-read", "clipboard-write"]
THE_BROWSER = ""
# Browsers take their time, and whether they leave before or after the net is not what these tests are about.
SUCCESSES = ("15_MIN_SUCCESS", "SUCCESS")


def _copy_from_desktop(person: BrowserPerson) -> str:
    """Select and copy everything where the desktop's focus is; its clipboard arrives in the person's own browser.

    What comes back may be of a moment ago: callers ask until it is what they wait for.
    """
    person.page.keyboard.press("Control+a")
    person.page.keyboard.press("Control+c")
    return str(person.page.evaluate("navigator.clipboard.readText()"))


def _page_in_desktop(person: BrowserPerson) -> str:
    """The text of the page that the browser in the desktop shows."""
    width, height = person.screen_size
    person.page.mouse.click(width - 20, height - 20)
    return _copy_from_desktop(person)


def _wait_page_says(person: BrowserPerson, *texts: str) -> None:
    def says() -> bool:
        page = _page_in_desktop(person)
        return all(re.search(text, page) for text in texts)

    eventually(says, f"the room in the desktop of {person.name} says {texts}", every=0.5)


def _wait_notes(person: BrowserPerson, text: str) -> None:
    eventually(lambda: _copy_from_desktop(person) == text, f"{person.name} has the notes {text!r}", every=0.5)


def _assert_room_works(people: dict[str, BrowserPerson]) -> None:
    """Each page shows both people and the time left; what is typed goes into one's own notes."""
    for role, person in people.items():
        other = "Student" if role == "teacher" else "Teacher"
        _wait_page_says(
            person, "Ada and Blaise", r"Time left\s+\d:\d\d", rf"{role.capitalize()} \(you\), here", rf"{other}, here"
        )
        person.look("room")
    for role, person in people.items():
        person.page.keyboard.press("Tab")  # keys may overtake a click on their way through a busy browser
        person.type(f"notes of {role}")
        _wait_notes(person, f"notes of {role}")
        person.look("notes")


def test_the_room_says_who_is_here_and_keeps_notes(serve: Serve, invite: Invite) -> None:
    site = serve(app=THE_BROWSER, safety_net_minutes_in_seconds=24)
    booked = site.book()
    people = {role: invite(role, permissions=CLIPBOARD) for role in ROLES}
    for role, person in people.items():
        person.follow(booked[f"{role}_link"])
    for person in people.values():
        person.wait_inside()
    _assert_room_works(people)
    people["student"].leave()
    _wait_page_says(people["teacher"], "Student, not here")
    people["teacher"].look("alone")
    people["teacher"].leave()
    site.wait_ended(booked["id"], *SUCCESSES)
    for role in ROLES:
        assert all(video.frames > 0 for video in videos_of(site.data_dir, booked["id"], role))


def test_over_https_all_of_it_works(serve: Serve, invite: Invite) -> None:
    site = serve(flags=("--tls",), app=THE_BROWSER, safety_net_minutes_in_seconds=24)
    assert site.server.url.startswith("https://")
    with pytest.raises(httpx2.ConnectError, match="certificate verify failed"):
        httpx2.get(f"{site.server.url}/healthz", trust_env=False, timeout=ANSWER_SECONDS)
    stranger = invite("stranger")
    with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
        stranger.follow(site.server.url)

    people = {role: invite(role, permissions=CLIPBOARD, ignore_https_errors=True) for role in ROLES}
    booked = site.book()  # its client trusts the server's own authority and nobody else
    screens: list[str] = []
    people["teacher"].page.on("websocket", lambda socket: screens.append(socket.url))
    for role, person in people.items():
        person.follow(booked[f"{role}_link"])
    for person in people.values():
        person.wait_inside()
    assert screens
    assert all(url.startswith("wss://") for url in screens)
    (cookie,) = people["teacher"].page.context.cookies(people["teacher"].page.url)
    assert (cookie["name"], cookie["secure"], cookie["httpOnly"]) == ("elephant_desktop", True, True)
    _assert_room_works(people)
    for person in people.values():
        person.leave()
    site.wait_ended(booked["id"], *SUCCESSES)

    host = invite("host", ignore_https_errors=True)
    host.follow(site.server.place["host_page"])
    host.reads("h1", "Meetings")
    (cookie,) = host.page.context.cookies()
    assert (cookie["name"], cookie["secure"], cookie["httpOnly"]) == ("elephant_host", True, True)
