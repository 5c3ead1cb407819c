"""The terminator: end a meeting whose seats have all handed in their data."""

from datetime import datetime

from elephant.domain.endings import End, Keep, terminator_verdict
from elephant.domain.meeting import Meeting
from elephant.domain.timetable import Policy
from elephant.ports.alarms import Alarms
from elephant.ports.machines import Machines
from elephant.ports.meetings import Meetings
from elephant.ports.overlap import Overlap, in_turn
from elephant.usecases.end_meeting import end_meeting


def terminator(
    meeting: Meeting,
    *,
    meetings: Meetings,
    machines: Machines,
    alarms: Alarms,
    policy: Policy,
    now: datetime,
    overlap: Overlap = in_turn,
) -> End | Keep:
    """Carry out the terminator's verdict on a meeting as it was just written; returns the verdict."""
    verdict = terminator_verdict(meeting, now, policy)
    if isinstance(verdict, End):
        end_meeting(
            meeting.id,
            verdict.reason,
            verdict.why,
            meetings=meetings,
            machines=machines,
            alarms=alarms,
            now=now,
            overlap=overlap,
        )
    return verdict
