"""Whose word counts for a seat."""

import pytest

from elephant.domain.meeting import SeatPhase
from elephant.ports.errors import MeetingOver, Temporary, UnknownRole, WrongMachine
from elephant.usecases.machine_of_seat import machine_of_seat
from tests.support.builders import STUDENT, TEACHER, a_meeting, a_seat, a_serving_seat, at

MEETING = a_meeting(a_serving_seat(), a_seat(STUDENT))


@pytest.mark.parametrize("phase", [phase for phase in SeatPhase if phase is not SeatPhase.PENDING])
def test_the_seat_s_own_machine_is_believed(phase: SeatPhase) -> None:
    seat = a_serving_seat(phase=phase)
    assert machine_of_seat(a_meeting(seat, a_seat(STUDENT)), TEACHER, "teacher-1") is seat


@pytest.mark.parametrize("machine_id", ["student-1", "", "teacher-1 ", "Teacher-1"])
def test_any_other_machine_is_not(machine_id: str) -> None:
    with pytest.raises(WrongMachine):
        machine_of_seat(MEETING, TEACHER, machine_id)


def test_a_machine_that_is_not_written_down_yet_is_to_ask_again() -> None:
    with pytest.raises(Temporary) as refused:
        machine_of_seat(MEETING, STUDENT, "student-1")
    assert refused.value.retry_after_seconds > 0


def test_nobody_waits_for_a_launch_that_is_never_written_down() -> None:
    with pytest.raises(MeetingOver):
        machine_of_seat(a_meeting(ended_at=at(1)), TEACHER, "teacher-1")


def test_a_meeting_has_no_other_seats() -> None:
    with pytest.raises(UnknownRole):
        machine_of_seat(MEETING, "guest", "teacher-1")
