from datetime import timedelta

import pytest

from elephant.domain import changes
from elephant.domain.machine import MachineState
from elephant.ports.passes import Pass, Purpose
from tests.support.builders import STUDENT, TEACHER
from tests.support.web_site import Site
from tests.unit.entrypoints.web.test_join_routes import end


def test_a_report_is_answered_with_the_deadline(site: Site) -> None:
    booked = site.book(duration_minutes=60)
    site.launch(booked["id"])
    answer = site.report(booked["id"], TEACHER)
    assert (answer.status_code, answer.json()) == (200, {"deadline": "2026-11-21T15:15:00.000000Z", "over": False})


def test_a_machine_of_a_meeting_that_is_over_hears_it(site: Site) -> None:
    booked = site.ready()
    machine_id, headers = site.machine_headers(booked["id"], TEACHER)
    end(site, booked["id"])
    body = {"machine_id": machine_id, "healthy": True, "connected": 0}
    answer = site.client.post("/agent/health", json=body, headers=headers)
    assert (answer.status_code, answer.json()["termination_reason"]) == (410, "CANCELLED")


def test_session_data_of_both_ends_the_meeting_and_may_be_repeated(site: Site) -> None:
    booked = site.ready()
    site.wait(minutes=16)
    for _ in range(2):
        for role in (TEACHER, STUDENT):
            machine_id, headers = site.machine_headers(booked["id"], role)
            body = {"machine_id": machine_id, "url": f"https://recordings.example/{role}"}
            answer = site.client.post("/agent/session-data", json=body, headers=headers)
            assert (answer.status_code, answer.json()) == (200, {"message": "noted"})
    meeting = site.meetings.get(booked["id"])
    assert meeting.termination_reason == "SUCCESS"
    assert [seat.session_data for seat in meeting.seats] == [
        f"https://recordings.example/{role}" for role in (TEACHER, STUDENT)
    ]


@pytest.mark.parametrize("path", ["/agent/health", "/agent/session-data"])
def test_machines_need_the_pass_of_their_own_seat(site: Site, path: str) -> None:
    booked = site.ready()
    machine_id, headers = site.machine_headers(booked["id"], TEACHER)
    other_id, _ = site.machine_headers(booked["id"], STUDENT)
    body = {"machine_id": machine_id, "healthy": True, "connected": 1, "url": "https://a.example"}
    bearers = {
        f"a pass for {purpose}": site.passes.sign(
            Pass(purpose=purpose, meeting_id=booked["id"], role=TEACHER, machine_id=machine_id)
        )
        for purpose in Purpose
        if purpose is not Purpose.MACHINE
    }
    bearers["expired"] = site.passes.sign(
        Pass(
            purpose=Purpose.MACHINE,
            meeting_id=booked["id"],
            role=TEACHER,
            machine_id=machine_id,
            expires_at=site.now - timedelta(seconds=1),
        )
    )
    bearers["the seat's key"] = site.key(booked, TEACHER)
    for what, text in bearers.items():
        answer = site.client.post(path, json=body, headers={"Authorization": f"Bearer {text}"})
        assert answer.status_code == 401, what
    for unsent in ({}, site.host):
        assert site.client.post(path, json=body, headers=unsent).status_code == 401
    answer = site.client.post(path, json={**body, "machine_id": other_id}, headers=headers)
    assert (answer.status_code, answer.json()) == (403, {"message": "this pass is another machine's"})
    assert all(seat.seen_at is None and seat.session_data is None for seat in site.meetings.get(booked["id"]).seats)


@pytest.mark.parametrize(
    ("path", "changes", "field"),
    [
        ("health", {"connected": -1}, "connected"),
        ("health", {"connected": True}, "connected"),
        ("health", {"connected": 1.5}, "connected"),
        ("health", {"healthy": "yes"}, "healthy"),
        ("health", {"machine_id": 7}, "machine_id"),
        ("session-data", {"url": "javascript:alert(1)"}, "url"),
        ("session-data", {"url": "file:///etc/passwd"}, "url"),
        ("session-data", {"url": 'https://a.example/"><script>'}, None),
        ("session-data", {"url": "https://a.example/a b"}, "url"),
        ("session-data", {"url": "https://a.example/" + "a" * 2048}, "url"),
        ("session-data", {"url": None}, "url"),
    ],
)
def test_what_machines_send_is_checked(site: Site, path: str, changes: dict[str, object], field: str | None) -> None:
    booked = site.ready()
    machine_id, headers = site.machine_headers(booked["id"], TEACHER)
    body = {"machine_id": machine_id, "healthy": True, "connected": 0, "url": "https://a.example", **changes}
    answer = site.client.post(f"/agent/{path}", json=body, headers=headers)
    if field is None:
        assert answer.status_code == 200
    else:
        assert answer.status_code == 400
        assert [each["field"] for each in answer.json()["errors"]] == [field]


def test_a_machine_that_was_replaced_is_told_so(site: Site) -> None:
    booked = site.ready()
    held = Pass(purpose=Purpose.MACHINE, meeting_id=booked["id"], role=TEACHER, machine_id="m-of-before")
    headers = {"Authorization": f"Bearer {site.passes.sign(held)}"}
    body = {"machine_id": "m-of-before", "healthy": True, "connected": 1}
    assert site.client.post("/agent/health", json=body, headers=headers).status_code == 404


# --- passes that were signed before the machine had an id: the seat says whose they are -------------------------------


def seat_pass(site: Site, meeting_id: str, role: str = TEACHER) -> dict[str, str]:
    """Headers with the pass that a machine of this seat is launched with."""
    held = Pass(purpose=Purpose.MACHINE, meeting_id=meeting_id, role=role)
    return {"Authorization": f"Bearer {site.passes.sign(held)}"}


def told(site: Site, path: str, headers: dict[str, str], machine_id: str) -> tuple[int, dict[str, object]]:
    """The answer to a machine that says that it is this one."""
    body = {"machine_id": machine_id, "healthy": True, "connected": 1, "url": "https://a.example"}
    answer = site.client.post(path, json=body, headers=headers)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("path", ["/agent/health", "/agent/session-data"])
def test_a_pass_without_a_name_is_its_seat_s_machine_s_alone(site: Site, path: str) -> None:
    booked = site.ready()
    machine_id, _ = site.machine_headers(booked["id"], TEACHER)
    other_id, _ = site.machine_headers(booked["id"], STUDENT)
    headers = seat_pass(site, booked["id"])
    for wrong in (other_id, "i-0123456789abcdef0", ""):
        assert told(site, path, headers, wrong)[0] == 403
    seats = site.meetings.get(booked["id"]).seats
    assert [(seat.seen_at, seat.session_data) for seat in seats] == [(None, None)] * 2
    assert told(site, path, headers, machine_id)[0] == 200


@pytest.mark.parametrize("path", ["/agent/health", "/agent/session-data"])
def test_a_machine_that_speaks_before_its_launch_is_written_down_asks_again(site: Site, path: str) -> None:
    booked = site.book()
    body = {"machine_id": "m-early", "healthy": True, "connected": 0, "url": "https://a.example"}
    answer = site.client.post(path, json=body, headers=seat_pass(site, booked["id"]))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert site.meetings.get(booked["id"]).seats[0].session_data is None


def test_it_hears_that_its_meeting_is_over(site: Site) -> None:
    booked = site.ready()
    machine_id, _ = site.machine_headers(booked["id"], TEACHER)
    end(site, booked["id"])
    headers = seat_pass(site, booked["id"])
    assert told(site, "/agent/health", headers, machine_id)[0] == 410
    # the recording of what was is welcome all the same
    assert told(site, "/agent/session-data", headers, machine_id)[0] == 200


def test_the_machine_before_has_no_say_any_more(site: Site) -> None:
    booked = site.ready()
    before, _ = site.machine_headers(booked["id"], TEACHER)
    headers = seat_pass(site, booked["id"])
    site.machines.move(before, MachineState.TERMINATED)
    seat = site.meetings.get(booked["id"]).seats[0]
    site.meetings.update(booked["id"], changes.seat_launched(seat, "m-after", "tested", site.now))
    for path in ("/agent/health", "/agent/session-data"):
        assert told(site, path, headers, before)[0] == 403
        assert told(site, path, headers, "m-after")[0] == 200
