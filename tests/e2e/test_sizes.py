"""Desktops in windows of any size: the remote screen follows, on a telephone's width too."""

import pytest

from tests.e2e.conftest import Invite, Serve
from tests.support.browser_person import BrowserPerson
from tests.support.meeting_site import PAPER
from tests.support.picture import Picture
from tests.support.recording_check import videos_of
from tests.support.server_process import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

NARROW = {"width": 390, "height": 844}


def _wait_screen(person: BrowserPerson, width: int, height: int) -> None:
    eventually(lambda: person.screen_size == (width, height), f"a remote screen of {width}x{height}")


def _assert_fits(person: BrowserPerson) -> None:
    """Nothing sticks out of the window sideways."""
    assert person.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_two_people_on_narrow_screens(serve: Serve, invite: Invite) -> None:
    site = serve(safety_net_minutes_in_seconds=16)
    people = {role: invite(role, viewport=NARROW, has_touch=True, is_mobile=True) for role in ("teacher", "student")}
    early = site.book(3600)
    people["teacher"].follow(early["teacher_link"])
    people["teacher"].wait_state("early")
    _assert_fits(people["teacher"])
    people["teacher"].look("early")
    booked = site.book()
    for role, person in people.items():
        person.follow(booked[f"{role}_link"])
    for role, person in people.items():
        person.wait_inside()
        _wait_screen(person, 390, 844)
        _assert_fits(person)
        person.type("stty size > asked; mv asked size\n")
        typed = site.home(booked["id"], role) / "size"
        eventually(typed.exists, f"{role} can type")
        rows, columns = (int(word) for word in typed.read_text().split())
        assert rows > 30, "the terminal is as tall as the screen"
        assert 20 < columns < 60, "the terminal is as narrow as the screen"
        assert Picture.of_file(person.look("narrow")).share(PAPER) > 0.6
    for person in people.values():
        person.page.wait_for_selector("#bar[data-shown=false]", state="attached")
        person.page.tap("#tab")
        person.page.wait_for_selector("#bar[data-shown=true]")
        person.look("bar")
        for button in ("#leave", "#hide"):
            box = person.page.locator(button).bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
        person.page.tap("#leave")
        person.wait_state("left")
        _assert_fits(person)
        person.look("left")
    site.wait_ended(booked["id"], "15_MIN_SUCCESS", "SUCCESS")
    *others, video = videos_of(site.data_dir, booked["id"], "teacher")
    assert (video.width, video.height) == (390, 844)
    assert len(others) <= 1, "of the screen before a busy browser has said how large it is to be"


def test_a_window_that_changes_its_size_takes_the_desktop_with_it(serve: Serve, invite: Invite) -> None:
    site = serve(safety_net_minutes_in_seconds=120)
    booked = site.book()
    teacher = invite("teacher")
    teacher.follow(booked["teacher_link"])
    teacher.wait_inside()
    _wait_screen(teacher, 1000, 700)
    site.wait_recording(booked["id"], "teacher")
    teacher.page.set_viewport_size({"width": 701, "height": 901})
    _wait_screen(teacher, 701, 901)
    site.wait_recording(booked["id"], "teacher", 2)
    picture = Picture.of_file(teacher.look("resized"))
    assert (picture.width, picture.height) == (701, 901)
    assert picture.share(PAPER) > 0.6, "the terminal fills the window's new shape"
    site.server.request("POST", f"/meetings/{booked['id']}/cancel", json={})
    site.wait_ended(booked["id"], "CANCELLED")
    sizes = [(video.width, video.height) for video in videos_of(site.data_dir, booked["id"], "teacher")]
    assert sizes == [(1000, 700), (702, 902)], "one picture size a segment, padded to even numbers"
