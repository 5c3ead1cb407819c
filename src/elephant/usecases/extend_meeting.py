"""A host gives a meeting more time."""

import math
from datetime import datetime, timedelta

from elephant.domain import changes
from elephant.domain.meeting import Meeting
from elephant.domain.timetable import Policy, deadline_cap
from elephant.ports.errors import ConditionFailed, InvalidField, MeetingOver, Temporary
from elephant.ports.meetings import Meetings


def extend_meeting(
    meeting_id: str,
    minutes: float,
    *,
    meetings: Meetings,
    policy: Policy,
    now: datetime,
) -> Meeting:
    """Move a meeting's deadline on by so many minutes, from now on where it has passed, and return the meeting.

    Raises InvalidField for minutes that are not positive or lead past the cap, MeetingNotFound, MeetingOver, and
    Temporary where others kept changing the deadline at the same time.
    """
    for _ in range(3):
        meeting = meetings.get(meeting_id)
        if meeting.is_over:
            raise MeetingOver.of(meeting)
        deadline = _later(meeting, minutes, policy, now)
        try:
            return meetings.update(
                meeting_id,
                changes.deadline_moved(meeting, deadline, "a host asked", now),
            )
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
        raise InvalidField(
            "minutes",
            f"must be at most {max(0, math.floor(left_minutes))}, the longest a meeting may last",
        )
    return start + timedelta(minutes=minutes)
