"""What should be, compared with what is: the sweep's plan, a pure function of the world at one moment."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from elephant.domain.endings import (
    End,
    Extend,
    deadline_verdict,
    launch_failed_verdict,
    safety_net_verdict,
    terminator_verdict,
)
from elephant.domain.machine import Machine, MachineState, Record
from elephant.domain.meeting import Meeting, Role, Seat, SeatPhase
from elephant.domain.sweep_actions import (
    Action,
    AdoptMachine,
    CloseSeat,
    EndMeeting,
    LaunchSeats,
    MoveDeadline,
    Plan,
    PublishAddress,
    Seen,
    SetSafetyNet,
    TerminateMachine,
    WithdrawAddress,
)
from elephant.domain.timetable import MAX_LAUNCHES, Policy, anybody_present, launch_at


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part of the world that could not be read, which is not the same as an empty one (invariant I8)."""

    why: str


def plan_sweep(
    meetings: Sequence[Meeting] | Unreadable,
    machines: Sequence[Machine] | Unreadable,
    records: Sequence[Record] | Unreadable,
    now: datetime,
    policy: Policy,
    *,
    force: bool = False,
    damaged: Mapping[str, str] | None = None,
) -> Plan:
    """Actions that bring the world to what the open `meetings` call for; the same world gives the same plan.

    `machines` are those with both of our tags, in any state. Plans nothing for a world that it cannot read in
    full, and leaves out every action that ends a machine when those end more than a set share at once, unless forced.
    `damaged` are meetings that are there and cannot be read, by id, and why: whatever belongs to one is let be (I8).
    """
    damaged = damaged or {}
    if isinstance(meetings, Unreadable) or isinstance(machines, Unreadable) or isinstance(records, Unreadable):
        unread = [part.why for part in (meetings, machines, records) if isinstance(part, Unreadable)]
        return Plan((), f"could not read all of the world: {'; '.join(unread)}")
    machines = sorted(machines, key=lambda each: each.id)
    open_meetings = {meeting.id: meeting for meeting in meetings if not meeting.is_over}
    actions: list[Action] = []
    for meeting in sorted(open_meetings.values(), key=lambda each: each.id):
        own = [machine for machine in machines if machine.meeting_id == meeting.id]
        actions.extend(_plan_meeting(meeting, own, records, now, policy))
    actions.extend(
        TerminateMachine(machine.id, machine.meeting_id, "its meeting is over or unknown")
        for machine in machines
        if machine.meeting_id not in {*open_meetings, *damaged} and _still_there(machine)
    )
    live_ids = {machine.id for machine in machines if machine.state.is_live}
    actions.extend(
        WithdrawAddress(record.name, record.machine_id, "its machine is gone")
        for record in sorted(records, key=lambda each: each.name)
        if record.ours and record.machine_id not in live_ids
    )
    plan = _within_share(tuple(actions), live_ids, policy, force=force)
    refusals = [f"left alone what belongs to a meeting that cannot be read: {why}" for why in damaged.values()]
    if plan.refused:
        refusals.append(plan.refused)
    there = [machine for machine in machines if _still_there(machine)]
    late = past_deadline(there, open_meetings, damaged, now, policy)
    seen = Seen(machines=len(there), past_deadline=len(late), records=sum(record.ours for record in records))
    return Plan(plan.actions, "; ".join(refusals) or None, seen)


def past_deadline(
    machines: Iterable[Machine],
    open_meetings: Mapping[str, Meeting],
    damaged: Container[str],
    now: datetime,
    policy: Policy,
) -> list[Machine]:
    """Those that still cost something and that an earlier sweep should have ended, or that the next one ends.

    `open_meetings` are by id; of a machine whose meeting is in `damaged` nothing can be said.
    """
    return [
        each for each in machines if _still_there(each) and _is_past_deadline(each, open_meetings, damaged, now, policy)
    ]


def _still_there(machine: Machine) -> bool:
    return machine.state.is_live or machine.state.is_left_over


def _is_past_deadline(
    machine: Machine, open_meetings: Mapping[str, Meeting], damaged: Container[str], now: datetime, policy: Policy
) -> bool:
    meeting = open_meetings.get(machine.meeting_id)
    if meeting is None:
        return machine.meeting_id not in damaged
    return now > meeting.deadline + 2 * policy.sweep


def _can_serve(meeting: Meeting, machine: Machine, now: datetime, policy: Policy) -> bool:
    """True for a live machine that its seat may have: it was not closed before, and it was not launched too early.

    Phases only move forward, so a machine whose seat was closed can serve no more. One is early when a launch and a
    rescheduling crossed (I1); what tells is when it was launched, so that a clock set back ends nothing.
    """
    closed = any(seat.machine_id == machine.id and seat.phase is SeatPhase.ENDED for seat in meeting.seats)
    due_at = launch_at(meeting.meet_time, policy)
    early = now < due_at and machine.launched_at < due_at - policy.sweep
    occupied = meeting.in_progress or anybody_present(meeting, now, policy)
    return machine.state.is_live and not closed and (occupied or not early)


def _plan_meeting(
    meeting: Meeting,
    machines: Sequence[Machine],
    records: Sequence[Record],
    now: datetime,
    policy: Policy,
) -> Iterable[Action]:
    able = [machine for machine in machines if _can_serve(meeting, machine, now, policy)]
    dead_roles = frozenset(role for role in meeting.roles if not any(machine.role == role for machine in able))
    end = _plan_end(meeting, dead_roles, now, policy)
    if isinstance(end, EndMeeting):
        still_there = tuple(machine.id for machine in machines if _still_there(machine))
        return [EndMeeting(end.meeting_id, end.reason, end.why, still_there)]
    actions: list[Action] = []
    if isinstance(end, MoveDeadline):
        actions.append(end)
        meeting = replace(meeting, deadline=end.deadline)
    net = safety_net_verdict(meeting, now, policy)
    if not isinstance(net, End) and now >= meeting.safety_net_at and net.again_at is not None:
        actions.append(SetSafetyNet(meeting.id, net.again_at, net.why))
    known_roles = set(meeting.roles)
    actions.extend(
        TerminateMachine(machine.id, meeting.id, "its meeting has no such seat")
        for machine in machines
        if machine.role not in known_roles and _still_there(machine)
    )
    to_launch: list[Role] = []
    for seat in meeting.seats:
        of_seat = [machine for machine in machines if machine.role == seat.role and _still_there(machine)]
        actions.extend(_plan_seat(meeting, seat, of_seat, [each for each in of_seat if each in able], records))
        if _wants_machine(meeting, seat, dead_roles, now, policy):
            to_launch.append(seat.role)
    if to_launch:
        actions.append(
            LaunchSeats(
                meeting.id,
                tuple(to_launch),
                "the launch is due and the seat has no live machine",
            )
        )
    return actions


def _plan_end(
    meeting: Meeting, dead_roles: frozenset[Role], now: datetime, policy: Policy
) -> EndMeeting | MoveDeadline | None:
    deadline = deadline_verdict(meeting, now, policy)
    if isinstance(deadline, Extend):
        return MoveDeadline(meeting.id, deadline.deadline, deadline.why)
    verdicts = (
        deadline,
        launch_failed_verdict(meeting, frozenset(dead_roles), now, policy),
        safety_net_verdict(meeting, now, policy),
        terminator_verdict(meeting, now, policy),
    )
    for verdict in verdicts:
        if isinstance(verdict, End):
            return EndMeeting(meeting.id, verdict.reason, verdict.why)
    return None


def _wants_machine(
    meeting: Meeting,
    seat: Seat,
    dead_roles: frozenset[Role],
    now: datetime,
    policy: Policy,
) -> bool:
    return (
        seat.role in dead_roles
        and seat.session_data is None
        and seat.launches < MAX_LAUNCHES
        and launch_at(meeting.meet_time, policy) <= now < meeting.deadline
    )


def _plan_seat(
    meeting: Meeting, seat: Seat, machines: Sequence[Machine], able: Sequence[Machine], records: Sequence[Record]
) -> Iterable[Action]:
    """Keep one machine of a seat: of those able to serve the one that it knows, else the oldest."""
    keep = next(
        (machine for machine in able if machine.id == seat.machine_id),
        min(able, key=lambda each: (each.launched_at, each.id), default=None),
    )
    for machine in machines:
        if keep is None or machine.id != keep.id:
            yield TerminateMachine(machine.id, meeting.id, "it serves no seat")
    if keep is None:
        if seat.machine_id is not None and seat.phase is not SeatPhase.ENDED:
            yield CloseSeat(meeting.id, seat.role, seat.machine_id, "its machine is gone")
        return
    if keep.id != seat.machine_id:
        yield AdoptMachine(
            meeting.id,
            seat.role,
            keep.id,
            "it runs for this seat, which knew of no live machine",
        )
        return
    published = seat.link is not None and any(
        record.ours and record.is_complete and record.machine_id == keep.id for record in records
    )
    if keep.state is MachineState.RUNNING and not published:
        yield PublishAddress(keep.id, meeting.id, seat.role, "it runs and has no address")


def _within_share(actions: tuple[Action, ...], live_ids: set[str], policy: Policy, *, force: bool) -> Plan:
    live = len(live_ids)
    ended = live_ids.intersection(machine_id for action in actions for machine_id in _machines_ended(action))
    if force or live <= policy.sweep_share_above or len(ended) <= policy.sweep_share * live:
        return Plan(actions)
    kept = tuple(action for action in actions if not _machines_ended(action))
    return Plan(
        kept,
        f"refused to end {len(ended)} of {live} live machines at once, more than {policy.sweep_share:.0%}; "
        "look at the plan, then force it if it is right",
    )


def _machines_ended(action: Action) -> tuple[str, ...]:
    match action:
        case TerminateMachine(machine_id=machine_id):
            return (machine_id,)
        case EndMeeting(machine_ids=machine_ids):
            return machine_ids
        case _:
            return ()
