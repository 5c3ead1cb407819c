"""The terminator: end a meeting whose seats have all handed in their data."""

from datetime import datetime

from elephant.domain.endings import End, Keep, terminator_verdict
from elephant.domain.meeting import Meeting
from elephant.domain.timetable import Policy
from elephant.ports.alarms import Alarms
from elephant.ports.machines import Machines
from elephant.ports.meetings import Meetings
from elephant.ports.overlap import Overlap, in_turn
from elephant.usecases.judge_meeting import judge_meeting


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
    """Carry out the terminator's verdict on a meeting as it was just written; returns the verdict.

    An old picture of the meeting does no harm: an end is marked only where nothing has changed that it stands on.
    """
    _, verdict = judge_meeting(
        meeting,
        lambda seen: terminator_verdict(seen, now, policy),
        meetings=meetings,
        machines=machines,
        alarms=alarms,
        now=now,
        overlap=overlap,
    )
    return verdict
