"""What must hold after a sweep that nothing kept from its work; the numbers are the design's."""

from collections import Counter
from datetime import datetime

from elephant.domain.machine import MachineState
from elephant.domain.meeting import SeatPhase, Status
from elephant.domain.timetable import anybody_present, deadline_cap, launch_at
from tests.support.memory_world import MemoryWorld

GONE = {MachineState.SHUTTING_DOWN, MachineState.TERMINATED}


def check_world(world: MemoryWorld, now: datetime) -> None:
    """I1 to I5 as far as they can be seen in one moment, after a sweep and the events that followed it."""
    check_machines(world, now)
    check_records(world)
    check_meetings(world)


def check_machines(world: MemoryWorld, now: datetime) -> None:
    """I1 and I2: each machine has its reason to be, and its seat knows it."""
    meetings = {meeting.id: meeting for meeting in world.meetings.page(is_open=None, before=None, limit=10_000)}
    there = [machine for machine in world.machines.owned() if machine.state not in GONE]
    for machine in there:
        assert machine.state.is_live, f"I1: {machine} costs and serves nobody"
        meeting = meetings.get(machine.meeting_id)
        assert meeting is not None, f"I1: {machine} has no meeting"
        assert not meeting.is_over, f"I1: the meeting of {machine} is over"
        assert now < meeting.deadline, f"I1: {machine} is past its deadline"
        launch = launch_at(meeting.meet_time, world.policy)
        occupied = meeting.in_progress or anybody_present(meeting, now, world.policy)
        assert occupied or launch - world.policy.sweep <= max(now, machine.launched_at), f"I1: {machine} is early"
        seat = meeting.seat(machine.role)
        assert seat is not None, f"I1: {machine} has no seat"
        assert seat.machine_id == machine.id, f"I2: the seat of {machine} knows another"
        assert seat.phase is not SeatPhase.ENDED, f"I2: the seat of {machine} was closed"
    seats = Counter((machine.meeting_id, machine.role) for machine in there)
    assert all(count == 1 for count in seats.values()), f"I2: {seats}"


def check_records(world: MemoryWorld) -> None:
    """I3: each of our records points at a live machine."""
    live = {machine.id for machine in world.live_machines()}
    for record in world.addresses.published():
        assert not record.ours or record.machine_id in live, f"I3: {record} points nowhere"


def check_meetings(world: MemoryWorld) -> None:
    """I4 and I5: over is over, and no seat offers a link to what is gone."""
    live = {machine.id for machine in world.live_machines()}
    for meeting in world.meetings.page(is_open=None, before=None, limit=10_000):
        assert (meeting.status is Status.TERMINATED) == meeting.is_over, "I4"
        assert (meeting.termination_reason is not None) == meeting.is_over, "I4"
        assert meeting.deadline <= deadline_cap(meeting.meet_time, world.policy)
        for seat in meeting.seats:
            if seat.is_ready and not meeting.is_over:
                assert seat.machine_id in live, f"I5: {seat} offers a machine that is gone"
