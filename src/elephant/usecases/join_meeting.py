"""Let the holder of a seat's key into the seat's desktop, as soon as it is ready."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from elephant.domain import changes
from elephant.domain.meeting import Meeting, Seat, SeatPhase, Status
from elephant.domain.timetable import Policy, launch_at
from elephant.ports.errors import ConditionFailed, MeetingOver, UnknownRole, WrongKey
from elephant.ports.keys import SeatKeys
from elephant.ports.meetings import Meetings

WAITING_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The seat's desktop works: here is where it is."""

    meeting: Meeting
    seat: Seat
    machine_id: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Warming:
    """Not yet; ask again in `retry_after_seconds`. `problem` is set when something went wrong on the way."""

    status: Status
    phase: SeatPhase
    retry_after_seconds: int
    meet_time: datetime
    starts_at: datetime
    problem: str | None


def join_meeting(
    meeting_id: str,
    role: str,
    key: str,
    *,
    meetings: Meetings,
    keys: SeatKeys,
    policy: Policy,
    now: datetime,
) -> Ready | Warming:
    """The way into a seat's desktop, for whoever holds its key and for nobody else (I5).

    The first answer with a way in marks the seat joined; while it is not ready, that somebody waits is noted at most
    once a minute. Raises MeetingNotFound, UnknownRole, WrongKey and MeetingOver, in that order.
    """
    meeting = meetings.get(meeting_id)
    seat = _open_seat(meeting, role, key, keys)
    if not seat.is_ready:
        _note_waiting(meeting, seat, meetings, policy, now)
        return _warming(meeting, seat, policy, now)
    if seat.phase is not SeatPhase.IN_PROGRESS and seat.machine_id is not None:
        try:
            meeting = meetings.update(meeting_id, changes.seat_joined(seat, seat.machine_id, now))
        except ConditionFailed as failed:
            meeting = failed.current
        seat = _open_seat(meeting, role, key, keys)
    if seat.machine_id is None or seat.link is None or not seat.is_ready:
        return _warming(meeting, seat, policy, now)
    return Ready(meeting=meeting, seat=seat, machine_id=seat.machine_id, link=seat.link)


def _open_seat(meeting: Meeting, role: str, key: str, keys: SeatKeys) -> Seat:
    seat = meeting.seat(role)
    if seat is None:
        raise UnknownRole(role, meeting.roles)
    if not keys.opens(meeting, role, key):
        raise WrongKey
    if meeting.is_over:
        raise MeetingOver.of(meeting)
    return seat


def _note_waiting(meeting: Meeting, seat: Seat, meetings: Meetings, policy: Policy, now: datetime) -> None:
    """Note that somebody waits; more often than once a minute only where presence itself is counted in less."""
    every = min(WAITING_NOTED_EVERY, policy.presence / 2)
    if now < launch_at(meeting.meet_time, policy):
        return
    # One in the future was noted before the clock was set back.
    if seat.waiting_at is not None and timedelta(0) <= now - seat.waiting_at < every:
        return
    try:
        meetings.update(meeting.id, changes.seat_waited_for(seat.role, now))
    except ConditionFailed as failed:
        raise MeetingOver.of(failed.current) from failed


def _warming(meeting: Meeting, seat: Seat, policy: Policy, now: datetime) -> Warming:
    starts_at = launch_at(meeting.meet_time, policy)
    until_launch_seconds = (starts_at - now).total_seconds()
    # Before the launch nothing changes for a while; from then on seconds count.
    retry_after_seconds = 1 if until_launch_seconds <= 0 else min(30, max(1, round(until_launch_seconds)))
    return Warming(
        status=meeting.status,
        phase=seat.phase,
        retry_after_seconds=retry_after_seconds,
        meet_time=meeting.meet_time,
        starts_at=starts_at,
        problem=seat.problem,
    )
