"""A machine sends in a recording: may it, and where to."""

from elephant.domain.timetable import Policy
from elephant.domain.upload import UploadPlace, most_bytes
from elephant.ports.meetings import Meetings
from elephant.usecases.machine_of_seat import machine_of_seat


def place_of_upload(
    meeting_id: str, role: str, machine_id: str, name: str, *, meetings: Meetings, policy: Policy
) -> UploadPlace:
    """Where a seat's own machine may put the file that it calls so, and how much in all; the meeting may be over.

    Raises MeetingNotFound and what `machine_of_seat` raises.
    """
    meeting = meetings.get(meeting_id)
    seat = machine_of_seat(meeting, role, machine_id)
    return UploadPlace(
        meeting_id=meeting_id,
        role=seat.role,
        machine_id=machine_id,
        name=name,
        most_bytes=most_bytes(meeting, policy),
    )
