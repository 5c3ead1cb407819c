"""Compare what should be with what is, and mend the difference: the promise that nothing is left behind."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from elephant.domain import changes
from elephant.domain.change import Change
from elephant.domain.endings import End, Keep
from elephant.domain.machine import Machine, MachineState
from elephant.domain.meeting import Meeting
from elephant.domain.reconcile import Unreadable, plan_sweep
from elephant.domain.sweep_actions import (
    Action,
    AdoptMachine,
    CloseSeat,
    EndMeeting,
    LaunchSeats,
    MoveDeadline,
    Plan,
    PublishAddress,
    SetSafetyNet,
    TerminateMachine,
    WithdrawAddress,
)
from elephant.domain.timetable import Policy
from elephant.ports.addresses import Addresses
from elephant.ports.alarms import AlarmKind, Alarms
from elephant.ports.errors import (
    ConditionFailed,
    ElephantError,
    MachineNotFound,
    MeetingNotFound,
)
from elephant.ports.machines import Machines
from elephant.ports.meetings import Meetings, as_far_as_readable
from elephant.ports.overlap import Overlap, in_turn
from elephant.usecases.dns_watchdog import machine_is_gone, machine_is_running
from elephant.usecases.judge_meeting import judge_meeting
from elephant.usecases.launch_desktops import launch_desktops

logger = logging.getLogger(__name__)

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The ports that a sweep reads and mends."""

    meetings: Meetings
    machines: Machines
    addresses: Addresses
    alarms: Alarms


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepReport:
    """What a sweep planned, and which of it failed and will be planned again."""

    plan: Plan
    failures: tuple[tuple[Action, str], ...] = ()


def plan(world: World, *, policy: Policy, now: datetime, force: bool = False) -> Plan:
    """Read the world and plan, changing nothing.

    Records are read before machines and machines before meetings, so that whatever comes into being between two
    reads looks like something that is still missing, never like something that is left over.
    """
    records = _read(world.addresses.published, "addresses")
    machines = _read(world.machines.owned, "machines")
    damaged: dict[str, str] = {}

    def open_meetings() -> Sequence[Meeting]:
        readable, unreadable = as_far_as_readable(world.meetings.open_meetings)
        damaged.update((error.meeting_id, str(error)) for error in unreadable)
        return readable

    meetings = _read(open_meetings, "meetings")
    return plan_sweep(meetings, machines, records, now, policy, force=force, damaged=damaged)


def sweep(
    world: World, *, policy: Policy, now: datetime, force: bool = False, overlap: Overlap = in_turn
) -> SweepReport:
    """Plan and carry out; one action's failure never keeps another from being tried."""
    planned = plan(world, policy=policy, now=now, force=force)
    if planned.refused:
        logger.error("sweep: %s", planned.refused)
    failures: list[tuple[Action, str]] = []
    for action in planned.actions:
        logger.info("sweep: %s", action)
        try:
            _carry_out(action, world, policy, now, overlap)
        except ElephantError as error:
            logger.warning("sweep: %s failed: %s", action, error)
            failures.append((action, str(error)))
    return SweepReport(plan=planned, failures=tuple(failures))


def _read(read: Callable[[], Sequence[Part]], what: str) -> Sequence[Part] | Unreadable:
    try:
        return read()
    except ElephantError as error:
        logger.warning("sweep: could not read the %s", what, exc_info=True)
        return Unreadable(f"{what}: {error}")


def _carry_out(action: Action, world: World, policy: Policy, now: datetime, overlap: Overlap) -> None:
    match action:
        case EndMeeting():
            _end(action, world, policy, now, overlap)
        case LaunchSeats(meeting_id=meeting_id, roles=roles):
            launch_desktops(
                meeting_id,
                meetings=world.meetings,
                machines=world.machines,
                policy=policy,
                now=now,
                roles=roles,
                overlap=overlap,
            )
        case PublishAddress(machine_id=machine_id):
            machine_is_running(
                machine_id,
                meetings=world.meetings,
                machines=world.machines,
                addresses=world.addresses,
                now=now,
                overlap=overlap,
            )
        case WithdrawAddress(machine_id=machine_id):
            if _live_machine(machine_id, world.machines) is None:
                world.addresses.withdraw(machine_id)
        case TerminateMachine():
            _terminate(action, world, policy, now)
        case AdoptMachine() | CloseSeat():
            _mend_seat(action, world, now, overlap)
        case MoveDeadline() | SetSafetyNet():
            _move_time(action, world, now)


def _live_machine(machine_id: str, machines: Machines) -> Machine | None:
    try:
        machine = machines.get(machine_id)
    except MachineNotFound:
        return None
    return machine if machine.state.is_live else None


# Other actions may have taken their time since the plan was made, so whatever ends something is looked at once more: at
# the meeting's machines first and at the meeting then, as when planning.


def _end(action: EndMeeting, world: World, policy: Policy, now: datetime, overlap: Overlap) -> None:
    """End a meeting if it is still due to end, for the reason that holds now (I6)."""
    machines = world.machines.of_meeting(action.meeting_id)

    def rule(meeting: Meeting) -> End | Keep:
        for again in plan_sweep([meeting], machines, (), now, policy, force=True).actions:
            if isinstance(again, EndMeeting):
                return End(again.reason, again.why)
        return Keep("it is not due to end after all")

    _, verdict = judge_meeting(
        world.meetings.get(action.meeting_id),
        rule,
        meetings=world.meetings,
        machines=world.machines,
        alarms=world.alarms,
        now=now,
        overlap=overlap,
    )
    if isinstance(verdict, Keep):
        logger.info("sweep: meeting %s goes on: %s", action.meeting_id, verdict.why)


def _terminate(action: TerminateMachine, world: World, policy: Policy, now: datetime) -> None:
    """End a machine if still nothing justifies it."""
    machines = world.machines.of_meeting(action.meeting_id)
    try:
        meetings = [world.meetings.get(action.meeting_id)]
    except MeetingNotFound:
        meetings = []
    for again in plan_sweep(meetings, machines, (), now, policy, force=True).actions:
        if isinstance(again, TerminateMachine) and again.machine_id == action.machine_id:
            world.machines.terminate([action.machine_id], now)
            return
    logger.info("sweep: machine %s is gone or serves a seat after all", action.machine_id)


def _mend_seat(action: AdoptMachine | CloseSeat, world: World, now: datetime, overlap: Overlap) -> None:
    live = _live_machine(action.machine_id, world.machines)
    if isinstance(action, CloseSeat):
        if live is None:
            machine_is_gone(
                action.machine_id,
                MachineState.TERMINATED,
                meetings=world.meetings,
                addresses=world.addresses,
                now=now,
                meeting_id=action.meeting_id,
                role=action.role,
                overlap=overlap,
            )
        return
    if live is not None:
        _adopt(action, live, world, now, overlap)


def _adopt(action: AdoptMachine, machine: Machine, world: World, now: datetime, overlap: Overlap) -> None:
    """Write the machine into its seat, unless that has a live one by now, and make it reachable if it runs."""
    seat = world.meetings.get(action.meeting_id).seat(action.role)
    if seat is None:
        return
    if seat.machine_id is not None and _live_machine(seat.machine_id, world.machines) is not None:
        return
    change = changes.seat_launched(seat, machine.id, action.why, now)
    if _update_unless_changed(world, action.meeting_id, change) and machine.state is MachineState.RUNNING:
        machine_is_running(
            machine.id,
            meetings=world.meetings,
            machines=world.machines,
            addresses=world.addresses,
            now=now,
            overlap=overlap,
        )


def _move_time(action: MoveDeadline | SetSafetyNet, world: World, now: datetime) -> None:
    meeting = world.meetings.get(action.meeting_id)
    if isinstance(action, MoveDeadline):
        if action.deadline > meeting.deadline:
            change = changes.deadline_moved(meeting, action.deadline, action.why, now)
            _update_unless_changed(world, meeting.id, change)
        return
    at = min(action.at, meeting.deadline)
    if _update_unless_changed(world, meeting.id, changes.safety_net_set(meeting, at)):
        world.alarms.set(AlarmKind.SAFETY_NET, meeting.id, at, now)


def _update_unless_changed(world: World, meeting_id: str, change: Change) -> bool:
    try:
        world.meetings.update(meeting_id, change)
    except ConditionFailed:
        logger.info(
            "sweep: meeting %s changed meanwhile; the next sweep looks again",
            meeting_id,
        )
        return False
    return True
