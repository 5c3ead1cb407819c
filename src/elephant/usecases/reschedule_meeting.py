"""A host moves a meeting to another time or length, before its desktops start."""

from dataclasses import dataclass, replace
from datetime import datetime

from elephant.domain import changes
from elephant.domain.meeting import Meeting
from elephant.domain.timetable import (
    Policy,
    check_duration,
    first_deadline,
    launch_at,
    parse_meet_time,
    safety_net_at,
)
from elephant.ports.alarms import Alarms
from elephant.ports.errors import ConditionFailed, InvalidField, MeetingOver, TooLate
from elephant.ports.meetings import Meetings
from elephant.ports.overlap import Overlap, in_turn
from elephant.usecases.check_capacity import Look, looking_meanwhile, nothing_to_look_at
from elephant.usecases.schedule_meeting import Booked, set_alarms


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What a host asks for; None for what is to stay as it is."""

    meet_time: object | None = None
    duration_minutes: float | None = None


def reschedule_meeting(
    meeting_id: str,
    move: Move,
    *,
    meetings: Meetings,
    alarms: Alarms,
    policy: Policy,
    now: datetime,
    overlap: Overlap = in_turn,
    look: Look = nothing_to_look_at,
) -> Booked:
    """Give a meeting another start, length or both, and set its alarms anew.

    Returns it with what it may lack then, which is looked at at the same time. Raises InvalidField, MeetingNotFound,
    MeetingOver, and TooLate once its desktops have been started or are due.
    """
    old = meetings.get(meeting_id)
    if old.is_over:
        raise MeetingOver.of(old)
    if now >= launch_at(old.meet_time, policy) or any(seat.launches for seat in old.seats):
        raise TooLate("its desktops have been started: end it or extend it instead")
    new = _moved(old, move, policy, now)

    def write() -> Meeting:
        meeting = _written(old, new, meetings, now)
        set_alarms(meeting, alarms, policy, now, overlap)
        return meeting

    meeting, outlook = looking_meanwhile(write, look, overlap)
    return Booked(meeting, outlook.warnings(meeting, now, policy))


def _written(old: Meeting, new: Meeting, meetings: Meetings, now: datetime) -> Meeting:
    try:
        return meetings.update(old.id, changes.meeting_rescheduled(old, new, now))
    except ConditionFailed as failed:
        if failed.current.is_over:
            raise MeetingOver.of(failed.current) from failed
        raise TooLate("it changed meanwhile: look at it again") from failed


def _moved(old: Meeting, move: Move, policy: Policy, now: datetime) -> Meeting:
    if move == Move():
        raise InvalidField("meet_time", "or duration_minutes must be given")
    try:
        start = old.meet_time if move.meet_time is None else parse_meet_time(move.meet_time, now)
    except ValueError as error:
        raise InvalidField("meet_time", str(error)) from error
    try:
        asked = move.duration_minutes
        minutes = old.duration_minutes if asked is None else check_duration(asked, policy)
    except ValueError as error:
        raise InvalidField("duration_minutes", str(error)) from error
    return replace(
        old,
        meet_time=start,
        duration_minutes=minutes,
        deadline=first_deadline(start, minutes, policy),
        safety_net_at=safety_net_at(start, policy),
    )
