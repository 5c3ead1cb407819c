from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.domain.meeting import HistoryEntry, Meeting, Role, SeatPhase, Status
from elephant.domain.meeting_item import from_item, time_of, time_text, to_item
from tests.support.builders import MEETING_ID, TEACHER, a_meeting, a_seat, a_serving_seat, at
from tests.support.strategies import any_meeting, moments


@given(any_meeting())
def test_a_meeting_comes_back_from_its_item_as_it_was(meeting: Meeting) -> None:
    item = to_item(meeting)
    assert from_item(item) == meeting
    assert to_item(from_item(item)) == item
    assert item["status"] == meeting.status.value
    assert None not in item.values()


@given(st.text(), st.text())
def test_any_text_at_all_comes_back_as_it_was(name: str, why: str) -> None:
    entry = HistoryEntry(at=at(0), what="booked", why=why)
    meeting = a_meeting(a_seat(name=name, problem=why), history=(entry,))
    assert from_item(to_item(meeting)) == meeting


def test_a_meeting_of_other_roles_comes_back_too() -> None:
    roles = (Role("a"), Role("a_b"), Role("ec2"))
    meeting = a_meeting(*(a_serving_seat(role, SeatPhase.IN_PROGRESS, joined_at=at(0)) for role in roles))
    assert from_item(to_item(meeting)) == meeting


def test_the_attributes_have_the_names_that_images_in_the_field_write() -> None:
    item = to_item(a_meeting(a_serving_seat(TEACHER, session_data="https://x"), a_seat(Role("student"))))
    assert item["id"] == MEETING_ID
    assert item["teacher_ec2_id"] == "teacher-1"
    assert item["teacher_ec2_link"] == "https://teacher-1.example.test:8443"
    assert item["teacher_session_data"] == "https://x"
    assert item["teacher_name"] == "The teacher"
    assert item["student_name"] == "The student"
    assert item["meet_time"] == "2026-03-02T14:00:00.000000Z"
    assert "student_ec2_id" not in item


def test_a_status_that_a_desktop_wrote_over_does_not_count() -> None:
    item: dict[str, Any] = {**to_item(a_meeting(a_seat(joined_at=at(0)))), "status": "HEALTHY", "instance_id": "i-1"}
    assert from_item(item).status is Status.IN_PROGRESS


def test_an_item_without_roles_has_the_two_of_the_seeds() -> None:
    item = to_item(a_meeting())
    del item["roles"]
    assert from_item(item).roles == ("teacher", "student")


@pytest.mark.parametrize(
    "spoilt", [{"meet_time": "soon"}, {"duration_minutes": "long"}, {"teacher_phase": "ASLEEP"}, {"deadline": None}]
)
def test_i8_an_item_that_is_no_meeting_is_an_error_and_never_half_a_meeting(spoilt: dict[str, Any]) -> None:
    item = {name: value for name, value in {**to_item(a_meeting()), **spoilt}.items() if value is not None}
    with pytest.raises((KeyError, ValueError)):
        from_item(item)


@given(st.lists(moments, min_size=2, max_size=2), st.integers(-12, 12))
def test_the_order_of_time_texts_is_the_order_of_times(times: list[datetime], offset_hours: int) -> None:
    first, second = times
    elsewhere = second.astimezone(timezone(timedelta(hours=offset_hours)))
    assert (time_text(first) < time_text(elsewhere)) == (first < second)
    assert time_of(time_text(elsewhere)) == second
    assert time_of(time_text(elsewhere)).tzinfo is UTC


def test_a_time_that_a_seed_wrote_without_an_offset_is_utc() -> None:
    assert time_of("2026-03-02T14:00:00") == at(0)
