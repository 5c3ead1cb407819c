"""The way into a desktop that Amazon DCV serves."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from elephant.entrypoints.web.dcv_way_in import by_dcv_token
from elephant.ports.passes import Pass, Purpose
from elephant.usecases.join_meeting import Ready
from tests.support.builders import TEACHER
from tests.support.web_site import Site


def way_in(site: Site, link: str, session_id: str = "console") -> tuple[Ready, str]:
    """A ready seat with this link, and the address that its holder is sent to."""
    meeting = site.meetings.get(site.ready()["id"])
    seat = meeting.seat(TEACHER)
    assert seat is not None
    assert seat.machine_id is not None
    ready = Ready(meeting=meeting, seat=seat, machine_id=seat.machine_id, link=link)
    return ready, by_dcv_token(session_id)(ready, site.service)


@pytest.mark.parametrize("link", ["", "/", "#console", "/#console"])
def test_the_address_is_that_of_the_web_client(site: Site, link: str) -> None:
    _, url = way_in(site, f"https://i-0abc.desks.example:8443{link}")
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == (
        "https",
        "i-0abc.desks.example:8443",
        "/",
        "console",
    )
    assert set(parse_qs(parts.query)) == {"authToken"}


def test_the_token_is_a_pass_for_this_seat_and_machine_until_the_longest_end(site: Site) -> None:
    ready, url = way_in(site, "https://i-0abc.desks.example:8443")
    token = parse_qs(urlsplit(url).query)["authToken"][0]
    policy = site.service.policy
    end = ready.meeting.meet_time + policy.maximum + policy.margin
    assert site.passes.read(Purpose.DESKTOP, token, end - timedelta(seconds=1)) == Pass(
        purpose=Purpose.DESKTOP,
        meeting_id=ready.meeting.id,
        role=TEACHER,
        machine_id=ready.machine_id,
        key_issue=ready.seat.key_issue,
        expires_at=end,
    )
    assert site.passes.read(Purpose.DESKTOP, token, end) is None
    assert site.passes.read(Purpose.ENTRY, token, site.now) is None


def test_a_session_of_another_name(site: Site) -> None:
    _, url = way_in(site, "https://i-0abc.desks.example:8443", "a b#c")
    assert url.endswith("#a%20b%23c")
