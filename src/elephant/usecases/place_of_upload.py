"""A machine sends in a recording: may it, and where to."""

from elephant.domain.upload import UploadPlace
from elephant.ports.meetings import Meetings
from elephant.usecases.machine_of_seat import machine_of_seat


def place_of_upload(meeting_id: str, role: str, machine_id: str, name: str, *, meetings: Meetings) -> UploadPlace:
    """Where a seat's own machine may put the file that it calls so; the meeting may be over.

    Raises MeetingNotFound and what `machine_of_seat` raises.
    """
    seat = machine_of_seat(meetings.get(meeting_id), role, machine_id)
    return UploadPlace(meeting_id=meeting_id, role=seat.role, machine_id=machine_id, name=name)
