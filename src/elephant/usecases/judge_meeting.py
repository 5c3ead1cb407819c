"""Ask a rule about a meeting, and end it where the rule says so and nobody has shown up meanwhile (I6)."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from elephant.domain import changes
from elephant.domain.endings import End, Extend, Keep
from elephant.domain.meeting import Meeting
from elephant.ports.alarms import Alarms
from elephant.ports.errors import ConditionFailed, Temporary
from elephant.ports.machines import Machines
from elephant.ports.meetings import Meetings
from elephant.ports.overlap import Overlap, in_turn
from elephant.usecases.end_meeting import carry_out_end

logger = logging.getLogger(__name__)

Verdict = TypeVar("Verdict", bound=End | Extend | Keep)

_LOOKS = 3


def judge_meeting(
    meeting: Meeting,
    rule: Callable[[Meeting], Verdict],
    *,
    meetings: Meetings,
    machines: Machines,
    alarms: Alarms,
    now: datetime,
    overlap: Overlap = in_turn,
) -> tuple[Meeting, Verdict]:
    """Carry out the rule's verdict where it is an end; returns the verdict with the meeting that it was passed on.

    `meeting` may be old: where its seats have shown any sign of life since, the meeting as it is now is judged instead.
    Raises Temporary where that happens again and again, and MeetingNotFound.
    """
    for _ in range(_LOOKS):
        verdict = rule(meeting)
        if not isinstance(verdict, End):
            return meeting, verdict
        try:
            carry_out_end(
                meeting.id,
                changes.meeting_over(verdict.reason, verdict.why, now, judged=meeting),
                meetings=meetings,
                machines=machines,
                alarms=alarms,
                now=now,
                overlap=overlap,
            )
        except ConditionFailed as failed:
            logger.info("meeting %s changed while it was judged: looking again", meeting.id)
            meeting = failed.current
        else:
            return meeting, verdict
    raise Temporary(f"the meeting {meeting.id} keeps changing while it is judged", retry_after_seconds=1)
