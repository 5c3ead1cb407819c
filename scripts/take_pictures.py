"""Takes the user guide's pictures: `.venv/bin/python -m scripts.take_pictures` writes docs/pictures/*.png.

A real server, real desktops and a real browser; the people are made up. Each picture stays under MOST_BYTES.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.support.browser_person import CHROMIUM, CHROMIUM_FLAGS, WAIT_MS, BrowserPerson
from tests.support.meeting_site import MeetingSite
from tests.support.server_process import ServerProcess, settings_of

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
MOST_BYTES = 200_000
SIZE: ViewportSize = {"width": 1200, "height": 760}
TEACHER, STUDENT = "Ada Lindqvist", "Björn Åkesson"
MINUTE_SECONDS = 60.0


def main() -> int:
    """Take every picture; 1 where one of them is too large."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ele-") as folder, sync_playwright() as playwright:
        server = ServerProcess(Path(folder) / "data", settings_of(sweep_seconds=2), Path(folder) / "log")
        server.start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_FLAGS))
        try:
            take_all(server, browser)
        finally:
            browser.close()
            MeetingSite(server, Path(folder)).clear_up()
    too_large = [path.name for path in sorted(PICTURES.glob("*.png")) if path.stat().st_size > MOST_BYTES]
    print(f"{PICTURES}: {', '.join(too_large) or 'none'} larger than {MOST_BYTES} bytes")
    return 1 if too_large else 0


def take_all(server: ServerProcess, browser: Browser) -> None:
    """The booking page first, then a day with four meetings on it."""
    host = sit_down(browser, "host")
    host.follow(server.place["host_page"])
    take_booking(host.page)
    over = server.book(25 * 60 * MINUTE_SECONDS, teacher_name="Ingrid Halvorsen", student_name="Yusuf Demir")
    server.request("POST", f"/meetings/{over['id']}/cancel", json={})
    server.book(26 * 60 * MINUTE_SECONDS, teacher_name="Chiara Moretti", student_name="Tomasz Zieliński")
    soon = server.book(
        12 * MINUTE_SECONDS, teacher_name="Noor Haddad", student_name="Emil Sørensen", duration_minutes=30
    )
    take_lobby(sit_down(browser, "guest"), soon["student_link"])
    now = server.book(teacher_name=TEACHER, student_name=STUDENT, duration_minutes=45)
    take_desktops(browser, now)
    host.page.reload()
    expect(host.page.locator(f'article[data-meeting-id="{now["id"]}"]')).to_contain_text("In progress", timeout=WAIT_MS)
    take(host.page, "host", full_page=True)


def sit_down(browser: Browser, name: str) -> BrowserPerson:
    """Somebody in Stockholm who reads English."""
    context = browser.new_context(viewport=SIZE, locale="en-GB", timezone_id="Europe/Stockholm")
    return BrowserPerson(name, context.new_page(), PICTURES)


def take(page: Page, name: str, *, full_page: bool = False) -> None:
    """Write one picture."""
    page.screenshot(path=PICTURES / f"{name}.png", full_page=full_page, animations="disabled")


def take_booking(page: Page) -> None:
    """The booking page, filled in."""
    page.get_by_role("link", name="Book a meeting").first.click()
    page.fill("#teacher-name", TEACHER)
    page.fill("#student-name", STUDENT)
    page.fill("#duration", "45")
    take(page, "booking", full_page=True)
    page.get_by_role("link", name="Meetings").click()


def take_lobby(guest: BrowserPerson, link: str) -> None:
    """The lobby as somebody sees it who is a little early."""
    guest.follow(link)
    guest.wait_state("early")
    take(guest.page, "lobby")


def take_desktops(browser: Browser, booked: dict[str, str]) -> None:
    """A desktop with its bar, and the room alone; both people stay inside."""
    people = {role: sit_down(browser, role) for role in ("teacher", "student")}
    for role, person in people.items():
        person.follow(booked[f"{role}_link"])
    for person in people.values():
        person.wait_inside()
    teacher = people["teacher"]
    teacher.type("Chapter 3: the subjunctive\n\n- read pages 41 to 47 together\n- exercises 2 and 5\n- homework: 6")
    teacher.page.wait_for_timeout(6000)  # the room asks every five seconds who is here
    teacher.page.wait_for_selector("#bar[data-shown=false]", state="attached")
    take(teacher.page, "room")
    teacher.show_bar()
    take(teacher.page, "desktop")


if __name__ == "__main__":
    sys.exit(main())
