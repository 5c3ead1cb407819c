"""Named hosts: whom a token opens for, what each sees, and what their hours cover."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from elephant.adapters.embedded.recordings import Recordings
from elephant.domain.changes import session_data_recorded
from elephant.domain.meeting_item import to_item
from elephant.entrypoints.web import access
from elephant.entrypoints.web.access import HOST_COOKIE
from elephant.entrypoints.web.app import create_api
from elephant.entrypoints.web.recording_link_routes import recording_link_routes
from elephant.entrypoints.web.recording_routes import recording_routes
from tests.support.builders import DATA_URL, STUDENT, TEACHER
from tests.support.host_routes import BODIES, CHANGING, READING
from tests.support.web_site import HOST_TOKEN, Site

OF_A_MEETING = [(method, path) for method, path in READING + CHANGING if "{id}" in path]


def ask(site: Site, headers: dict[str, str], method: str, path: str, meeting_id: str) -> Response:
    body = BODIES.get(path, {}) if method != "GET" else None
    answer: Response = site.client.request(method, path.replace("{id}", meeting_id), json=body, headers=headers)
    return answer


def later(site: Site, **parts: float) -> str:
    return (site.now + timedelta(**parts)).isoformat()


# --- each host's own meetings -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), OF_A_MEETING)
def test_somebody_else_s_meeting_is_not_there(site: Site, method: str, path: str) -> None:
    ana, ben = site.named_host("ana"), site.named_host("ben")
    meeting_id = site.book(ana, meet_time=later(site, hours=2))["id"]
    ours = site.book(meet_time=later(site, hours=2))["id"]
    before = to_item(site.meetings.get(meeting_id)), to_item(site.meetings.get(ours))
    for of_another in (meeting_id, ours):
        refused = ask(site, ben, method, path, of_another)
        unknown = ask(site, ben, method, path, "n0m33t1ng0000000")
        assert refused.status_code == unknown.status_code == 404
        # nothing tells one from the other
        assert refused.text.replace(of_another, "…") == unknown.text.replace("n0m33t1ng0000000", "…")
    assert (to_item(site.meetings.get(meeting_id)), to_item(site.meetings.get(ours))) == before


@pytest.mark.parametrize(("method", "path"), OF_A_MEETING)
def test_one_s_own_is_and_the_installation_s_host_sees_it_too(site: Site, method: str, path: str) -> None:
    for headers in (site.named_host("ana"), site.host):
        meeting_id = site.book(site.named_host("ana"), meet_time=later(site, hours=2))["id"]
        assert ask(site, headers, method, path, meeting_id).status_code == 200


def test_lists_have_one_s_own_alone(site: Site) -> None:
    ana, ben = site.named_host("ana"), site.named_host("ben")
    of_ana = [site.book(ana, meet_time=later(site, hours=hour))["id"] for hour in range(1, 6)]
    for hour in range(1, 6):
        site.book(ben, meet_time=later(site, hours=hour))
    site.client.post(f"/meetings/{of_ana[0]}/cancel", headers=ana)

    def listed(headers: dict[str, str], query: str = "") -> list[str]:
        return [each["id"] for each in site.client.get(f"/meetings{query}", headers=headers).json()["meetings"]]

    assert listed(ana) == of_ana[::-1]
    assert listed(ana, "?open=true") == of_ana[:0:-1]
    assert listed(ana, "?open=false") == of_ana[:1]
    assert len(listed(site.host)) == 10
    assert listed(site.named_host("cem")) == []


def test_pages_of_one_s_own_are_full(site: Site) -> None:
    ana, ben = site.named_host("ana"), site.named_host("ben")
    for hour in range(9):
        site.book(ana if hour % 3 == 0 else ben, meet_time=later(site, hours=hour))
    page = site.client.get("/meetings?limit=2", headers=ana).json()
    rest = site.client.get("/meetings", params={"limit": 2, "before": page["next"]}, headers=ana).json()
    assert (len(page["meetings"]), len(rest["meetings"]), rest["next"]) == (2, 1, None)


def test_others_are_not_told_of_a_damaged_meeting(site: Site) -> None:
    ana, ben = site.named_host("ana"), site.named_host("ben")
    meeting_id = site.book(ana)["id"]
    site.meetings._items[meeting_id]["deadline"] = "soon"
    assert site.client.get("/meetings", headers=ben).json() == {"meetings": [], "next": None, "problems": []}
    for headers in (ana, site.host):
        (problem,) = site.client.get("/meetings", headers=headers).json()["problems"]
        assert meeting_id in problem


@pytest.mark.parametrize("file", ["manifest.json", "seg-0001.mkv"])
def test_recordings_are_their_host_s_alone(site: Site, tmp_path: Path, file: str) -> None:
    folder = tmp_path / "recordings"
    app = create_api([recording_routes(site.service, Recordings(tmp_path))])
    client = TestClient(app, raise_server_exceptions=False)
    booked = site.book(site.named_host("ana"))
    path = f"/recordings/{booked['id']}/{TEACHER}/{file}"
    mine = client.get(path, headers=site.named_host("ana"))
    assert mine.json()["message"] != client.get(path, headers=site.named_host("ben")).json()["message"]
    assert client.get(path, headers=site.named_host("ben")).json() == {"message": f"there is no meeting {booked['id']}"}
    # the installation's own host is asked no such thing: the store may have forgotten whose it was
    unknown = f"/recordings/n0m33t1ng0000000/{STUDENT}/{file}"
    assert "meeting" not in client.get(unknown, headers=site.host).json()["message"]
    assert client.get(unknown, headers=site.named_host("ben")).status_code == 404
    assert not folder.exists()


class EveryRecording:
    """Lists something for any seat."""

    def listed(self, meeting_id: str, role: str, session_data: str) -> dict[str, Any]:
        """See RecordingLinks.listed."""
        return {"of": f"{meeting_id}/{role}", "url": session_data}


def test_links_to_recordings_are_their_host_s_alone(site: Site) -> None:
    client = TestClient(create_api([recording_link_routes(site.service, EveryRecording())]))
    ana, ben = site.named_host("ana"), site.named_host("ben")
    meeting_id = site.book(ana)["id"]
    site.meetings.update(meeting_id, session_data_recorded(TEACHER, DATA_URL, site.now))
    path = f"/recordings/{meeting_id}/{TEACHER}"
    assert [client.get(path, headers=each).status_code for each in (ana, site.host, ben, {})] == [200, 200, 404, 401]
    assert client.get(path, headers=ben).json() == {"message": f"there is no meeting {meeting_id}"}


def test_every_route_that_asks_for_a_host_gets_that_host_s_meetings() -> None:
    """So that no route can know who asks and forget whose meetings they may see."""
    sources = Path(access.__file__).parents[2].rglob("*.py")
    users = {file.name for file in sources if "require_host(" in file.read_text()}
    assert users == {"access.py"}


# --- tokens and cookies -----------------------------------------------------------------------------------------------


def test_a_host_s_token_opens_as_a_bearer_by_the_form_and_by_the_link(site: Site) -> None:
    token = site.hosts.let_in("ana")
    headers = {"Authorization": f"Bearer {token}"}
    assert site.client.get("/hosts/me", headers=headers).json()["name"] == "ana"
    by_form, by_link = site.browser(), site.browser()
    assert by_form.post("/sign-in", data={"token": token}).status_code == 303
    assert by_link.get("/", params={"token": token}).status_code == 303
    for browser in (by_form, by_link):
        assert browser.get("/").status_code == browser.get("/schedule").status_code == 200
        assert browser.get("/hosts/me").json()["name"] == "ana"


def signed_in(site: Site, token: str) -> TestClient:
    browser = site.browser()
    assert browser.get("/", params={"token": token}).status_code == 303
    return browser


def test_a_cookie_dies_with_its_host(site: Site) -> None:
    browser, other = signed_in(site, site.hosts.let_in("ana")), signed_in(site, site.hosts.let_in("ben"))
    site.hosts.put_out("ana")
    assert browser.get("/hosts/me").status_code == 401
    assert browser.get("/").status_code == 401
    assert other.get("/hosts/me").json()["name"] == "ben"
    # a new host of that name is somebody else
    site.hosts.let_in("ana", token="another-token-of-ana")
    assert browser.get("/hosts/me").status_code == 401


def test_a_cookie_dies_with_its_token(site: Site) -> None:
    browser = signed_in(site, site.hosts.let_in("ana"))
    renewed = signed_in(site, site.hosts.let_in("ana", token="another-token-of-ana"))
    assert browser.get("/hosts/me").status_code == 401
    assert renewed.get("/hosts/me").status_code == 200


def test_a_cookie_of_one_host_is_no_other_s(site: Site) -> None:
    ana, ours = signed_in(site, site.hosts.let_in("ana")), signed_in(site, HOST_TOKEN)
    assert ours.get("/hosts/me").json()["name"] == ""
    value = ana.cookies[HOST_COOKIE]
    for forged in (value[:-1] + ("A" if value[-1] != "A" else "B"), value.replace(".", "A.", 1)):
        answer = site.browser().get("/hosts/me", headers={"Cookie": f"{HOST_COOKIE}={forged}"})
        assert answer.status_code == 401


def test_named_hosts_are_let_in_where_the_installation_has_no_token(site: Site) -> None:
    headers = site.named_host("ana")
    object.__setattr__(site.service, "host_token", "")
    assert site.client.get("/hosts/me", headers=headers).status_code == 200
    assert signed_in(site, "the-token-of-ana").get("/").status_code == 200


@pytest.mark.parametrize("token", ["", " ", "the-token-of-ben", "ana", "\ud800"])
def test_no_other_token_opens(site: Site, token: str) -> None:
    site.hosts.let_in("ana")
    answer = site.client.post("/sign-in", content=f"token={token}".encode("utf-8", "surrogatepass"))
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


# --- hours ------------------------------------------------------------------------------------------------------------


def book(site: Site, headers: dict[str, str], **changes: Any) -> Response:  # noqa: ANN401  any field
    body = {f"{TEACHER}_name": "Ada", f"{STUDENT}_name": "Blaise", "meet_time": later(site, hours=2), **changes}
    answer: Response = site.client.post("/schedule", json=body, headers=headers)
    return answer


def me(site: Site, headers: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = site.client.get("/hosts/me", headers=headers).json()
    return found


def test_a_booking_beyond_the_hours_is_refused_with_what_is_left(site: Site) -> None:
    ana = site.named_host("ana", hours_per_month=2)
    assert book(site, ana, duration_minutes=90).status_code == 200
    refused = book(site, ana, duration_minutes=45)
    assert refused.status_code == 409
    assert refused.json() == {
        "message": "not enough hours: 30 min of 2 h are left in 2026-11",
        "errors": [
            {"field": "duration_minutes", "problem": "is more than what is left: 30 min of 2 h are left in 2026-11"}
        ],
    }
    assert len(site.client.get("/meetings", headers=ana).json()["meetings"]) == 1
    assert len(site.alarms.due(site.now + timedelta(days=9))) == 2
    assert book(site, ana, duration_minutes=30).status_code == 200


def test_what_a_host_hears_about_themselves(site: Site) -> None:
    object.__setattr__(site.service, "price_per_hour", Decimal("0.0912"))
    ana = site.named_host("ana", hours_per_month=2)
    book(site, ana, duration_minutes=80)
    assert me(site, ana) == {
        "name": "ana",
        "month": "2026-11",
        "hours_per_month": 2,
        "hours_used": 1.3333,
        "hours_left": 0.6667,
        "price_per_hour": "0.0912",
        "currency": "USD",
    }
    nothing = {"hours_per_month": None, "hours_used": None, "hours_left": None}
    assert me(site, site.named_host("ben")).items() >= {"name": "ben", **nothing}.items()
    assert me(site, site.host).items() >= {"name": "", **nothing}.items()


def test_without_a_price_nothing_is_said_of_it(site: Site) -> None:
    assert me(site, site.host).items() >= {"price_per_hour": None, "currency": None}.items()
    view = site.client.get(f"/meetings/{site.book()['id']}", headers=site.host).json()
    assert (view["estimated_cost"], view["currency"], view["host"]) == (None, None, "")


def test_a_meeting_s_cost(site: Site) -> None:
    object.__setattr__(site.service, "price_per_hour", Decimal("0.12"))
    booked = site.book(site.named_host("ana"), meet_time=later(site, hours=2), duration_minutes=50)
    view = site.client.get(f"/meetings/{booked['id']}", headers=site.host).json()
    assert (view["estimated_cost"], view["currency"], view["host"]) == ("0.2400", "USD", "ana")


def test_what_ended_early_gives_its_hours_back(site: Site) -> None:
    ana = site.named_host("ana", hours_per_month=1)
    meeting_id = book(site, ana, duration_minutes=60).json()["id"]
    assert book(site, ana, duration_minutes=1).status_code == 409
    site.client.post(f"/meetings/{meeting_id}/cancel", headers=ana)
    assert me(site, ana)["hours_left"] == 1
    assert book(site, ana, duration_minutes=60).status_code == 200


def test_another_month_has_hours_of_its_own(site: Site) -> None:
    ana = site.named_host("ana", hours_per_month=1)
    assert book(site, ana, duration_minutes=60).status_code == 200
    assert book(site, ana, duration_minutes=60, meet_time="2026-12-01T00:00:00Z").status_code == 200
    assert book(site, ana, duration_minutes=1, meet_time="2026-12-31T23:59:00Z").status_code == 409


def test_making_a_meeting_longer_is_asked_of_the_hours(site: Site) -> None:
    ana = site.named_host("ana", hours_per_month=2)
    path = f"/meetings/{book(site, ana, duration_minutes=60).json()['id']}"
    refused = site.client.patch(path, json={"duration_minutes": 121}, headers=ana)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "duration_minutes")
    assert site.client.patch(path, json={"duration_minutes": 120}, headers=ana).status_code == 200
    assert me(site, ana)["hours_left"] == 0
    # within what it has already it may move, and become shorter
    assert site.client.patch(path, json={"meet_time": later(site, hours=9)}, headers=ana).status_code == 200
    assert site.client.patch(path, json={"duration_minutes": 30}, headers=ana).status_code == 200
    assert me(site, ana)["hours_left"] == 1.5


def test_moving_a_meeting_into_a_full_month_is_refused(site: Site) -> None:
    ana = site.named_host("ana", hours_per_month=1)
    december = book(site, ana, duration_minutes=60, meet_time="2026-12-05T10:00:00Z").json()["id"]
    november = book(site, ana, duration_minutes=60).json()["id"]
    path = f"/meetings/{december}"
    assert site.client.patch(path, json={"meet_time": later(site, hours=5)}, headers=ana).status_code == 409
    assert site.client.get(path, headers=ana).json()["meet_time"] == "2026-12-05T10:00:00Z"
    site.client.post(f"/meetings/{november}/cancel", headers=ana)
    assert site.client.patch(path, json={"meet_time": later(site, hours=5)}, headers=ana).status_code == 200
    assert me(site, ana)["hours_left"] == 0


def test_more_time_before_the_start_is_a_longer_booking(site: Site) -> None:
    ana = site.named_host("ana", hours_per_month=1)
    path = f"/meetings/{book(site, ana, duration_minutes=30).json()['id']}/extend"
    assert site.client.post(path, json={"minutes": 31}, headers=ana).status_code == 409
    assert site.client.post(path, json={"minutes": 30}, headers=ana).status_code == 200
    assert me(site, ana)["hours_left"] == 0


def test_more_time_once_it_has_begun_is_given_and_counts(site: Site) -> None:
    ana = site.named_host("ana", hours_per_month=1)
    path = f"/meetings/{book(site, ana, duration_minutes=60).json()['id']}/extend"
    site.wait(hours=2)
    assert site.client.post(path, json={"minutes": 30}, headers=ana).status_code == 200
    assert me(site, ana).items() >= {"hours_used": 1.5, "hours_left": 0}.items()


def test_nobody_else_is_held_up_by_a_host_s_hours_but_what_they_do_counts(site: Site) -> None:
    ana = site.named_host("ana", hours_per_month=1)
    path = f"/meetings/{book(site, ana, duration_minutes=60, meet_time='2026-12-05T10:00:00Z').json()['id']}"
    moved = site.client.patch(path, json={"meet_time": later(site, hours=5), "duration_minutes": 90}, headers=site.host)
    assert (moved.status_code, moved.json()["host"]) == (200, "ana")
    assert me(site, ana).items() >= {"hours_used": 1.5, "hours_left": 0}.items()


def test_the_installation_s_own_meetings_count_for_nobody(site: Site) -> None:
    ana = site.named_host("ana", hours_per_month=1)
    site.book()
    site.book(site.named_host("ben"))
    assert me(site, ana)["hours_left"] == 1


def test_a_host_with_no_hours_books_nothing(site: Site) -> None:
    refused = book(site, site.named_host("ana", hours_per_month=0), duration_minutes=1)
    assert refused.json()["message"] == "not enough hours: 0 min of 0 min are left in 2026-11"
