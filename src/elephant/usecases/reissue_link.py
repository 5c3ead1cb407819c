"""A host makes a seat's invitation link anew; the old one stops working."""

from datetime import datetime

from elephant.domain import changes
from elephant.domain.meeting import Meeting
from elephant.ports.errors import ConditionFailed, MeetingOver, UnknownRole
from elephant.ports.meetings import Meetings


def reissue_link(meeting_id: str, role: str, *, meetings: Meetings, now: datetime) -> Meeting:
    """Count the seat's key on by one and return the meeting.

    Raises MeetingNotFound, UnknownRole and MeetingOver. Asked twice at once, both get the same new key.
    """
    meeting = meetings.get(meeting_id)
    seat = meeting.seat(role)
    if seat is None:
        raise UnknownRole(role, meeting.roles)
    try:
        return meetings.update(meeting_id, changes.key_reissued(seat, now))
    except ConditionFailed as failed:
        if failed.current.is_over:
            raise MeetingOver.of(failed.current) from failed
        return failed.current
