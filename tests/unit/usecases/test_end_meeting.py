import pytest

from elephant.domain.machine import MachineState
from elephant.domain.meeting import EndReason, Status
from elephant.ports.alarms import AlarmKind
from elephant.ports.errors import MeetingNotFound, Temporary
from elephant.usecases.end_meeting import end_meeting
from tests.support.builders import MEETING_ID, a_machine, a_meeting, at
from tests.support.frail_ports import Crash, Fuse, Mishap, broken, frail
from tests.support.memory_world import MemoryWorld, a_world_with


def a_running_world() -> MemoryWorld:
    """Both desktops are ready, and the net's alarm is set."""
    world = a_world_with(a_meeting())
    world.both_ready(at(-10))
    world.alarms.set(AlarmKind.SAFETY_NET, MEETING_ID, at(15), at(-10))
    return world


def test_the_end_is_marked_and_every_machine_and_alarm_goes() -> None:
    world = a_running_world()
    meeting = world.end(EndReason.SUCCESS, at(20))
    assert (meeting.status, meeting.ended_at, meeting.termination_reason) == (
        Status.TERMINATED,
        at(20),
        EndReason.SUCCESS,
    )
    assert {machine.state for machine in world.machines.owned()} == {MachineState.SHUTTING_DOWN}
    assert world.alarms.due(at(999)) == []


def test_i4_a_second_end_finishes_the_first_and_keeps_its_reason() -> None:
    world = a_running_world()
    world.end(EndReason.NO_SHOW_TIMEOUT, at(15))
    world.machines.add(a_machine("m-late"))
    again = world.end(EndReason.CANCELLED, at(16))
    assert (again.ended_at, again.termination_reason) == (at(15), EndReason.NO_SHOW_TIMEOUT)
    assert world.live_machines() == []
    assert [entry.what for entry in world.meeting().history].count("ended: NO_SHOW_TIMEOUT") == 1


def test_i1_machines_that_were_never_written_down_are_found_by_their_tags() -> None:
    world = a_world_with(a_meeting())
    world.machines.add(a_machine("m-unwritten"))
    world.machines.add(a_machine("m-other-meeting", meeting_id="other"))
    world.end(EndReason.CANCELLED, at(0))
    assert [machine.id for machine in world.live_machines()] == ["m-other-meeting"]


def end_with(world: MemoryWorld, fuse: Fuse) -> None:
    """The end of its meeting, at ports that fail where the fuse says."""
    end_meeting(
        MEETING_ID,
        EndReason.CANCELLED,
        "a test asked",
        meetings=frail(world.meetings, fuse),
        machines=frail(world.machines, fuse),
        alarms=frail(world.alarms, fuse),
        now=at(0),
    )


@pytest.mark.parametrize("mishap", [Mishap.KILLED_BEFORE, Mishap.KILLED_AFTER])
@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_i7_an_end_killed_anywhere_is_finished_by_the_next_one_or_by_the_sweep(call: int, mishap: Mishap) -> None:
    for finish in ("again", "sweep"):
        world = a_running_world()
        fuse = Fuse(call, mishap)
        with pytest.raises(Crash):
            end_with(world, fuse)
        if finish == "again" or not world.meeting().is_over:
            world.end(EndReason.CANCELLED, at(1))
        else:
            world.sweep(at(1))
        assert world.meeting().termination_reason is EndReason.CANCELLED
        assert world.live_machines() == []


@pytest.mark.parametrize("call", [2, 3, 4, 5])
def test_after_the_mark_one_failing_call_keeps_no_other_from_being_tried(call: int) -> None:
    world = a_running_world()
    world.machines.add(a_machine("m-unwritten"))
    fuse = Fuse(call, Mishap.REFUSED)
    with pytest.raises(Temporary):
        end_with(world, fuse)
    left = {machine.id for machine in world.live_machines()}
    known = {seat.machine_id for seat in world.meeting().seats}
    assert left == {2: known, 3: {"m-unwritten"}, 4: set(), 5: {"m-unwritten"}}[call]
    assert (world.alarms.due(at(999)) != []) == (call == 4)
    world.end(EndReason.SUCCESS, at(1))
    assert world.live_machines() == []
    assert world.alarms.due(at(999)) == []


def test_of_several_errors_after_the_mark_the_first_is_raised() -> None:
    world = a_running_world()
    world.machines = broken(world.machines, "terminate", error=Temporary("the machines"))
    world.alarms = broken(world.alarms, "drop", error=Temporary("the alarms"))
    with pytest.raises(Temporary, match="the machines"):
        world.end(EndReason.CANCELLED, at(0))
    assert world.meeting().is_over


def test_i8_the_end_of_a_meeting_that_is_not_there_is_an_error() -> None:
    with pytest.raises(MeetingNotFound):
        a_world_with().end(EndReason.CANCELLED, at(0))
