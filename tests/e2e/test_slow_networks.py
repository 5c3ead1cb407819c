"""People whose network or computer is slow or bad: what the pages say meanwhile, and what they do not lose."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.e2e.conftest import Invite, Serve
from tests.support.browser_person import WAIT_MS, BrowserPerson
from tests.support.meeting_site import MeetingSite

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

# Nobody is in a hurry here: meetings last, and wait for whoever is slow.
PATIENT = {"max_minutes": 240, "duration_minutes": 60, "safety_net_minutes": 60}


def _let_time_pass(person: BrowserPerson) -> dict[str, float]:
    """Show at once what the style shows after a while; the seconds that it would have taken, by the element's id."""
    delays: dict[str, float] = person.page.evaluate(
        """Object.fromEntries(document.getAnimations().map((animation) => {
          animation.finish();
          return [animation.effect.target.id, animation.effect.getTiming().delay / 1000];
        }))"""
    )
    return delays


def test_a_page_whose_script_is_lost_says_so_by_itself(serve: Serve, invite: Invite) -> None:
    """A module that does not arrive leaves a page that nothing runs on, "nothing to press" written over it."""
    site = serve(**PATIENT)
    booked = site.book()
    pages = {
        "booking": (f"{site.server.url}/schedule", "draft.js", "reduce"),
        "lobby": (booked["teacher_link"], "phrases.js", "no-preference"),
        "desktop": (booked["teacher_link"], "base64.js", "reduce"),
    }
    for name, (address, lost, motion) in pages.items():
        person = invite(name, reduced_motion=motion)
        if name == "booking":
            person.follow(site.server.place["host_page"])
        person.page.route(f"**/{lost}", lambda route: route.abort())
        person.follow(address)
        if name == "desktop":
            person.page.wait_for_url("**/desktop/**")
            person.page.wait_for_load_state()
        hint = person.page.get_by_text("This page is slow to arrive")
        assert _let_time_pass(person)["late"] == 12
        expect(hint).to_be_visible()
        if name == "desktop":
            person.reads("#connection", "Connecting to your desktop")
        person.look("lost")
        person.page.unroute(f"**/{lost}")
        person.page.get_by_role("link", name="load it again").click()
        expect(hint).to_have_count(0, timeout=WAIT_MS)
        if name == "desktop":
            _is_told_of_a_cut(person)


def _is_told_of_a_cut(person: BrowserPerson) -> None:
    """A connection that is open hears nothing of it: the desktop would just stand still."""
    person.wait_inside()
    expect(person.page.locator("#connection")).to_be_hidden()
    person.page.context.set_offline(True)
    person.reads("#connection", "This computer is offline. The picture may stand still")
    person.look("cut")
    person.page.context.set_offline(False)
    expect(person.page.locator("#connection")).to_be_hidden(timeout=WAIT_MS)
    person.wait_state("connected")


def _assert_fits(person: BrowserPerson) -> None:
    """Nothing sticks out of the window sideways."""
    assert person.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def _fill_in_a_time_and_go_back_to_it(host: BrowserPerson) -> None:
    later, when = host.page.get_by_label("At a set time"), host.page.locator("#meet-time")
    later.check()
    when.fill("2040-12-24T10:30")
    host.page.get_by_role("link", name="Meetings").click()
    host.reads("#open-meetings", "No meeting is open")
    host.page.go_back()
    expect(later).to_be_checked(timeout=WAIT_MS)
    expect(when).to_be_visible(timeout=WAIT_MS)
    expect(when).to_have_value("2040-12-24T10:30")


def test_a_booking_whose_answer_is_lost_is_not_made_twice(serve: Serve, invite: Invite) -> None:
    """On a telephone whose clock is two hours fast, with names as long as they may be."""
    site = serve(**PATIENT)
    host = invite("host", viewport={"width": 390, "height": 844})
    host.page.clock.install(time=datetime.now(UTC) + timedelta(hours=2))
    host.follow(site.server.place["host_page"])
    host.follow(f"{site.server.url}/schedule")
    _fill_in_a_time_and_go_back_to_it(host)
    host.page.get_by_label("Start now").check()
    names = {"teacher": "W" * 200, "student": "אָדָה 👩\u200d🏫 " * 15}
    for role, name in names.items():
        host.page.fill(f"#{role}-name", name)

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    host.page.route("**/schedule", lose_the_answer)
    book = host.page.get_by_role("button", name="Book", exact=True)
    book.click()
    host.reads("#trouble", "may be booked all the same. Press Book again")
    host.look("unanswered")
    host.page.context.set_offline(True)
    book.click()
    host.reads("#trouble", "offline")
    host.page.context.set_offline(False)
    host.page.unroute("**/schedule")
    book.click()
    host.reads("#booked-title", "Booked")
    host.page.get_by_role("link", name="Meetings").click()
    expect(host.page.locator("article h3")).to_contain_text(names["teacher"], timeout=WAIT_MS)
    _assert_fits(host)
    host.look("booked-all-the-same")
    (meeting,) = site.server.request("GET", "/meetings").json()["meetings"]
    assert abs(datetime.fromisoformat(meeting["meet_time"]) - datetime.now(UTC)) < timedelta(minutes=5), "by its clock"


@contextmanager
def _held(person: BrowserPerson, requests: str) -> Iterator[None]:
    """These requests are not sent before the end."""
    held: list[Route] = []
    person.page.route(requests, lambda route: held.append(route))  # noqa: PLW0108  Playwright marks it
    yield
    for route in held:
        route.continue_()
    person.page.unroute(requests)


def _press_twice(button: Locator) -> None:
    """As people do where nothing seems to happen; Playwright itself would wait."""
    button.evaluate("(button) => { button.click(); button.click(); }")


def _ambiguous_hour() -> datetime:
    """The second half past two of a night in Berlin in which the clocks go back."""
    last = date(datetime.now(UTC).year + 1, 10, 31)
    sunday = last - timedelta(days=(last.weekday() + 1) % 7)
    return datetime(sunday.year, sunday.month, sunday.day, 1, 30, tzinfo=UTC)


def test_a_host_is_told_what_came_of_each_press(serve: Serve, invite: Invite) -> None:
    site = serve(**PATIENT)
    booked = site.book(meet_time=_ambiguous_hour().isoformat())
    host = invite("host", permissions=["clipboard-read", "clipboard-write"], timezone_id="Europe/Berlin")
    host.follow(site.server.place["host_page"])
    card = host.page.locator("article")
    said, more = card.locator(".notice"), card.get_by_role("button", name="+15 min")
    deadline = datetime.fromisoformat(site.server.meeting(booked["id"])["deadline"])
    with _held(host, "**/extend"):
        _press_twice(more)
        expect(said).to_have_text("One moment…", timeout=WAIT_MS)
        host.look("pressed")
    expect(said).to_contain_text("Now ends", timeout=WAIT_MS)
    longer = datetime.fromisoformat(site.server.meeting(booked["id"])["deadline"])
    assert longer - deadline == timedelta(minutes=15), "two impatient presses are one"

    # a refusal stays, although the page looks again at once
    host.page.route("**/extend", lambda route: route.fulfill(status=400, json={"message": "not today"}))
    with host.page.expect_response("**/meetings?open=true*"):
        more.click()
    expect(more).to_be_enabled(timeout=WAIT_MS)
    expect(said).to_have_text("That did not work. Not today.")
    host.page.unroute("**/extend")

    host.page.route("**/extend", lambda route: route.abort())
    card.get_by_role("button", name="More time…").click()
    host.page.locator("#extend-dialog [type=submit]").click()
    host.reads("#extend-dialog [data-trouble]", "It may be done all the same")
    host.page.keyboard.press("Escape")

    card.get_by_role("button", name="Change time…").click()
    host.page.fill("#reschedule-minutes", "45")
    host.page.locator("#reschedule-dialog [type=submit]").click()
    expect(card).to_contain_text("(45 min)", timeout=WAIT_MS)
    assert datetime.fromisoformat(site.server.meeting(booked["id"])["meet_time"]) == _ambiguous_hour()

    _assert_only_the_new_link_is_copied(site, host, booked["teacher_link"])


def _assert_only_the_new_link_is_copied(site: MeetingSite, host: BrowserPerson, old: str) -> None:
    """The old one could be copied until the page had looked again, and opens nothing."""
    copy = host.page.get_by_role("button", name="Copy the link of Ada")
    host.page.get_by_role("button", name="Make a new link for Ada").click()
    with _held(host, "**/meetings?open=true*"):
        host.page.get_by_role("button", name="Make a new link", exact=True).click()
        expect(host.page.locator("article .notice")).to_contain_text("There is a new link for Ada", timeout=WAIT_MS)
        expect(copy).to_be_disabled()
    copy.click()
    expect(host.page.locator("#announcements")).to_have_text("Copied", timeout=WAIT_MS)  # the button: for two seconds
    copied = host.page.evaluate("navigator.clipboard.readText()")
    (meeting,) = site.server.request("GET", "/meetings").json()["meetings"]
    assert copied == meeting["seats"][0]["link"] != old
