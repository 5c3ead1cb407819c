"""A host ends a meeting, before or while it runs."""

from datetime import datetime

from elephant.domain.meeting import EndReason, Meeting
from elephant.ports.alarms import Alarms
from elephant.ports.errors import MeetingOver
from elephant.ports.machines import Machines
from elephant.ports.meetings import Meetings
from elephant.ports.overlap import Overlap, in_turn
from elephant.usecases.end_meeting import end_meeting


def cancel_meeting(
    meeting_id: str,
    *,
    meetings: Meetings,
    machines: Machines,
    alarms: Alarms,
    now: datetime,
    overlap: Overlap = in_turn,
) -> Meeting:
    """End a meeting as CANCELLED and return it; raises MeetingNotFound, and MeetingOver for one that had ended."""
    before = meetings.get(meeting_id)
    if before.is_over:
        raise MeetingOver.of(before)
    return end_meeting(
        meeting_id,
        EndReason.CANCELLED,
        "a host asked",
        meetings=meetings,
        machines=machines,
        alarms=alarms,
        now=now,
        overlap=overlap,
    )
