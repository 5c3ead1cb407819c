import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from elephant.adapters.memory.meetings import MemoryMeetings
from elephant.domain.capacity import Limit, Outlook
from elephant.entrypoints.web.app import create_app
from elephant.ports.overlap import Answer, in_turn
from tests.support.builders import STUDENT, TEACHER, at
from tests.support.web_site import Site

NAME = f"{TEACHER}_name"


def refusal(site: Site, **changes: Any) -> dict[str, str]:  # noqa: ANN401  any field
    """The one problem with an otherwise ordinary booking, by field; nothing may have been booked."""
    body = {f"{role}_name": "Ada" for role in (TEACHER, STUDENT)}
    body = {**body, "meet_time": site.now.isoformat(), **changes}
    # As text of ASCII: half a surrogate pair can only be sent as an escape.
    headers = {**site.host, "Content-Type": "application/json"}
    answer = site.client.post("/schedule", content=json.dumps(body), headers=headers)
    assert answer.status_code == 400, answer.text
    assert set(answer.json()) == {"message", "errors"}
    assert site.meetings.open_meetings() == []
    return {each["field"]: each["problem"] for each in answer.json()["errors"]}


def test_a_booking(site: Site) -> None:
    booked = site.book(meet_time="2026-11-21T16:00:00+01:00", duration_minutes=60, teacher_email="ada@example.org")
    assert set(booked) == {"message", "id", "jitsi_url", f"{TEACHER}_link", f"{STUDENT}_link", "warnings"}
    assert booked["warnings"] == []
    assert booked["jitsi_url"] == f"https://call.example/{booked['id']}"
    keys = set()
    for role in (TEACHER, STUDENT):
        link = urlsplit(booked[f"{role}_link"])
        assert f"{link.scheme}://{link.netloc}{link.path}" == "http://testserver/meeting"
        query = parse_qs(link.query)
        assert (query["id"], query["role"]) == ([booked["id"]], [role])
        keys.add(query["key"][0])
    assert len(keys) == 2
    meeting = site.client.get(f"/meetings/{booked['id']}", headers=site.host).json()
    assert meeting["meet_time"] == "2026-11-21T15:00:00Z"
    assert meeting["deadline"] == "2026-11-21T16:15:00Z"
    assert (meeting["duration_minutes"], meeting["teacher_email"]) == (60, "ada@example.org")


def test_a_booking_that_is_sent_again_is_the_same_meeting_with_the_same_links(site: Site) -> None:
    asked = {"meet_time": "2026-11-21T16:00:00+01:00", "request_id": "0123456789abcdef"}
    first = site.book(**asked)
    assert site.book(**asked) == first
    site.client.post(f"/meetings/{first['id']}/cancel", headers=site.host)
    assert site.book(**asked)["id"] == first["id"]
    assert site.book(**asked, duration_minutes=30)["id"] != first["id"]
    assert set(refusal_of_id(site)) == {"request_id"}


def refusal_of_id(site: Site) -> dict[str, str]:
    """What is said of a request id that is none."""
    body = {f"{role}_name": "Ada" for role in (TEACHER, STUDENT)}
    answer = site.client.post(
        "/schedule", json={**body, "meet_time": site.now.isoformat(), "request_id": "1"}, headers=site.host
    )
    assert answer.status_code == 400
    return {each["field"]: each["problem"] for each in answer.json()["errors"]}


def test_a_meeting_for_which_there_may_be_no_room_is_booked_moved_and_extended_and_that_is_said(site: Site) -> None:
    limit = Limit(unit="<b>", each=1, room=1, holder="there is", advice="wait")
    site.now = at(-60)
    client = TestClient(create_app(replace(site.service, look_at_capacity=lambda: Outlook(limits=[limit]))))
    body = {f"{role}_name": "Ada" for role in (TEACHER, STUDENT)}
    booked = client.post("/schedule", json={**body, "meet_time": at(0).isoformat()}, headers=site.host)
    meeting_id = booked.json()["id"]
    moved = client.patch(f"/meetings/{meeting_id}", json={"meet_time": at(60).isoformat()}, headers=site.host)
    extended = client.post(f"/meetings/{meeting_id}/extend", json={"minutes": 5}, headers=site.host)
    # the time that it had already was spoken of before
    for answer, time in ((booked, "13:50"), (moved, "14:50"), (extended, "18:15")):
        said = f"capacity at risk: 2 desktops would need 2 <b> at {time} UTC and there is 1; wait"
        assert (answer.status_code, answer.json()["warnings"]) == (200, [said])
    assert site.meetings.get(meeting_id).deadline == at(60 + 180 + 15 + 5)
    seen = client.get(f"/meetings/{meeting_id}", headers=site.host).json()
    assert {**extended.json(), "warnings": None} == {**seen, "warnings": None}
    assert "warnings" not in seen


def test_a_booking_without_a_length_gets_the_policy_s(site: Site) -> None:
    booked = site.book()
    assert site.meetings.get(booked["id"]).duration_minutes == 180


def test_links_lead_to_an_allowed_page(site: Site) -> None:
    booked = site.book(frontend_base_url="https://school.example/app/lobby")
    assert booked[f"{STUDENT}_link"].startswith(
        f"https://school.example/app/lobby?id={booked['id']}&role={STUDENT}&key="
    )


def test_links_to_a_page_that_is_not_allowed(site: Site) -> None:
    assert "ELEPHANT_FRONTEND_BASE_URLS" in refusal(site, frontend_base_url="https://evil.example")["frontend_base_url"]


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21T15:00:00Z",
        "2026-11-21T15:00:00.5Z",
        "2026-11-21T15:00:00.123456+00:00",
        "2026-11-21T20:45:00+05:45",
        "2026-11-21t15:00:00Z",
        "2026-11-21 15:00Z",
        " 2026-11-21T15:00:00Z ",
    ],
)
def test_times_of_any_offset(site: Site, text: str) -> None:
    booked = site.book(meet_time=text)
    view = site.client.get(f"/meetings/{booked['id']}", headers=site.host).json()
    assert view["meet_time"] == "2026-11-21T15:00:00Z"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2026-11-21T15:00:00", "no offset"),
        ("2026-11-21", "no time of day"),
        ("tomorrow", "not a date and time"),
        ("", "not a date and time"),
        ("2026-02-30T15:00:00Z", "not a date and time"),
        ("\ud800", "not a date and time"),
        ("0001-01-01T00:00:00+14:00", "calendar"),
        ("9999-12-31T23:59:59-14:00", "calendar"),
        ("2026-11-21T13:29:59Z", "30 minutes"),
        ("2062-11-21T13:29:59Z", "five years"),
        (1795270000, "must be text"),
        (True, "must be text"),
        (None, "must be text"),
        (["2026-11-21T15:00:00Z"], "must be text"),
    ],
)
def test_times_that_are_none(site: Site, value: object, words: str) -> None:
    assert words in refusal(site, meet_time=value)["meet_time"]


@pytest.mark.parametrize("value", ["60", True, [], 0, -5, 241, 10**400, float("1e308")])
def test_lengths_that_are_none(site: Site, value: object) -> None:
    assert list(refusal(site, duration_minutes=value)) == ["duration_minutes"]


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_json_does_not_have(site: Site, text: str) -> None:
    names = f'"{TEACHER}_name": "A", "{STUDENT}_name": "B"'
    body = f'{{{names}, "meet_time": "2026-11-21T15:00:00Z", "duration_minutes": {text}}}'
    answer = site.client.post("/schedule", content=body, headers={**site.host, "Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "duration_minutes"


@pytest.mark.parametrize(
    "name",
    [
        "Ада Лавлейс",
        "آدا لوفلايس",
        "\u202bאדה\u202c",
        "爱达·勒芙蕾丝",
        "Ada 👩🏽‍💻 \U0001f418",
        'O\'Brien "Bob"',
        "<script>alert(1)</script>",
        "{{ 7 * 7 }} ${x} %s",
        "\u0438\u0306" * 100,
        "я" * 200,
        "\U0001f418" * 200,
    ],
)
def test_names_of_any_language(site: Site, name: str) -> None:
    booked = site.book(**{NAME: name})
    seats = site.client.get(f"/meetings/{booked['id']}", headers=site.host).json()["seats"]
    assert seats[0]["name"] == name


def test_spaces_around_a_name_are_dropped(site: Site) -> None:
    booked = site.book(**{NAME: "  Ada \u3000"})
    assert site.meetings.get(booked["id"]).seats[0].name == "Ada"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "empty"),
        ("  \t ", "empty"),
        ("я" * 201, "at most 200"),
        ("\U0001f418" * 201, "at most 200"),
        ("a" * 10_240, "at most 200"),
        ("Ada\x00", "control"),
        ("Ada\nLovelace", "control"),
        ("Ada\x7fLovelace", "control"),
        ("Ada\x85Lovelace", "control"),
        ("Ada\u2028Lovelace", "control"),
        ("Ada\x1b[31m", "control"),
        ("Ada\ud83d", "control"),
        (7, "must be text"),
        (None, "must be text"),
        (["Ada"], "must be text"),
    ],
)
def test_names_that_are_none(site: Site, name: object, words: str) -> None:
    assert words in refusal(site, **{NAME: name})[NAME]


@pytest.mark.parametrize(
    "email", ["ada", "@example.org", "ada@", "a b@example.org", "a@b\nBcc: c@d", f"{'a' * 250}@b.cd", 7]
)
def test_addresses_that_are_none(site: Site, email: object) -> None:
    assert list(refusal(site, teacher_email=email)) == ["teacher_email"]


def test_everything_missing_is_named_at_once(site: Site) -> None:
    answer = site.client.post("/schedule", json={}, headers=site.host)
    fields = {each["field"]: each["problem"] for each in answer.json()["errors"]}
    assert fields == {"meet_time": "is missing", f"{TEACHER}_name": "is missing", f"{STUDENT}_name": "is missing"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "must be JSON"),
        (b"", "is missing"),
        (b"null", "must be a JSON object"),
        (b"[]", "must be a JSON object"),
        (b'"text"', "must be a JSON object"),
        (b"3", "must be a JSON object"),
    ],
)
def test_bodies_that_are_no_objects(site: Site, content: bytes, words: str) -> None:
    answer = site.client.post("/schedule", content=content, headers={**site.host, "Content-Type": "application/json"})
    assert answer.status_code == 400
    (problem,) = answer.json()["errors"]
    assert problem["field"] == "body"
    assert words in problem["problem"]


@pytest.mark.parametrize("content", [b"\xff\xfe{", b"[" * 60_000, b'{"a":' + b"9" * 5000 + b"}"])
def test_bodies_that_the_parser_gives_up_on(site: Site, content: bytes) -> None:
    answer = site.client.post("/schedule", content=content, headers={**site.host, "Content-Type": "application/json"})
    assert answer.status_code == 400
    (problem,) = answer.json()["errors"]
    assert (problem["field"], problem["problem"][:20]) == ("body", "must be JSON in UTF-")


def test_a_form_is_no_json(site: Site) -> None:
    answer = site.client.post("/schedule", data={NAME: "Ada"}, headers=site.host)
    assert answer.status_code == 400
    assert "application/json" in answer.json()["message"]


def test_the_list_is_filtered_and_paged(site: Site) -> None:
    ids = [site.book(meet_time=f"2026-11-21T{hour}:00:00Z")["id"] for hour in (15, 16, 17)]
    site.client.post(f"/meetings/{ids[1]}/cancel", headers=site.host)

    def listed(**params: str) -> list[str]:
        answer = site.client.get("/meetings", params=params, headers=site.host)
        assert answer.status_code == 200
        return [meeting["id"] for meeting in answer.json()["meetings"]]

    assert listed() == [ids[2], ids[1], ids[0]]
    assert listed(open="true") == [ids[2], ids[0]]
    assert listed(open="false") == [ids[1]]
    assert listed(limit="1") == [ids[2]]
    assert listed(before="2026-11-21T17:00:00Z") == [ids[1], ids[0]]
    # an offset's plus sign that was not percent-encoded
    assert listed(before="2026-11-21T18:00:00 01:00") == [ids[1], ids[0]]


def test_what_a_host_does_overlaps_as_the_installation_says(site: Site) -> None:
    layers: list[int] = []

    def counted(calls: Sequence[Callable[[], Answer]]) -> list[Answer]:
        layers.append(len(calls))
        return in_turn(calls)

    object.__setattr__(site.service, "overlap", counted)
    meeting = site.book(meet_time="2026-11-21T15:00:00Z")["id"]
    # writing it, and looking whether there will be room; its two alarms
    assert layers == [2, 2]
    new_time = {"meet_time": "2026-11-21T16:00:00Z"}
    assert site.client.patch(f"/meetings/{meeting}", json=new_time, headers=site.host).status_code == 200
    assert layers == [2, 2] * 2
    assert site.client.post(f"/meetings/{meeting}/extend", json={"minutes": 5}, headers=site.host).status_code == 200
    assert layers == [2, 2] * 2 + [2]
    assert site.client.post(f"/meetings/{meeting}/cancel", headers=site.host).status_code == 200
    assert layers == [2, 2] * 2 + [2, 3]


def test_a_meeting_that_cannot_be_read_is_named_and_hides_no_other(site: Site) -> None:
    ids = [site.book(meet_time=f"2026-11-21T{hour}:00:00Z")["id"] for hour in range(15, 19)]
    assert isinstance(site.service.meetings, MemoryMeetings)
    site.service.meetings._items[ids[2]]["deadline"] = "soon"
    page = site.client.get("/meetings", params={"limit": 2}, headers=site.host).json()
    found = [meeting["id"] for meeting in page["meetings"]]
    assert found == [ids[3], ids[1]]
    assert [ids[2] in problem for problem in page["problems"]] == [True]
    page = site.client.get("/meetings", params={"limit": 3, "before": page["next"]}, headers=site.host).json()
    assert [meeting["id"] for meeting in page["meetings"]] == [ids[0]]
    assert page["next"] is None
    assert site.client.get(f"/meetings/{ids[2]}", headers=site.host).status_code == 500


def test_pages_follow_each_other_through_meetings_of_one_moment(site: Site) -> None:
    ids = sorted((site.book(meet_time="2026-11-21T15:00:00Z")["id"] for _ in range(5)), reverse=True)
    found: list[str] = []
    params: dict[str, Any] = {"limit": 2}
    pages = 0
    while params.get("before", "") is not None:
        answer = site.client.get("/meetings", params=params, headers=site.host).json()
        found += [meeting["id"] for meeting in answer["meetings"]]
        params["before"] = answer["next"]
        pages += 1
    assert found == ids
    assert pages == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("before", "yesterday"),
        ("before", "~abcdefgh12345678"),
        ("before", f"2026-11-21T15:00:00Z~{'x' * 201}"),
        ("before", "0001-01-01T00:00:00+14:00"),
        ("limit", "0"),
        ("limit", "201"),
        ("limit", "many"),
        ("open", "perhaps"),
    ],
)
def test_a_wrong_query_names_the_parameter(site: Site, name: str, value: str) -> None:
    answer = site.client.get("/meetings", params={name: value}, headers=site.host)
    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["errors"]] == [name]
    assert answer.json()["message"].startswith(f"{name} must")


def test_a_meeting_as_hosts_see_it(site: Site) -> None:
    booked = site.ready()
    site.report(booked["id"], TEACHER, connected=1)
    view = site.client.get(f"/meetings/{booked['id']}", headers=site.host).json()
    assert set(view) == {
        "id", "status", "meet_time", "duration_minutes", "created_at", "deadline", "ended_at",
        "termination_reason", "jitsi_url", "teacher_email", "host", "estimated_cost", "currency", "seats", "history",
    }  # fmt: skip
    assert set(view["seats"][0]) == {
        "role", "name", "phase", "machine_id", "joined_at", "seen_at", "present", "session_data", "link",
        "launches", "problem",
    }  # fmt: skip
    assert set(view["history"][0]) == {"at", "what", "role", "why"}
    assert [seat["present"] for seat in view["seats"]] == [True, False]
    assert [seat["link"] for seat in view["seats"]] == [booked[f"{TEACHER}_link"], booked[f"{STUDENT}_link"]]


def test_cancelling_ends_it_once(site: Site) -> None:
    booked = site.ready()
    answer = site.client.post(f"/meetings/{booked['id']}/cancel", headers=site.host)
    assert (answer.status_code, answer.json()["termination_reason"]) == (200, "CANCELLED")
    assert answer.json()["status"] == "TERMINATED"
    assert not any(machine.state.is_live for machine in site.machines.owned())
    again = site.client.post(f"/meetings/{booked['id']}/cancel", headers=site.host)
    assert again.status_code == 410
    assert again.json() == {"message": "this meeting is over", "termination_reason": "CANCELLED"}


def test_extending(site: Site) -> None:
    booked = site.book(duration_minutes=60)
    answer = site.client.post(f"/meetings/{booked['id']}/extend", json={"minutes": 7.5}, headers=site.host)
    assert (answer.status_code, answer.json()["deadline"]) == (200, "2026-11-21T15:22:30Z")


@pytest.mark.parametrize("value", [0, -1, 10_000, 10**400, "5", None, True])
def test_extending_by_what_cannot_be(site: Site, value: object) -> None:
    booked = site.book()
    answer = site.client.post(f"/meetings/{booked['id']}/extend", json={"minutes": value}, headers=site.host)
    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["errors"]] == ["minutes"]


def test_moving_before_the_launch(site: Site) -> None:
    booked = site.book(meet_time="2026-11-21T16:00:00Z")
    body = {"meet_time": "2026-11-22T09:00:00+01:00", "duration_minutes": 30}
    answer = site.client.patch(f"/meetings/{booked['id']}", json=body, headers=site.host)
    assert answer.status_code == 200
    assert (answer.json()["meet_time"], answer.json()["duration_minutes"]) == ("2026-11-22T08:00:00Z", 30)


def test_moving_after_the_launch(site: Site) -> None:
    booked = site.ready()
    answer = site.client.patch(f"/meetings/{booked['id']}", json={"duration_minutes": 30}, headers=site.host)
    assert answer.status_code == 409
    assert "extend" in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "meet_time"), ({"meet_time": "soon"}, "meet_time"), ({"duration_minutes": 999}, "duration_minutes")],
)
def test_moving_to_what_cannot_be(site: Site, body: dict[str, object], field: str) -> None:
    booked = site.book(meet_time="2026-11-21T16:00:00Z")
    answer = site.client.patch(f"/meetings/{booked['id']}", json=body, headers=site.host)
    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["errors"]] == [field]


def test_a_link_for_a_role_that_is_none(site: Site) -> None:
    booked = site.book()
    answer = site.client.post(f"/meetings/{booked['id']}/links/janitor", headers=site.host)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "role"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"duration_minutes": 5}),
        ("POST", "/cancel", None),
        ("POST", "/extend", {"minutes": 5}),
        ("POST", f"/links/{TEACHER}", None),
    ],
)
def test_unknown_meetings(site: Site, method: str, path: str, body: dict[str, object] | None) -> None:
    answer = site.client.request(method, f"/meetings/abcdefgh12345678{path}", json=body, headers=site.host)
    assert (answer.status_code, answer.json()) == (404, {"message": "there is no meeting abcdefgh12345678"})
