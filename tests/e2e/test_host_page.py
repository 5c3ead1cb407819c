"""What a host does on the host page, and what people elsewhere notice of it."""

import sqlite3
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from playwright.sync_api import Locator, Route, expect

from elephant.adapters.embedded.sqlite import FILE_NAME
from tests.e2e.conftest import Invite, Serve
from tests.support.browser_person import WAIT_MS, BrowserPerson
from tests.support.meeting_site import MeetingSite
from tests.support.recording_check import probe
from tests.support.server_process import TOKEN

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

CLIPBOARD = ["clipboard-read", "clipboard-write"]
HOUR_SECONDS = 3600.0
WARNING = "capacity at risk: <b>14</b> desktops would need 28 vCPUs ({})"
LONG = {"max_minutes": 240, "duration_minutes": 60, "grace_minutes": 15}


def _card(host: BrowserPerson, meeting_id: str) -> Locator:
    return host.page.locator(f'article[data-meeting-id="{meeting_id}"]')


def _deadline(site: MeetingSite, meeting_id: str) -> datetime:
    return datetime.fromisoformat(site.server.meeting(meeting_id)["deadline"])


def _wait_moved(site: MeetingSite, meeting_id: str, deadline: datetime) -> None:
    site.wait_for(meeting_id, lambda it: datetime.fromisoformat(it["deadline"]) == deadline, f"deadline {deadline}")


def _answer_with_a_warning(route: Route) -> None:
    """The meeting is changed, and the answer says besides that something may be in its way."""
    response = route.fetch()
    content = response.json()
    assert isinstance(content["warnings"], list)
    route.fulfill(response=response, json={**content, "warnings": [WARNING.format(route.request.method)]})


def test_a_booked_meeting_is_moved_extended_and_cancelled(serve: Serve, invite: Invite) -> None:
    site = serve(**LONG)
    booked = site.book(HOUR_SECONDS, teacher_name="Ada Lindqvist", student_name="Björn Åkesson")
    host, meeting_id = invite("host", permissions=CLIPBOARD, timezone_id="UTC"), booked["id"]
    host.follow(site.server.place["host_page"])
    assert "token" not in host.page.url
    card = _card(host, meeting_id)
    expect(card.locator("h3")).to_have_text("Ada Lindqvist and Björn Åkesson")
    expect(card.locator(".state")).to_contain_text("Booked, starts in 1 h")

    card.get_by_role("button", name="Copy the link of Ada Lindqvist").click()
    expect(host.page.locator("#announcements")).to_have_text("Copied")  # the button says so for two seconds
    assert host.page.evaluate("navigator.clipboard.readText()") == booked["teacher_link"]
    card.get_by_role("button", name="Make a new link for Björn Åkesson").click()
    host.page.get_by_role("button", name="Make a new link", exact=True).click()
    site.wait_for(meeting_id, lambda it: it["seats"][1]["link"] != booked["student_link"], "the student's new link")

    deadline, warnings = _deadline(site, meeting_id), host.page.locator("#changed-warnings li")
    host.page.route("**/extend", _answer_with_a_warning)
    card.get_by_role("button", name="+15 min").click()
    _wait_moved(site, meeting_id, deadline + timedelta(minutes=15))
    expect(warnings).to_have_text([WARNING.format("POST")], timeout=WAIT_MS)
    host.page.unroute("**/extend")
    card.get_by_role("button", name="More time…").click()
    host.page.fill("#extend-minutes", "500")
    host.page.locator("#extend-dialog [type=submit]").click()
    host.reads("#extend-problem", "at most 240")
    host.page.fill("#extend-minutes", "20")
    host.page.locator("#extend-dialog [type=submit]").click()
    _wait_moved(site, meeting_id, deadline + timedelta(minutes=35))
    expect(host.page.locator("#changed-warnings")).to_be_hidden(timeout=WAIT_MS)

    host.page.route("**/meetings/*", _answer_with_a_warning)
    card.get_by_role("button", name="Change time…").click()
    host.page.fill("#reschedule-when", (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT10:00"))
    host.page.fill("#reschedule-minutes", "45")
    host.look("reschedule")
    host.page.locator("#reschedule-dialog [type=submit]").click()
    expect(card).to_contain_text("Tomorrow, 10:00 (45 min)", timeout=WAIT_MS)
    moved = site.server.meeting(meeting_id)
    assert moved["duration_minutes"] == 45
    assert _deadline(site, meeting_id) == datetime.fromisoformat(moved["meet_time"]) + timedelta(minutes=45 + 15)

    expect(warnings).to_have_text([WARNING.format("PATCH")], timeout=WAIT_MS)
    host.page.unroute("**/meetings/*")

    card.get_by_role("button", name="Cancel meeting…").click()
    host.reads("#confirm-text", "The desktops are removed and the links stop working")
    host.page.get_by_role("button", name="Keep as it is").click()
    assert site.server.meeting(meeting_id)["ended_at"] is None
    card.get_by_role("button", name="Cancel meeting…").click()
    host.page.get_by_role("button", name="Cancel meeting", exact=True).click()
    site.wait_ended(meeting_id, "CANCELLED")
    over = host.page.locator("#closed-meetings article")
    expect(over.locator(".state")).to_have_text("Ended: the host ended it", timeout=WAIT_MS)
    host.look("over")


def test_a_running_meeting_is_ended_and_its_recording_downloaded(serve: Serve, invite: Invite) -> None:
    site = serve(**LONG, safety_net_minutes_in_seconds=200)
    booked = site.book(teacher_name="Ada Lindqvist", student_name="Björn Åkesson")
    host, teacher = invite("host"), invite("teacher")
    host.follow(site.server.place["host_page"])
    teacher.follow(booked["teacher_link"])
    teacher.wait_inside()
    card = _card(host, booked["id"])
    expect(card.locator(".state")).to_contain_text("In progress", timeout=WAIT_MS)
    expect(card.locator("[data-role=teacher]")).to_contain_text("Here now", timeout=WAIT_MS)
    expect(card.locator("[data-role=student]")).to_contain_text("Desktop is ready; not here yet", timeout=WAIT_MS)
    site.wait_recording(booked["id"], "teacher")
    host.look("in-progress")

    card.get_by_role("button", name="End meeting…").click()
    host.reads("#confirm-text", "Ada Lindqvist would be put out at once")
    host.page.get_by_role("button", name="End meeting", exact=True).click()
    teacher.wait_state("over")
    teacher.reads("#panel-title", "This meeting was cancelled or ended")
    teacher.look("over")
    meeting = site.wait_ended(booked["id"], "CANCELLED")
    assert [bool(seat["session_data"]) for seat in meeting["seats"]] == [True, False]

    host.page.reload()
    card.get_by_text("Recordings").click()
    with host.page.expect_download() as started:
        card.get_by_role("link", name="Download").click()
    video = host.folder / "downloaded.mkv"
    started.value.save_as(video)
    assert probe(video).frames > 0
    card.get_by_text("What happened").click()
    for line in ("Booked", "Teacher: Came in", "Ended: the host ended it", "Teacher: Recording saved"):
        expect(card.locator(".timeline")).to_contain_text(line)
    host.look("timeline")


def test_many_meetings_come_in_pages_and_a_damaged_one_hides_none(serve: Serve, invite: Invite) -> None:
    site = serve(**LONG)
    when = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    booked = [site.book(meet_time=when)["id"] for _ in range(27)]
    for meeting_id in booked[:25]:
        site.server.request("POST", f"/meetings/{meeting_id}/cancel", json={})
    host, asked = invite("host"), list[str]()

    def ask_for_one(route: Route) -> None:
        """Fifty meetings are what a slow network brings within a request's time; here one has to do."""
        asked.append(route.request.url)
        route.continue_(url=route.request.url.replace("limit=50", "limit=1"))

    host.page.route("**/meetings?open=true*", ask_for_one)
    host.follow(site.server.place["host_page"])
    expect(host.page.locator("#open-meetings article")).to_have_count(2, timeout=WAIT_MS)
    assert all("limit=50" in url for url in asked)
    host.page.unroute("**/meetings?open=true*")
    over = host.page.locator("#closed-meetings article")
    expect(over).to_have_count(20, timeout=WAIT_MS)
    earlier = host.page.get_by_role("button", name="Show earlier")
    earlier.click()
    expect(over).to_have_count(25, timeout=WAIT_MS)
    expect(earlier).to_be_hidden()

    site.expected_error = f"the stored meeting {booked[25]} is damaged"
    with sqlite3.connect(site.data_dir / FILE_NAME) as store:
        spoilt = "UPDATE meetings SET item = json_set(item, '$.deadline', 'soon') WHERE id = ?"
        store.execute(spoilt, (booked[25],))
    store.close()
    expect(host.page.locator("#trouble")).to_contain_text(site.expected_error[1:], timeout=WAIT_MS)
    expect(host.page.locator("#open-meetings article")).to_have_count(1)
    host.look("damaged")


def test_only_hosts_see_the_host_page(serve: Serve, invite: Invite) -> None:
    site = serve()
    stranger = invite("stranger")
    for path in ("/", "/schedule"):
        stranger.follow(f"{site.server.url}{path}")
        stranger.reads("h1", "Sign in as host")
    stranger.page.fill("#token", "guessed")
    stranger.page.get_by_role("button", name="Sign in").click()
    stranger.reads("#token-problem", "That is no host's token")
    stranger.page.fill("#token", TOKEN)
    stranger.page.get_by_role("button", name="Sign in").click()
    stranger.reads("h1", "Meetings")
    stranger.page.get_by_role("button", name="Sign out").click()
    stranger.reads("h1", "Sign in as host")


def test_a_booking_page_whose_script_is_late_loses_nothing(serve: Serve, invite: Invite) -> None:
    """Who is faster than the page must not have the names sent as an address, and the booking not made."""
    site = serve(**LONG)
    host, held, is_there = invite("host"), list[Route](), Event()
    host.follow(site.server.place["host_page"])
    host.page.route("**/schedule_page.js", lambda route: route.continue_() if is_there.is_set() else held.append(route))
    host.page.goto(f"{site.server.url}/schedule", wait_until="commit")
    for field, name in (("#teacher-name", "Ada Lindqvist"), ("#student-name", "Björn Åkesson")):
        host.page.fill(field, name)
    book = host.page.get_by_role("button", name="Book", exact=True)
    host.page.press("#student-name", "Enter")
    assert book.is_disabled()
    assert host.page.url == f"{site.server.url}/schedule"
    is_there.set()
    for route in held:
        route.continue_()
    book.click()
    meeting_id = host.page.get_attribute("#booked:not([hidden])", "data-meeting-id") or ""
    assert [seat["name"] for seat in site.server.meeting(meeting_id)["seats"]] == ["Ada Lindqvist", "Björn Åkesson"]
