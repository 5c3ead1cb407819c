"""Who gets the key of all machines, and until when."""

import pytest

from elephant.domain.certificate import Certificate
from elephant.domain.meeting import EndReason, SeatPhase
from elephant.ports.errors import DesktopInUse, MeetingOver, Permanent, Temporary, WrongMachine
from elephant.usecases.hand_out_certificate import hand_out_certificate
from tests.support.builders import MEETING_ID, STUDENT, TEACHER, a_certificate, a_meeting, a_seat, a_serving_seat, at
from tests.support.memory_world import MemoryWorld, a_world_with

HELD = a_certificate(days_left=60, now=at(0))


def a_world_at(phase: SeatPhase) -> MemoryWorld:
    return a_world_with(a_meeting(a_serving_seat(phase=phase), a_seat(STUDENT)))


def refuse() -> Certificate:
    raise AssertionError("the secret was read")


@pytest.mark.parametrize("phase", [SeatPhase.LAUNCHED, SeatPhase.DNS_WRITTEN])
def test_the_seat_s_machine_gets_it_while_it_starts_as_often_as_it_asks(phase: SeatPhase) -> None:
    world = a_world_at(phase)
    for _ in range(2):
        assert (
            hand_out_certificate(MEETING_ID, TEACHER, "teacher-1", meetings=world.meetings, read=lambda: HELD) is HELD
        )


@pytest.mark.parametrize("phase", [SeatPhase.HEALTHY, SeatPhase.IN_PROGRESS, SeatPhase.ENDED])
def test_nobody_gets_it_once_people_may_be_at_the_desktop(phase: SeatPhase) -> None:
    world = a_world_at(phase)
    with pytest.raises(DesktopInUse):
        hand_out_certificate(MEETING_ID, TEACHER, "teacher-1", meetings=world.meetings, read=refuse)


def test_no_other_machine_gets_it_and_an_early_one_asks_again() -> None:
    world = a_world_at(SeatPhase.LAUNCHED)
    with pytest.raises(WrongMachine):
        hand_out_certificate(MEETING_ID, TEACHER, "student-1", meetings=world.meetings, read=refuse)
    with pytest.raises(Temporary):
        hand_out_certificate(MEETING_ID, STUDENT, "student-1", meetings=world.meetings, read=refuse)


def test_nobody_needs_it_when_the_meeting_is_over() -> None:
    world = a_world_at(SeatPhase.LAUNCHED)
    world.end(EndReason.CANCELLED, at(-5))
    with pytest.raises(MeetingOver):
        hand_out_certificate(MEETING_ID, TEACHER, "teacher-1", meetings=world.meetings, read=refuse)


def test_i8_none_is_kept_and_it_could_not_be_read_are_two_things() -> None:
    def damaged() -> Certificate:
        raise Permanent("damaged")

    world = a_world_at(SeatPhase.LAUNCHED)
    assert hand_out_certificate(MEETING_ID, TEACHER, "teacher-1", meetings=world.meetings, read=lambda: None) is None
    with pytest.raises(Permanent, match="damaged"):
        hand_out_certificate(MEETING_ID, TEACHER, "teacher-1", meetings=world.meetings, read=damaged)
