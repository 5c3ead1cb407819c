"""Start the machines of a meeting's seats: safe to run twice, late, and after dying anywhere."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial

from elephant.domain import changes
from elephant.domain.change import Change, joined
from elephant.domain.machine import Machine
from elephant.domain.meeting import Meeting, Role, Seat
from elephant.domain.timetable import MAX_LAUNCHES, Policy, launch_at
from elephant.ports.errors import (
    ConditionFailed,
    ElephantError,
    MachineNotFound,
    MeetingNotFound,
    Temporary,
)
from elephant.ports.machines import LaunchOrder, LaunchOutcome, Machines
from elephant.ports.meetings import Meetings
from elephant.ports.overlap import Overlap, in_turn, outcome_of

logger = logging.getLogger(__name__)


def launch_desktops(
    meeting_id: str,
    *,
    meetings: Meetings,
    machines: Machines,
    policy: Policy,
    now: datetime,
    roles: Collection[Role] | None = None,
    overlap: Overlap = in_turn,
) -> list[Machine]:
    """Start a machine for every seat that is due one (of `roles` only, where given); returns those now serving.

    A missing or ended meeting, one before its launch time and one past its deadline get none. The order is launch,
    then write down; what dies in between is found again by its attempt (same order, same machine) or adopted by the
    sweep. Where that machine has died too, its attempt counts and the next one follows at once. A machine whose meeting
    ended meanwhile is terminated at once. Raises the first error that kept a seat without a machine, after every other
    seat has been dealt with.
    """
    try:
        meeting = meetings.get(meeting_id)
    except MeetingNotFound:
        logger.warning("no launch: there is no meeting %s", meeting_id)
        return []
    if meeting.is_over or not launch_at(meeting.meet_time, policy) <= now < meeting.deadline:
        logger.info(
            "no launch for meeting %s: it is over, not due or past its deadline",
            meeting_id,
        )
        return []
    asked = [seat for seat in meeting.seats if roles is None or seat.role in roles]
    wants = overlap([outcome_of(partial(_wants_machine, seat, machines)) for seat in asked])
    outcomes: list[LaunchOutcome | None] = [want for want in wants if isinstance(want, ElephantError)]
    seats = [seat for seat, want in zip(asked, wants, strict=True) if want is True]
    if seats:
        launched = machines.launch([_order(meeting, seat) for seat in seats], now)
        if _are_written_as_one(meeting, seats, launched, meetings, now):
            outcomes += launched
        else:
            write = partial(_write_down, meeting, meetings=meetings, machines=machines, now=now)
            outcomes += overlap(
                [outcome_of(partial(write, seat, outcome)) for seat, outcome in zip(seats, launched, strict=True)]
            )
    for outcome in outcomes:
        if isinstance(outcome, ElephantError):
            raise outcome
    return [outcome for outcome in outcomes if isinstance(outcome, Machine)]


def _wants_machine(seat: Seat, machines: Machines) -> bool:
    if seat.session_data is not None or seat.launches >= MAX_LAUNCHES:
        return False
    if seat.machine_id is None:
        return True
    try:
        return not machines.get(seat.machine_id).state.is_live
    except MachineNotFound:
        return True


def _order(meeting: Meeting, seat: Seat) -> LaunchOrder:
    return LaunchOrder(
        meeting_id=meeting.id,
        role=seat.role,
        attempt=seat.launches + 1,
        deadline=meeting.deadline,
        jitsi_url=meeting.jitsi_url,
    )


def _are_written_as_one(
    meeting: Meeting, seats: Sequence[Seat], launched: Sequence[LaunchOutcome], meetings: Meetings, now: datetime
) -> bool:
    """True where one change wrote every seat down; else each is to be written down by itself, whatever stands.

    One change, because two at the same time know nothing of each other: a status that follows from both seats would
    take a third. It holds only while each of its seats is as it was read, and otherwise none is written.
    """
    if len(seats) == 1 or any(isinstance(each, Machine) and not each.state.is_live for each in launched):
        return False
    written = [_outcome_noted(seat, outcome, now) for seat, outcome in zip(seats, launched, strict=True)]
    try:
        meetings.update(meeting.id, joined(written))
    except ElephantError as error:
        logger.info("the seats of meeting %s are written down one by one: %s", meeting.id, error)
        return False
    for seat, outcome in zip(seats, launched, strict=True):
        if isinstance(outcome, ElephantError):
            logger.warning("no machine for %s of meeting %s: %s", seat.role, meeting.id, outcome)
    return True


def _outcome_noted(seat: Seat, outcome: LaunchOutcome, now: datetime) -> Change:
    if isinstance(outcome, ElephantError):
        return changes.launch_failed(seat, str(outcome), now)
    why = "the launch was due" if seat.launches == 0 else "the machine before it died"
    return changes.seat_launched(seat, outcome.id, why, now)


def _write_down(
    meeting: Meeting, seat: Seat, outcome: LaunchOutcome, *, meetings: Meetings, machines: Machines, now: datetime
) -> LaunchOutcome | None:
    """The machine that serves the seat now, or why it has none; None where it needs none any more."""
    if isinstance(outcome, Machine) and not outcome.state.is_live:
        spent = _spent(meeting, seat, outcome, meetings, now)
        if spent is None:
            return None
        meeting, seat = spent
        [outcome] = machines.launch([_order(meeting, seat)], now)
    if isinstance(outcome, Machine):
        if not outcome.state.is_live:
            return Temporary(f"the machine {outcome.id} died as soon as it was launched")
        return outcome if _seat_it(meeting, seat, outcome, meetings, machines, now) else None
    logger.warning("no machine for %s of meeting %s: %s", seat.role, meeting.id, outcome)
    try:
        meetings.update(meeting.id, _outcome_noted(seat, outcome, now))
    except ConditionFailed:
        logger.info("the seat of %s in meeting %s changed meanwhile", seat.role, meeting.id)
    return outcome


def _spent(
    meeting: Meeting, seat: Seat, machine: Machine, meetings: Meetings, now: datetime
) -> tuple[Meeting, Seat] | None:
    """The meeting and the seat with the dead machine's attempt counted; None where it may have no other one."""
    logger.warning("machine %s died before it served %s of meeting %s", machine.id, seat.role, meeting.id)
    try:
        counted = meetings.update(meeting.id, changes.launch_spent(seat, machine.id, now))
    except ConditionFailed:
        logger.info("the seat of %s in meeting %s changed meanwhile", seat.role, meeting.id)
        return None
    current = counted.seat(seat.role)
    return None if current is None or current.launches >= MAX_LAUNCHES else (counted, current)


def _seat_it(
    meeting: Meeting,
    seat: Seat,
    machine: Machine,
    meetings: Meetings,
    machines: Machines,
    now: datetime,
) -> bool:
    try:
        meetings.update(meeting.id, _outcome_noted(seat, machine, now))
    except ConditionFailed as failed:
        current = failed.current.seat(seat.role)
        if not failed.current.is_over and current is not None and current.machine_id == machine.id:
            return True
        logger.info(
            "machine %s is not wanted: meeting %s ended or its seat has another",
            machine.id,
            meeting.id,
        )
        machines.terminate([machine.id], now)
        return False
    return True
