"""A host with a token and hours of their own: what their pages show, and what is refused where they typed it."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from elephant.adapters.embedded.sqlite import SqliteDatabase
from elephant.adapters.embedded.sqlite_hosts import SqliteHosts
from elephant.domain.hours import Host
from elephant.ports.hosts import token_digest
from tests.e2e.conftest import Invite, Serve
from tests.support.browser_person import WAIT_MS

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

TOKEN = "the-token-of-ana-lindqvist"


def next_month() -> datetime:
    """Ten in the morning of a day in the middle of the next month, in which nothing of this test is due."""
    return (datetime.now(UTC).replace(day=1) + timedelta(days=45)).replace(hour=10, minute=0)


def test_a_host_s_hours_and_a_meeting_s_cost(serve: Serve, invite: Invite) -> None:
    site = serve(max_minutes=240, duration_minutes=60, grace_minutes=15, price_per_hour="0.12")
    site.book(3600, teacher_name="Somebody", student_name="Else")
    database = SqliteDatabase(site.server.data_dir)
    SqliteHosts(database).add(Host(name="ana@example.org", minutes_per_month=120), token_digest(TOKEN))
    database.close()

    host = invite("ana", timezone_id="UTC")
    host.follow(f"{site.server.url}/")
    host.page.fill("#token", TOKEN)
    host.page.get_by_role("button", name="Sign in").click()
    host.reads("#hours", "Signed in as ana@example.org. 0 min of 2 h used in")
    expect(host.page.locator("#open-meetings")).to_contain_text("No meeting is open", timeout=WAIT_MS)

    def book(minutes: int) -> None:
        host.follow(f"{site.server.url}/schedule")
        host.page.fill("#teacher-name", "Ada Lindqvist")
        host.page.fill("#student-name", "Björn Åkesson")
        host.page.get_by_label("At a set time").check()
        host.page.fill("#meet-time", next_month().strftime("%Y-%m-%dT%H:%M"))
        host.page.fill("#duration", str(minutes))
        host.page.get_by_role("button", name="Book", exact=True).click()

    book(90)
    expect(host.page.locator("#booked-title")).to_be_visible(timeout=WAIT_MS)
    book(45)
    host.reads("#duration-problem", f"Is more than what is left: 30 min of 2 h are left in {next_month():%Y-%m}.")
    expect(host.page.locator("#duration")).to_have_attribute("aria-invalid", "true")
    expect(host.page.locator("#duration")).to_be_focused()
    host.look("refused")

    host.follow(f"{site.server.url}/")
    card = host.page.locator("#open-meetings article")
    expect(card).to_have_count(1, timeout=WAIT_MS)
    expect(card.locator(".more")).to_have_text("About $0.40 for its desktops")
    host.look("hours")

    # the installation's own host sees whose it is, and the other one
    everybody_s = invite("installation", timezone_id="UTC")
    everybody_s.follow(site.server.place["host_page"])
    expect(everybody_s.page.locator("#open-meetings article")).to_have_count(2, timeout=WAIT_MS)
    expect(everybody_s.page.locator(".more").last).to_contain_text("Booked by ana@example.org. About", timeout=WAIT_MS)
    expect(everybody_s.page.locator("#hours")).to_be_hidden()
