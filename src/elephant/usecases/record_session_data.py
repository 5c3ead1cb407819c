"""A machine hands in the recording of its seat."""

from datetime import datetime

from elephant.domain import changes
from elephant.domain.meeting import Meeting
from elephant.ports.errors import UnknownRole
from elephant.ports.meetings import Meetings


def record_session_data(meeting_id: str, role: str, url: str, *, meetings: Meetings, now: datetime) -> Meeting:
    """Write where a seat's recording is, and return the meeting; accepted after its end too, and safe to repeat.

    Raises MeetingNotFound and UnknownRole.
    """
    meeting = meetings.get(meeting_id)
    seat = meeting.seat(role)
    if seat is None:
        raise UnknownRole(role, meeting.roles)
    if seat.session_data == url:
        return meeting
    return meetings.update(meeting_id, changes.session_data_recorded(seat.role, url, now))
