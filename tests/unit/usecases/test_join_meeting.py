from datetime import timedelta

import pytest

from elephant.domain.machine import MachineState
from elephant.domain.meeting import EndReason, SeatPhase, Status
from elephant.ports.errors import MeetingNotFound, MeetingOver, UnknownRole, WrongKey
from elephant.usecases.join_meeting import Ready, Warming, join_meeting
from elephant.usecases.reissue_link import reissue_link
from tests.support.builders import MEETING_ID, POLICY, STUDENT, TEACHER, a_meeting, a_seat, a_serving_seat, at
from tests.support.frail_ports import interrupted
from tests.support.memory_world import MemoryWorld, a_world_with


def a_ready_world() -> MemoryWorld:
    """Both desktops are ready and nobody has come."""
    world = a_world_with(a_meeting())
    world.both_ready(at(-10))
    return world


def test_i5_the_holder_of_the_key_gets_the_link_of_that_seat() -> None:
    world = a_ready_world()
    answer = world.join(at(0), STUDENT)
    assert isinstance(answer, Ready)
    assert answer.machine_id == world.machine_of(STUDENT).id
    assert answer.link == world.seat(STUDENT).link
    assert world.seat(STUDENT).phase is SeatPhase.IN_PROGRESS
    assert world.seat(STUDENT).joined_at == at(0)
    assert world.seat(TEACHER).joined_at is None
    assert world.meeting().status is Status.IN_PROGRESS


def test_coming_back_leads_to_the_same_desktop_and_keeps_the_first_arrival() -> None:
    world = a_ready_world()
    first = world.join(at(0))
    before = world.meeting()
    again = world.join(at(5))
    assert isinstance(first, Ready)
    assert isinstance(again, Ready)
    assert again.link == first.link
    assert world.meeting() == before


def test_errors_come_in_the_order_that_gives_nothing_away() -> None:
    world = a_ready_world()
    with pytest.raises(MeetingNotFound):
        world.join(at(0), "nobody", "no key", meeting_id="unknown")
    with pytest.raises(UnknownRole, match="role must be one of: teacher, student"):
        world.join(at(0), "nobody", "no key")
    world.end(EndReason.CANCELLED, at(1))
    with pytest.raises(WrongKey):
        world.join(at(2), TEACHER, "no key")
    with pytest.raises(MeetingOver) as refused:
        world.join(at(2))
    assert (refused.value.ended_at, refused.value.reason) == (at(1), EndReason.CANCELLED)


@pytest.mark.parametrize("key", ["", "abcdefgh12345678/student/0", "abcdefgh12345678/teacher/1", "other/teacher/0"])
def test_i5_no_other_key_opens_a_seat(key: str) -> None:
    world = a_ready_world()
    with pytest.raises(WrongKey):
        world.join(at(0), TEACHER, key)
    assert world.seat().joined_at is None


def test_i5_a_key_made_anew_shuts_the_old_one_out() -> None:
    world = a_ready_world()
    old = world.keys.key(world.meeting(), TEACHER)
    reissue_link(MEETING_ID, TEACHER, meetings=world.meetings, now=at(-5))
    with pytest.raises(WrongKey):
        world.join(at(0), TEACHER, old)
    assert isinstance(world.join(at(0)), Ready)


def test_i5_a_key_made_anew_while_the_old_one_is_being_used_wins() -> None:
    world = a_ready_world()
    meetings = interrupted(
        world.meetings, "update", lambda: reissue_link(MEETING_ID, TEACHER, meetings=world.meetings, now=at(0))
    )
    old = world.keys.key(world.meeting(), TEACHER)
    with pytest.raises(WrongKey):
        join_meeting(MEETING_ID, TEACHER, old, meetings=meetings, keys=world.keys, policy=POLICY, now=at(0))


def test_i4_an_end_while_joining_wins() -> None:
    world = a_ready_world()
    meetings = interrupted(world.meetings, "update", lambda: world.end(EndReason.CANCELLED, at(0)))
    key = world.keys.key(world.meeting(), TEACHER)
    with pytest.raises(MeetingOver):
        join_meeting(MEETING_ID, TEACHER, key, meetings=meetings, keys=world.keys, policy=POLICY, now=at(0))
    assert world.seat().joined_at is None


def test_i5_a_machine_that_dies_while_joining_is_not_handed_out() -> None:
    world = a_ready_world()
    machine = world.machine_of()
    world.machines.move(machine.id, MachineState.TERMINATED)
    meetings = interrupted(world.meetings, "update", lambda: world.hear_gone(machine, at(0)))
    key = world.keys.key(world.meeting(), TEACHER)
    answer = join_meeting(MEETING_ID, TEACHER, key, meetings=meetings, keys=world.keys, policy=POLICY, now=at(0))
    assert isinstance(answer, Warming)
    assert answer.phase is SeatPhase.ENDED


@pytest.mark.parametrize(
    ("phase", "link"),
    [
        (SeatPhase.LAUNCHED, None),
        (SeatPhase.DNS_WRITTEN, "https://teacher-1"),
        (SeatPhase.HEALTHY, None),
        (SeatPhase.ENDED, None),
        (SeatPhase.ENDED, "https://teacher-1"),
    ],
)
def test_i5_a_seat_that_is_not_ready_is_warming(phase: SeatPhase, link: str | None) -> None:
    world = a_world_with(a_meeting(a_serving_seat(phase=phase, link=link, problem="no capacity"), a_seat(STUDENT)))
    answer = world.join(at(0))
    assert isinstance(answer, Warming)
    assert (answer.phase, answer.retry_after_seconds, answer.problem) == (phase, 1, "no capacity")
    assert answer.starts_at == at(-10)
    assert world.seat().joined_at is None


@pytest.mark.parametrize(("minute", "seconds"), [(-60, 30), (-10.25, 15), (-10.001, 1), (-10, 1), (0, 1)])
def test_how_soon_to_ask_again(minute: float, seconds: int) -> None:
    answer = a_world_with(a_meeting()).join(at(minute))
    assert isinstance(answer, Warming)
    assert answer.retry_after_seconds == seconds


def test_that_somebody_waits_is_noted_at_most_once_a_minute_and_not_before_the_launch() -> None:
    world = a_world_with(a_meeting())
    world.join(at(-11))
    assert world.seat().waiting_at is None
    start = at(-10)
    noted = []
    for seconds in range(0, 200, 10):
        world.join(start + timedelta(seconds=seconds))
        waiting_at = world.seat().waiting_at
        assert waiting_at is not None
        noted.append((waiting_at - start).total_seconds())
    assert sorted(set(noted)) == [0, 60, 120, 180]
    assert world.seat(STUDENT).waiting_at is None


def test_whoever_got_in_waits_no_more() -> None:
    world = a_world_with(a_meeting())
    world.join(at(-10))
    world.both_ready(at(-9))
    world.join(at(-8))
    assert world.seat().waiting_at is None


def test_an_end_while_noting_that_somebody_waits_is_told_to_them() -> None:
    world = a_world_with(a_meeting())
    meetings = interrupted(world.meetings, "update", lambda: world.end(EndReason.CANCELLED, at(0)))
    key = world.keys.key(world.meeting(), TEACHER)
    with pytest.raises(MeetingOver):
        join_meeting(MEETING_ID, TEACHER, key, meetings=meetings, keys=world.keys, policy=POLICY, now=at(0))
