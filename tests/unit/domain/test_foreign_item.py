from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.domain.foreign_item import completed, is_from_before, read_item
from elephant.domain.meeting import EndReason, Meeting, SeatPhase, Status
from elephant.domain.meeting_item import from_item, time_text, to_item
from elephant.domain.timetable import Policy, first_deadline, safety_net_at
from tests.support.builders import MEET_TIME, POLICY, TEACHER, a_meeting, a_serving_seat, at, minutes
from tests.support.strategies import any_meeting, moments

ROW: dict[str, Any] = {
    "id": "abcdefgh12345678",
    "teacher_name": "Ann",
    "student_name": "Ben",
    "meet_time": "2026-03-02T14:00:00Z",
    "created_at": "2026-03-01T09:30:00.123456",
    "jitsi_url": "https://call.example.test/abcdefgh12345678",
    "status": "SCHEDULED",
}
MACHINE, LINK = "i-0123456789abcdef0", "https://i-0123456789abcdef0.example.test:8443"


def phases(item: dict[str, Any]) -> list[str]:
    return [seat.phase.value for seat in read_item(item, POLICY).seats]


@st.composite
def rows_from_before(draw: st.DrawFn) -> dict[str, Any]:
    """What the seeds' functions and the images leave: any of their attributes, and none of ours."""
    times = moments.flatmap(lambda moment: st.sampled_from([time_text(moment), moment.isoformat()]))
    row: dict[str, Any] = {
        "id": "abcdefgh12345678",
        "teacher_name": draw(st.sampled_from(["Ann", "", None])),
        "created_at": draw(times),
        "status": draw(st.sampled_from(["PENDING", *(status.value for status in Status)])),
    }
    texts = st.sampled_from([MACHINE, LINK, None])
    for name in ("ec2_id", "ec2_link", "session_data"):
        for role in ("teacher", "student"):
            row[f"{role}_{name}"] = draw(texts)
    optional = {
        "meet_time": times,
        "instance_id": texts,
        "teacher_email": texts,
        "termination_reason": st.sampled_from(["SUCCESS", "NO_SHOW_TIMEOUT"]),
        "duration_minutes": st.sampled_from(["45", 45, 45.5]),
    }
    for name, values in optional.items():
        if draw(st.booleans()):
            row[name] = draw(values)
    return row


@given(any_meeting())
def test_an_item_that_only_we_wrote_is_read_as_it_is(meeting: Meeting) -> None:
    item = to_item(meeting)
    assert completed(item, POLICY) == item
    assert read_item(item, POLICY) == meeting


@given(any_meeting(), st.sampled_from(Status), st.sampled_from(["i-none", "m-teacher-1"]))
def test_what_an_image_writes_over_an_item_of_ours_changes_nothing_but_one_seats_phase(
    meeting: Meeting, status: Status, instance_id: str
) -> None:
    item = {**to_item(meeting), "status": status.value, "instance_id": instance_id}
    read = read_item(item, POLICY)
    for before, after in zip(meeting.seats, read.seats, strict=True):
        moved = before.machine_id == instance_id and before.phase.rank < SeatPhase.HEALTHY.rank
        assert after.phase is (SeatPhase.HEALTHY if moved else before.phase)
        assert (after.machine_id, after.link, after.joined_at) == (before.machine_id, before.link, before.joined_at)
    assert (read.ended_at, read.termination_reason) == (meeting.ended_at, meeting.termination_reason)


@given(rows_from_before())
def test_every_row_from_before_is_a_meeting_and_stays_the_same_one(row: dict[str, Any]) -> None:
    meeting = read_item(row, POLICY)
    assert is_from_before(row)
    assert not is_from_before(completed(row, POLICY))
    assert completed(completed(row, POLICY), POLICY) == completed(row, POLICY)
    # Taken over, it is read strictly and by itself.
    assert from_item(to_item(meeting)) == meeting
    assert meeting.deadline == first_deadline(meeting.meet_time, meeting.duration_minutes, POLICY)
    assert meeting.is_over == (row["status"] == "TERMINATED" or "termination_reason" in row)
    for seat in meeting.seats:
        assert (seat.machine_id is None) == (seat.phase is SeatPhase.PENDING) == (seat.launches == 0)


def test_what_is_missing_is_computed_as_if_it_were_booked_now() -> None:
    policy = Policy(duration=minutes(90), grace=minutes(7), safety_net=minutes(20))
    meeting = read_item(ROW, policy)
    assert meeting.meet_time == MEET_TIME
    assert meeting.duration_minutes == 90
    assert meeting.deadline == at(97)
    assert meeting.safety_net_at == safety_net_at(MEET_TIME, policy) == at(20)
    assert [seat.name for seat in meeting.seats] == ["Ann", "Ben"]
    assert meeting.status is Status.SCHEDULED
    assert meeting.history == ()


def test_no_meet_time_falls_back_to_created_at() -> None:
    row = {name: value for name, value in ROW.items() if name != "meet_time"}
    meeting = read_item(row, POLICY)
    assert meeting.meet_time == meeting.created_at
    assert time_text(meeting.meet_time) == "2026-03-01T09:30:00.123456Z"


@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_meet_time_is_none(empty: str | None) -> None:
    assert read_item({**ROW, "meet_time": empty}, POLICY).meet_time == read_item(ROW, POLICY).created_at


def test_a_row_without_any_time_is_an_error() -> None:
    with pytest.raises(KeyError):
        read_item({"id": "x", "status": "SCHEDULED"}, POLICY)


def test_phases_are_derived_from_what_is_there() -> None:
    launched = {**ROW, "teacher_ec2_id": MACHINE}
    assert phases(ROW) == ["PENDING", "PENDING"]
    assert phases(launched) == ["LAUNCHED", "PENDING"]
    assert phases({**launched, "teacher_ec2_link": LINK}) == ["DNS_WRITTEN", "PENDING"]
    warm = {**launched, "teacher_ec2_link": LINK, "status": "HEALTHY", "instance_id": MACHINE}
    assert phases(warm) == ["HEALTHY", "PENDING"]
    assert read_item(warm, POLICY).seats[0].is_ready
    assert phases({**warm, "instance_id": "i-another"}) == ["DNS_WRITTEN", "PENDING"]
    assert [seat.launches for seat in read_item(warm, POLICY).seats] == [1, 0]


def test_a_meeting_that_was_in_progress_stays_so() -> None:
    row = {**ROW, "teacher_ec2_id": MACHINE, "teacher_ec2_link": LINK, "student_ec2_id": "i-2", "status": "IN_PROGRESS"}
    meeting = read_item(row, POLICY)
    assert meeting.in_progress
    assert phases(row) == ["IN_PROGRESS", "LAUNCHED"]
    assert meeting.seats[0].joined_at == MEET_TIME


def test_a_row_that_was_over_stays_so_with_its_reason_even_where_a_late_image_hid_it() -> None:
    for status in ("TERMINATED", "HEALTHY"):
        meeting = read_item({**ROW, "status": status, "termination_reason": "NO_SHOW_TIMEOUT"}, POLICY)
        assert meeting.is_over
        assert meeting.termination_reason is EndReason.NO_SHOW_TIMEOUT
    assert read_item({**ROW, "status": "TERMINATED"}, POLICY).termination_reason is None


def test_the_word_terminated_ends_no_meeting_of_ours() -> None:
    assert not read_item({**to_item(a_meeting()), "status": "TERMINATED"}, POLICY).is_over


def test_a_closed_seat_is_not_opened_by_its_machines_old_word() -> None:
    seat = a_serving_seat(TEACHER, SeatPhase.ENDED, link=None)
    item = {**to_item(a_meeting(seat)), "instance_id": seat.machine_id, "status": "HEALTHY"}
    assert read_item(item, POLICY).seats[0].phase is SeatPhase.ENDED


def test_a_long_booking_keeps_its_cap() -> None:
    row = {**ROW, "duration_minutes": 100000}
    assert read_item(row, POLICY).deadline == MEET_TIME + timedelta(minutes=240)
