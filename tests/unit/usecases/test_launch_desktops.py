import contextlib
from collections.abc import Collection, Sequence
from datetime import datetime

import pytest

from elephant.adapters.memory.machines import MemoryMachines
from elephant.adapters.memory.meetings import MemoryMeetings
from elephant.domain.change import Change
from elephant.domain.machine import Machine, MachineState
from elephant.domain.meeting import EndReason, Meeting, Role, SeatPhase
from elephant.ports.errors import Permanent, Temporary
from elephant.ports.machines import LaunchOrder, LaunchOutcome
from elephant.usecases.launch_desktops import launch_desktops
from tests.support.builders import (
    DATA_URL,
    MEETING_ID,
    POLICY,
    STUDENT,
    TEACHER,
    a_machine,
    a_meeting,
    a_seat,
    a_serving_seat,
    at,
)
from tests.support.frail_ports import Crash, Fuse, Mishap, frail, frail_in, interrupted
from tests.support.memory_world import MemoryWorld, a_world_with


class Unlucky(MemoryMachines):
    """Machines that cannot be started for some roles."""

    def __init__(self, **errors: Temporary | Permanent) -> None:
        super().__init__()
        self.errors = errors
        self.orders: list[LaunchOrder] = []

    def launch(self, orders: Sequence[LaunchOrder], now: datetime) -> Sequence[LaunchOutcome]:
        self.orders.extend(orders)
        return [self.errors.get(order.role) or self._launch(order, now) for order in orders]


def test_each_seat_gets_a_machine_of_its_own() -> None:
    world = a_world_with(a_meeting())
    machines = world.launch(at(-10))
    assert [machine.role for machine in machines] == [TEACHER, STUDENT]
    assert len({machine.id for machine in machines}) == 2
    for machine in machines:
        seat = world.seat(machine.role)
        assert (seat.machine_id, seat.phase, seat.launches) == (machine.id, SeatPhase.LAUNCHED, 1)
    assert [entry.what for entry in world.meeting().history] == ["machine launched"] * 2


def test_an_order_says_what_the_machine_must_know() -> None:
    world = a_world_with(a_meeting(jitsi_url="https://call.example.test/room"))
    world.machines = machines = Unlucky()
    world.launch(at(-10))
    assert machines.orders[0] == LaunchOrder(
        meeting_id=MEETING_ID, role=TEACHER, attempt=1, deadline=at(75), jitsi_url="https://call.example.test/room"
    )


def test_a_second_launch_changes_nothing() -> None:
    world = a_world_with(a_meeting())
    world.launch(at(-10))
    before = world.meeting()
    assert world.launch(at(-9)) == []
    assert world.meeting() == before
    assert len(world.live_machines()) == 2


def test_i7_a_launch_that_died_before_writing_down_finds_its_machines_again() -> None:
    world = a_world_with(a_meeting())
    fuse = Fuse(1, Mishap.KILLED_AFTER)
    with pytest.raises(Crash):
        launch_desktops(
            MEETING_ID,
            meetings=world.meetings,
            machines=frail(world.machines, fuse),
            policy=POLICY,
            now=at(-10),
        )
    assert world.seat().machine_id is None
    machines = world.launch(at(-10))
    assert len(world.live_machines()) == 2
    assert {machine.id for machine in machines} == {machine.id for machine in world.live_machines()}


def launch_and_die(world: MemoryWorld, minute: float) -> None:
    """The launch is killed before it writes anything down, and then its machines die as well."""
    with pytest.raises(Crash):
        launch_desktops(
            MEETING_ID,
            meetings=world.meetings,
            machines=frail(world.machines, Fuse(1, Mishap.KILLED_AFTER)),
            policy=POLICY,
            now=at(minute),
        )
    for machine in world.live_machines():
        world.machines.move(machine.id, MachineState.TERMINATED)


def test_i2_a_machine_that_died_before_it_was_written_down_is_not_seated_but_counts() -> None:
    world = a_world_with(a_meeting())
    launch_and_die(world, -10)
    machines = world.launch(at(-10))
    assert {machine.id for machine in machines} == {machine.id for machine in world.live_machines()}
    assert len(machines) == 2
    for role in (TEACHER, STUDENT):
        assert world.machine_of(role).state is MachineState.PENDING
        assert world.seat(role).launches == 2
    assert [entry.what for entry in world.meeting().history].count("machine gone") == 2


def test_three_machines_that_nobody_wrote_down_are_all_that_a_seat_may_have() -> None:
    world = a_world_with(a_meeting(a_seat(launches=2), a_seat(STUDENT, session_data=DATA_URL)))
    launch_and_die(world, -10)
    assert world.launch(at(-10)) == []
    assert (world.seat().launches, world.seat().machine_id) == (3, None)
    assert world.launch(at(-9)) == []
    world.sweep(at(-9))
    assert world.meeting().termination_reason is EndReason.LAUNCH_FAILED


def test_a_dead_machine_that_somebody_else_counted_meanwhile_counts_once() -> None:
    world = a_world_with(a_meeting(a_seat(), a_seat(STUDENT, session_data=DATA_URL)))
    launch_and_die(world, -10)
    meetings = interrupted(world.meetings, "update", lambda: world.launch(at(-10)))
    served = launch_desktops(MEETING_ID, meetings=meetings, machines=world.machines, policy=POLICY, now=at(-10))
    assert served == []
    assert world.seat().launches == 2
    assert [machine.id for machine in world.live_machines()] == [world.seat().machine_id]


def test_i1_a_dead_machine_of_a_meeting_that_ended_meanwhile_is_followed_by_no_other() -> None:
    world = a_world_with(a_meeting())
    launch_and_die(world, -10)
    meetings = interrupted(world.meetings, "update", lambda: world.end(EndReason.CANCELLED, at(-10)))
    assert launch_desktops(MEETING_ID, meetings=meetings, machines=world.machines, policy=POLICY, now=at(-10)) == []
    assert world.live_machines() == []


def test_machines_that_die_as_soon_as_they_are_launched_are_an_error_and_come_to_an_end() -> None:
    class Stillborn(MemoryMachines):
        def _launch(self, order: LaunchOrder, now: datetime) -> Machine:
            machine = super()._launch(order, now)
            self.move(machine.id, MachineState.TERMINATED)
            return self.get(machine.id)

    world = a_world_with(a_meeting(a_seat(), a_seat(STUDENT, session_data=DATA_URL)))
    world.machines = Stillborn()
    for minute in (-10, -9):
        with pytest.raises(Temporary, match="died as soon as"):
            world.launch(at(minute))
    assert world.launch(at(-8)) == []
    assert world.seat().launches == 3
    assert len(world.machines.owned()) == 3


@pytest.mark.parametrize("minute", [-10.01, 75, 500])
def test_i1_before_its_time_and_past_its_deadline_nothing_is_launched(minute: float) -> None:
    world = a_world_with(a_meeting())
    assert world.launch(at(minute)) == []
    assert world.live_machines() == []


def test_i1_a_missing_or_cancelled_meeting_gets_nothing() -> None:
    assert a_world_with().launch(at(-10)) == []
    world = a_world_with(a_meeting())
    world.end(EndReason.CANCELLED, at(-20))
    assert world.launch(at(-10)) == []
    assert world.live_machines() == []


def test_i1_machines_whose_meeting_ended_during_their_launch_are_terminated_at_once() -> None:
    world = a_world_with(a_meeting())
    meetings = interrupted(world.meetings, "update", lambda: world.end(EndReason.CANCELLED, at(-10)))
    served = launch_desktops(MEETING_ID, meetings=meetings, machines=world.machines, policy=POLICY, now=at(-10))
    assert served == []
    assert [machine.state for machine in world.machines.owned()] == [MachineState.SHUTTING_DOWN] * 2
    assert world.seat().machine_id is None


def test_i2_a_machine_whose_seat_got_another_meanwhile_is_terminated_at_once() -> None:
    world = a_world_with(a_meeting(a_seat(), a_seat(STUDENT, session_data=DATA_URL)))
    world.machines.add(a_machine("m-other"))
    meetings = interrupted(world.meetings, "update", lambda: world.hear_running("m-other", at(-10)))
    served = launch_desktops(MEETING_ID, meetings=meetings, machines=world.machines, policy=POLICY, now=at(-10))
    assert served == []
    assert [machine.id for machine in world.live_machines()] == ["m-other"]


def test_a_launch_that_another_wrote_down_first_serves_all_the_same() -> None:
    world = a_world_with(a_meeting())
    meetings = interrupted(world.meetings, "update", lambda: world.launch(at(-10)))
    served = launch_desktops(MEETING_ID, meetings=meetings, machines=world.machines, policy=POLICY, now=at(-10))
    assert len(served) == len(world.live_machines()) == 2


def test_one_seats_error_does_not_keep_the_other_from_its_machine() -> None:
    world = a_world_with(a_meeting())
    world.machines = Unlucky(teacher=Temporary("no capacity"))
    with pytest.raises(Temporary, match="no capacity"):
        world.launch(at(-10))
    assert world.seat(STUDENT).phase is SeatPhase.LAUNCHED
    assert (world.seat(TEACHER).phase, world.seat(TEACHER).problem) == (SeatPhase.PENDING, "no capacity")
    assert world.seat(TEACHER).launches == 0


def test_the_first_of_two_errors_is_raised_and_both_are_kept() -> None:
    world = a_world_with(a_meeting())
    world.machines = Unlucky(teacher=Permanent("forbidden"), student=Temporary("no capacity"))
    with pytest.raises(Permanent, match="forbidden"):
        world.launch(at(-10))
    assert world.seat(STUDENT).problem == "no capacity"


class Choosy(MemoryMeetings):
    """Meetings that refuse every change of the teacher's seat."""

    def update(self, meeting_id: str, change: Change) -> Meeting:
        if any(name.startswith(TEACHER) for name in change.assign):
            raise Temporary("busy")
        return super().update(meeting_id, change)


def replaced() -> MemoryWorld:
    """Both seats' machines died."""
    seats = [a_serving_seat(role, phase=SeatPhase.ENDED, link=None) for role in (TEACHER, STUDENT)]
    world = a_world_with(a_meeting(*seats))
    for role in (TEACHER, STUDENT):
        world.machines.add(a_machine(f"{role}-1", role=role, state=MachineState.TERMINATED))
    return world


def test_a_seat_that_cannot_be_looked_up_keeps_no_other_from_its_machine() -> None:
    world = replaced()
    world.machines = frail_in(world.machines, "get", Fuse(1, Mishap.REFUSED))
    with pytest.raises(Temporary, match="busy"):
        world.launch(at(-5))
    assert (world.seat(TEACHER).launches, world.seat(STUDENT).launches) == (1, 2)
    world.launch(at(-5))
    assert (world.seat(TEACHER).launches, world.seat(STUDENT).launches) == (2, 2)
    assert {machine.role for machine in world.live_machines()} == {TEACHER, STUDENT}
    assert len(world.live_machines()) == 2


def test_a_seat_that_cannot_be_written_down_keeps_no_other_from_it() -> None:
    world = replaced()
    choosy = Choosy()
    choosy.create(world.meeting())
    with pytest.raises(Temporary, match="busy"):
        launch_desktops(MEETING_ID, meetings=choosy, machines=world.machines, policy=POLICY, now=at(-5))
    assert [seat.launches for seat in choosy.get(MEETING_ID).seats] == [1, 2]
    assert {machine.role for machine in world.live_machines()} == {TEACHER, STUDENT}
    world.launch(at(-5))
    assert len(world.live_machines()) == 2
    assert [seat.launches for seat in world.meeting().seats] == [2, 2]


def changes_of(world: MemoryWorld, *, roles: Collection[Role] | None = None) -> list[Change]:
    """What a launch asks the store to change."""
    asked: list[Change] = []

    class Watched(MemoryMeetings):
        def update(self, meeting_id: str, change: Change) -> Meeting:
            asked.append(change)
            return super().update(meeting_id, change)

    watched = Watched()
    watched.create(world.meeting())
    with contextlib.suppress(Temporary):
        launch_desktops(MEETING_ID, meetings=watched, machines=world.machines, policy=POLICY, now=at(-10), roles=roles)
    return asked


def test_one_change_writes_both_seats_down_and_another_seats_failure_too() -> None:
    world = a_world_with(a_meeting())
    [change] = changes_of(world)
    assert [entry.role for entry in change.entries] == [TEACHER, STUDENT]
    world.machines = Unlucky(teacher=Temporary("no capacity"))
    [change] = changes_of(world)
    assert [entry.what for entry in change.entries] == ["launch failed", "machine launched"]
    [change] = changes_of(world, roles=[STUDENT])
    assert [entry.role for entry in change.entries] == [STUDENT]


@pytest.mark.parametrize("mishap", [Mishap.REFUSED, Mishap.ANSWER_LOST])
def test_what_cannot_be_written_down_as_one_is_written_down_seat_by_seat(mishap: Mishap) -> None:
    world = a_world_with(a_meeting())
    meetings = frail_in(world.meetings, "update", Fuse(1, mishap))
    served = launch_desktops(MEETING_ID, meetings=meetings, machines=world.machines, policy=POLICY, now=at(-10))
    assert [seat.machine_id for seat in world.meeting().seats] == [machine.id for machine in served]
    assert {machine.id for machine in world.live_machines()} == {machine.id for machine in served}
    assert [entry.what for entry in world.meeting().history] == ["machine launched"] * 2


def test_i2_a_seat_that_got_another_machine_meanwhile_does_not_undo_the_other_seat() -> None:
    world = a_world_with(a_meeting())
    world.machines.add(a_machine("m-other"))
    meetings = interrupted(world.meetings, "update", lambda: world.hear_running("m-other", at(-10)))
    served = launch_desktops(MEETING_ID, meetings=meetings, machines=world.machines, policy=POLICY, now=at(-10))
    assert [machine.role for machine in served] == [STUDENT]
    assert world.seat(STUDENT).machine_id == served[0].id
    assert world.seat(TEACHER).machine_id == "m-other"
    assert {machine.id for machine in world.live_machines()} == {"m-other", served[0].id}


def test_the_same_error_again_leaves_one_line_and_a_success_clears_it() -> None:
    world = a_world_with(a_meeting())
    world.machines = machines = Unlucky(teacher=Temporary("no capacity"))
    for minute in (-10, -9):
        with pytest.raises(Temporary):
            world.launch(at(minute))
    assert [entry.what for entry in world.meeting().history].count("launch failed") == 1
    machines.errors.clear()
    world.launch(at(-8))
    assert world.seat().problem is None
    assert world.seat().phase is SeatPhase.LAUNCHED


@pytest.mark.parametrize("is_forgotten", [True, False])
def test_a_seat_whose_machine_is_gone_gets_another(*, is_forgotten: bool) -> None:
    gone = a_serving_seat(phase=SeatPhase.ENDED, link=None)
    world = a_world_with(a_meeting(gone, a_seat(STUDENT, session_data=DATA_URL)))
    if not is_forgotten:
        world.machines.add(a_machine(state=MachineState.TERMINATED))
    [machine] = world.launch(at(-5))
    assert (world.seat().machine_id, world.seat().launches) == (machine.id, 2)


def test_i5_a_new_machine_does_not_inherit_the_link_of_the_one_that_died_unheard() -> None:
    world = a_world_with(a_meeting())
    world.both_ready(at(-10))
    world.machines.move(world.machine_of().id, MachineState.TERMINATED)
    world.launch(at(-5))
    assert world.seat().link is None
    world.report(world.machine_of(), at(-4))
    assert not world.seat().is_ready


@pytest.mark.parametrize("values", [{"session_data": DATA_URL}, {"launches": 3}])
def test_a_seat_that_handed_in_or_used_up_its_machines_gets_none(values: dict[str, object]) -> None:
    gone = a_serving_seat(phase=SeatPhase.ENDED, **{"link": None, **values})  # type: ignore[arg-type]
    world = a_world_with(a_meeting(gone, a_seat(STUDENT, session_data=DATA_URL)))
    assert world.launch(at(-5)) == []


def test_only_the_seats_asked_for_are_launched() -> None:
    world = a_world_with(a_meeting())
    launch_desktops(
        MEETING_ID,
        meetings=world.meetings,
        machines=world.machines,
        policy=POLICY,
        now=at(-10),
        roles=[Role("student")],
    )
    assert [machine.role for machine in world.live_machines()] == [STUDENT]
