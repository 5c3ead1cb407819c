"""Give a machine its address when it runs, and take it away when it goes."""

import logging
from datetime import datetime
from functools import partial

from elephant.domain import changes
from elephant.domain.machine import Machine, MachineState
from elephant.domain.meeting import Meeting, Seat, SeatPhase
from elephant.ports.addresses import Addresses
from elephant.ports.errors import ConditionFailed, ElephantError, MachineNotFound, MeetingNotFound
from elephant.ports.machines import Machines
from elephant.ports.meetings import Meetings
from elephant.ports.overlap import Overlap, in_turn, outcome_of

logger = logging.getLogger(__name__)


def machine_is_running(
    machine_id: str,
    *,
    meetings: Meetings,
    machines: Machines,
    addresses: Addresses,
    now: datetime,
    overlap: Overlap = in_turn,
) -> None:
    """Publish a running machine's address and write its link into its seat.

    The event says nothing but an id: whose machine it is comes from its tags, and what publishing its address has to
    read first is read meanwhile. One that appears after its meeting's end, or for no meeting, is terminated on sight
    (I1). Its address is published while its meeting is being read: a live machine of ours may have one, whatever its
    seat says, and loses it when it goes (I3). Raises Temporary while it has nothing to publish yet.
    """
    try:
        machine = _look_up(machine_id, machines, addresses, overlap)
    except MachineNotFound:
        logger.info("machine %s is none of ours or gone already", machine_id)
        return
    if not machine.state.is_live:
        return
    meeting, link = _read_and_publish(machine, meetings, addresses, overlap)
    if meeting is None:
        logger.warning("machine %s runs for meeting %s, which is over or unknown", machine_id, machine.meeting_id)
        # What publishing answered says nothing: one that failed may have been carried out all the same.
        overlap([partial(machines.terminate, [machine_id], now), partial(addresses.withdraw, machine_id)])
        return
    seat = meeting.seat(machine.role)
    if seat is None or not _may_serve(machine_id, seat):
        logger.info("machine %s is not the one of its seat; left to the sweep", machine_id)
        return
    if isinstance(link, ElephantError):
        raise link
    _write_link(machine, seat, link, meetings, now)


def machine_is_gone(
    machine_id: str,
    state: MachineState,
    *,
    meetings: Meetings,
    addresses: Addresses,
    now: datetime,
    meeting_id: str,
    role: str,
    overlap: Overlap = in_turn,
) -> None:
    """Remove the address of a machine that is going, and close its seat; its meeting and the other seats go on.

    Each is tried whatever becomes of the other.
    """
    why = f"its machine is {state}"
    close = partial(_close_seat, machine_id, why, meetings=meetings, now=now, meeting_id=meeting_id, role=role)
    overlap([partial(addresses.withdraw, machine_id), close])


def _close_seat(machine_id: str, why: str, *, meetings: Meetings, now: datetime, meeting_id: str, role: str) -> None:
    try:
        seat = meetings.get(meeting_id).seat(role)
    except MeetingNotFound:
        return
    if seat is None or seat.machine_id != machine_id:
        return
    try:
        meetings.update(meeting_id, changes.seat_ended(seat.role, machine_id, why, now))
    except ConditionFailed:
        logger.debug("the seat of machine %s was closed already", machine_id)


def _may_serve(machine_id: str, seat: Seat) -> bool:
    """True for the seat's machine until it was closed, and for any where the seat has none or a closed one."""
    is_closed = seat.phase is SeatPhase.ENDED
    return seat.machine_id is None or (seat.machine_id == machine_id) != is_closed


def _look_up(machine_id: str, machines: Machines, addresses: Addresses, overlap: Overlap) -> Machine:
    found: list[Machine] = []

    def look_up() -> None:
        found.append(machines.get(machine_id))

    # What cannot be read beforehand is read when the address is published, which says so where it cannot do without.
    overlap([look_up, outcome_of(partial(addresses.expect, machine_id))])
    return found[0]


def _read_and_publish(
    machine: Machine, meetings: Meetings, addresses: Addresses, overlap: Overlap
) -> tuple[Meeting | None, str | ElephantError]:
    """The machine's meeting if it is open, and the machine's link or why there is none yet."""
    links: list[str | ElephantError] = []

    def read() -> Meeting | None:
        return _open_meeting(machine.meeting_id, meetings)

    def publish() -> None:
        links.append(outcome_of(partial(addresses.publish, machine))())

    meeting, _ = overlap([read, publish])
    return meeting, links[0]


def _open_meeting(meeting_id: str, meetings: Meetings) -> Meeting | None:
    try:
        meeting = meetings.get(meeting_id)
    except MeetingNotFound:
        return None
    return None if meeting.is_over else meeting


def _write_link(machine: Machine, seat: Seat, link: str, meetings: Meetings, now: datetime) -> None:
    """Write the link for a seat that knows the machine, or make the machine known first (its launch died)."""
    if seat.machine_id != machine.id:
        try:
            meeting = meetings.update(
                machine.meeting_id,
                changes.seat_launched(seat, machine.id, "found running", now),
            )
            seat = meeting.seat(machine.role) or seat
        except ConditionFailed as failed:
            seat = failed.current.seat(machine.role) or seat
    # Phases only move forward, so that many conflicts are the most there can be.
    for _ in SeatPhase:
        if seat.machine_id != machine.id or seat.phase is SeatPhase.ENDED or seat.link == link:
            return
        try:
            meetings.update(machine.meeting_id, changes.address_written(seat, machine.id, link, now))
        except ConditionFailed as failed:
            if failed.current.is_over:
                return
            seat = failed.current.seat(machine.role) or seat
        else:
            return
