from datetime import timedelta

import pytest

from elephant.domain.machine import Machine
from elephant.domain.meeting import EndReason, SeatPhase
from elephant.ports.errors import MachineNotFound, MeetingNotFound, MeetingOver, UnknownRole
from elephant.usecases.record_health import HealthReport, record_health
from tests.support.builders import POLICY, STUDENT, a_machine, a_meeting, a_seat, a_serving_seat, at
from tests.support.frail_ports import interrupted
from tests.support.memory_world import MemoryWorld, a_world_with


def a_world_at(phase: SeatPhase) -> MemoryWorld:
    """The teacher's machine `teacher-1` runs, and its seat is at this phase."""
    world = a_world_with(a_meeting(a_serving_seat(phase=phase), a_seat(STUDENT)))
    world.machines.add(a_machine())
    return world


@pytest.mark.parametrize("phase", [SeatPhase.LAUNCHED, SeatPhase.DNS_WRITTEN])
def test_the_first_report_makes_the_seat_healthy_and_tells_the_deadline(phase: SeatPhase) -> None:
    world = a_world_at(phase)
    meeting = world.report(a_machine(), at(-8))
    assert meeting.deadline == at(75)
    assert world.seat().phase is SeatPhase.HEALTHY


@pytest.mark.parametrize("phase", [SeatPhase.HEALTHY, SeatPhase.IN_PROGRESS, SeatPhase.ENDED])
def test_late_and_doubled_reports_change_nothing(phase: SeatPhase) -> None:
    world = a_world_at(phase)
    before = world.meeting()
    assert world.report(a_machine(), at(5)) == before
    assert world.meeting() == before


def test_an_unhealthy_report_changes_nothing() -> None:
    world = a_world_at(SeatPhase.LAUNCHED)
    before = world.meeting()
    world.report(a_machine(), at(-8), healthy=False)
    assert world.meeting() == before


def test_i6_a_connected_person_is_noted_often_enough_for_the_presence_window() -> None:
    world = a_world_at(SeatPhase.IN_PROGRESS)
    writes = set()
    for seconds in range(0, 300, 5):
        now = at(0) + timedelta(seconds=seconds)
        world.report(a_machine(), now, connected=1)
        seen_at = world.seat().seen_at
        assert seen_at is not None
        assert now - seen_at < POLICY.presence / 2
        writes.add(seen_at)
    assert len(writes) == 10


def test_nobody_connected_is_not_noted() -> None:
    world = a_world_at(SeatPhase.IN_PROGRESS)
    world.report(a_machine(), at(0), connected=0)
    assert world.seat().seen_at is None


@pytest.mark.parametrize("machine", [a_machine("m-old")])
def test_a_machine_that_serves_the_seat_no_more_is_told_so(machine: Machine) -> None:
    world = a_world_at(SeatPhase.LAUNCHED)
    with pytest.raises(MachineNotFound):
        world.report(machine, at(-8), connected=1)
    assert world.seat().phase is SeatPhase.LAUNCHED
    assert world.seat().seen_at is None


def test_a_report_before_the_launch_was_written_down_is_heard_again_later() -> None:
    world = a_world_with(a_meeting())
    assert world.report(a_machine("m-1"), at(-9), connected=1).deadline == at(75)
    assert world.seat().phase is SeatPhase.PENDING
    assert world.seat().seen_at is None


def test_what_a_report_can_be_refused_for() -> None:
    world = a_world_at(SeatPhase.LAUNCHED)
    with pytest.raises(MeetingNotFound):
        world.report(a_machine(meeting_id="unknown"), at(0))
    with pytest.raises(UnknownRole):
        world.report(a_machine(role="guest"), at(0))
    world.end(EndReason.CANCELLED, at(0))
    with pytest.raises(MeetingOver):
        world.report(a_machine(), at(1))


def test_an_end_between_reading_and_writing_is_told_to_the_machine() -> None:
    world = a_world_at(SeatPhase.LAUNCHED)
    report = HealthReport(
        meeting_id=world.meeting().id, role="teacher", machine_id="teacher-1", healthy=True, connected=0
    )
    meetings = interrupted(world.meetings, "update", lambda: world.end(EndReason.CANCELLED, at(0)))
    with pytest.raises(MeetingOver):
        record_health(report, meetings=meetings, policy=POLICY, now=at(0))


def test_i6_somebody_there_is_noted_even_where_another_report_came_first() -> None:
    world = a_world_at(SeatPhase.LAUNCHED)
    report = HealthReport(
        meeting_id=world.meeting().id, role="teacher", machine_id="teacher-1", healthy=True, connected=1
    )
    meetings = interrupted(world.meetings, "update", lambda: world.report(a_machine(), at(0)))
    record_health(report, meetings=meetings, policy=POLICY, now=at(0))
    assert world.seat().seen_at == at(0)


@pytest.mark.parametrize("connected", [0, 1])
def test_a_note_from_before_the_clock_was_set_back_does_not_hold_the_seat(connected: int) -> None:
    world = a_world_at(SeatPhase.IN_PROGRESS)
    world.report(a_machine(), at(60), connected=1)
    world.report(a_machine(), at(0), connected=connected)
    assert world.seat().seen_at == at(0)
