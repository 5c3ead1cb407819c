"""A host gives a meeting more time."""

import math
from datetime import datetime, timedelta

from elephant.domain import changes
from elephant.domain.meeting import Meeting
from elephant.domain.timetable import Policy, deadline_cap
from elephant.ports.errors import ConditionFailed, InvalidField, MeetingOver, Temporary
from elephant.ports.meetings import Meetings
from elephant.ports.overlap import Overlap, in_turn
from elephant.usecases.check_capacity import Look, looking_meanwhile, nothing_to_look_at
from elephant.usecases.schedule_meeting import Booked


def extend_meeting(
    meeting_id: str,
    minutes: float,
    *,
    meetings: Meetings,
    policy: Policy,
    now: datetime,
    overlap: Overlap = in_turn,
    look: Look = nothing_to_look_at,
) -> Booked:
    """Move a meeting's deadline on by so many minutes, from now on where it has passed.

    Returns the meeting with what may be lacking in the time that it got, which is looked at at the same time. Raises
    InvalidField for minutes that are not positive or lead past the cap, MeetingNotFound, MeetingOver, and Temporary
    where others kept changing the deadline at the same time.
    """

    def extend() -> tuple[Meeting, datetime]:
        return _extended(meeting_id, minutes, meetings, policy, now)

    (meeting, since), outlook = looking_meanwhile(extend, look, overlap)
    return Booked(meeting, outlook.warnings(meeting, since, policy))


def _extended(
    meeting_id: str, minutes: float, meetings: Meetings, policy: Policy, now: datetime
) -> tuple[Meeting, datetime]:
    """The meeting with its new deadline, and since when that is more than it had."""
    for _ in range(3):
        meeting = meetings.get(meeting_id)
        if meeting.is_over:
            raise MeetingOver.of(meeting)
        deadline = _later(meeting, minutes, policy, now)
        try:
            change = changes.deadline_moved(meeting, deadline, "a host asked", now)
            return meetings.update(meeting_id, change), max(meeting.deadline, now)
        except ConditionFailed as failed:
            if failed.current.is_over:
                raise MeetingOver.of(failed.current) from failed
    raise Temporary("the deadline is being changed by others too; try again", retry_after_seconds=1)


def _later(meeting: Meeting, minutes: float, policy: Policy, now: datetime) -> datetime:
    """So many minutes after the deadline, or after now where that has passed already."""
    if not math.isfinite(minutes) or minutes <= 0:
        raise InvalidField("minutes", "must be more than 0")
    start = max(meeting.deadline, now)
    left_minutes = (deadline_cap(meeting.meet_time, policy) - start) / timedelta(minutes=1)
    if minutes > left_minutes:
        most = math.floor(left_minutes)
        problem = (
            f"must be at most {most}: then the meeting lasts as long as one may"
            if most > 0
            else "cannot be added: the meeting lasts as long as one may"
        )
        raise InvalidField("minutes", problem)
    return start + timedelta(minutes=minutes)
