"""A host moves a meeting to another time or length, before its desktops start."""

from dataclasses import replace
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
from elephant.usecases.schedule_meeting import set_alarms


def reschedule_meeting(
    meeting_id: str,
    meet_time: object | None,
    duration_minutes: float | None,
    *,
    meetings: Meetings,
    alarms: Alarms,
    policy: Policy,
    now: datetime,
    overlap: Overlap = in_turn,
) -> Meeting:
    """Give a meeting another start, length or both, set its alarms anew, and return it.

    Raises InvalidField, MeetingNotFound, MeetingOver, and TooLate once its desktops have been started or are due.
    """
    old = meetings.get(meeting_id)
    if old.is_over:
        raise MeetingOver.of(old)
    if now >= launch_at(old.meet_time, policy) or any(seat.launches for seat in old.seats):
        raise TooLate("its desktops have been started: end it or extend it instead")
    new = _moved(old, meet_time, duration_minutes, policy, now)
    try:
        meeting = meetings.update(meeting_id, changes.meeting_rescheduled(old, new, now))
    except ConditionFailed as failed:
        if failed.current.is_over:
            raise MeetingOver.of(failed.current) from failed
        raise TooLate("it changed meanwhile: look at it again") from failed
    set_alarms(meeting, alarms, policy, now, overlap)
    return meeting


def _moved(
    old: Meeting,
    meet_time: object | None,
    duration_minutes: float | None,
    policy: Policy,
    now: datetime,
) -> Meeting:
    if meet_time is None and duration_minutes is None:
        raise InvalidField("meet_time", "or duration_minutes must be given")
    try:
        start = old.meet_time if meet_time is None else parse_meet_time(meet_time, now)
    except ValueError as error:
        raise InvalidField("meet_time", str(error)) from error
    try:
        minutes = old.duration_minutes if duration_minutes is None else check_duration(duration_minutes, policy)
    except ValueError as error:
        raise InvalidField("duration_minutes", str(error)) from error
    return replace(
        old,
        meet_time=start,
        duration_minutes=minutes,
        deadline=first_deadline(start, minutes, policy),
        safety_net_at=safety_net_at(start, policy),
    )
