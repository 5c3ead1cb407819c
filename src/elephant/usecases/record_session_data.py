"""A machine hands in the recording of its seat."""

from datetime import datetime

from elephant.domain import changes
from elephant.domain.meeting import Meeting
from elephant.ports.errors import UnknownRole
from elephant.ports.meetings import Meetings
from elephant.usecases.machine_of_seat import machine_of_seat


def record_session_data(
    meeting_id: str, role: str, url: str, *, meetings: Meetings, now: datetime, only_from: str | None = None
) -> Meeting:
    """Write where a seat's recording is, and return the meeting; accepted after its end too, and safe to repeat.

    `only_from` is the machine that says so, where its pass does not name it and the seat has to. Raises
    MeetingNotFound, UnknownRole and what `machine_of_seat` raises.
    """
    meeting = meetings.get(meeting_id)
    seat = meeting.seat(role)
    if seat is None:
        raise UnknownRole(role, meeting.roles)
    if only_from is not None:
        machine_of_seat(meeting, role, only_from)
    if seat.session_data == url:
        return meeting
    return meetings.update(meeting_id, changes.session_data_recorded(seat.role, url, now))
