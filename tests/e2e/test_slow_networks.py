"""People whose network or computer is slow or bad: what the pages say meanwhile, and what they do not lose."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Invite, Serve
from tests.support.browser_person import WAIT_MS, BrowserPerson

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
    person.wait_inside()
    expect(person.page.locator("#connection")).to_be_hidden()
