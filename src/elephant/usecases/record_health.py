"""A machine reports that its desktop works and how many people are connected to it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from elephant.domain import changes
from elephant.domain.change import Change
from elephant.domain.meeting import Meeting, Seat, SeatPhase
from elephant.domain.timetable import Policy
from elephant.ports.errors import (
    ConditionFailed,
    MachineNotFound,
    MeetingOver,
    UnknownRole,
)
from elephant.ports.meetings import Meetings
from elephant.usecases.machine_of_seat import machine_of_seat

SEEN_NOTED_EVERY = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReport:
    """What a machine says of itself: its desktop works, and so many people are connected to it.

    `is_named` is False where its pass does not say which machine it is, so that only the seat can.
    """

    meeting_id: str
    role: str
    machine_id: str
    healthy: bool
    connected: int
    is_named: bool = True


def record_health(report: HealthReport, *, meetings: Meetings, policy: Policy, now: datetime) -> Meeting:
    """Move the seat to HEALTHY, note that somebody is there, and return the meeting, whose deadline the machine needs.

    Late, doubled and unhealthy reports change nothing. Raises MeetingNotFound, UnknownRole, MeetingOver, and
    from a machine that does not serve the seat (any more) MachineNotFound, or what `machine_of_seat` raises.
    """
    meeting = meetings.get(report.meeting_id)
    seat = _seat_served(meeting, report)
    if report.healthy and seat.phase.rank < SeatPhase.HEALTHY.rank:
        meeting = _write(changes.seat_healthy(seat.role, report.machine_id, now), report, meetings)
    if _was_seen_in_the_future(seat, now) or (report.connected > 0 and _worth_noting(seat, policy, now)):
        meeting = _write(changes.seat_seen(seat.role, report.machine_id, now), report, meetings)
    return meeting


def _write(change: Change, report: HealthReport, meetings: Meetings) -> Meeting:
    """The meeting after the change, or as it is where that came too late; raises what such a report deserves."""
    try:
        return meetings.update(report.meeting_id, change)
    except ConditionFailed as failed:
        # Either the phase went further by another report, or the end or another machine came between.
        _seat_served(failed.current, report)
        return failed.current


def _seat_served(meeting: Meeting, report: HealthReport) -> Seat:
    seat = meeting.seat(report.role)
    if seat is None:
        raise UnknownRole(report.role, meeting.roles)
    if meeting.is_over:
        raise MeetingOver.of(meeting)
    if not report.is_named:
        return machine_of_seat(meeting, report.role, report.machine_id)
    if seat.machine_id != report.machine_id and seat.machine_id is not None and seat.phase is not SeatPhase.ENDED:
        raise MachineNotFound(f"the seat of {report.role} is served by another machine than {report.machine_id}")
    return seat


def _was_seen_in_the_future(seat: Seat, now: datetime) -> bool:
    """True where the clock was set back since: uncorrected, the seat would count as taken until that time comes."""
    return seat.seen_at is not None and seat.seen_at > now


def _worth_noting(seat: Seat, policy: Policy, now: datetime) -> bool:
    """True when the last note is old enough that the presence window needs a new one."""
    return seat.seen_at is None or now - seat.seen_at >= min(SEEN_NOTED_EVERY, policy.presence / 4)
