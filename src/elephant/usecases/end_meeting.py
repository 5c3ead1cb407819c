"""The one way a meeting ends: first on paper, then its machines, then its alarms."""

import logging
from datetime import datetime

from elephant.domain import changes
from elephant.domain.meeting import EndReason, Meeting
from elephant.ports.alarms import Alarms
from elephant.ports.errors import ConditionFailed
from elephant.ports.machines import Machines
from elephant.ports.meetings import Meetings

logger = logging.getLogger(__name__)


def end_meeting(
    meeting_id: str,
    reason: EndReason,
    why: str,
    *,
    meetings: Meetings,
    machines: Machines,
    alarms: Alarms,
    now: datetime,
) -> Meeting:
    """End a meeting, or finish what an earlier end left undone; returns it as it then is.

    The mark comes first and is conditional, so that no launch or join can win afterwards and the first reason
    stays (I4). Machines are found in the meeting and by tag, so one that was never written down ends too (I1).
    Raises MeetingNotFound.
    """
    try:
        meeting = meetings.update(meeting_id, changes.meeting_over(reason, why, now))
        logger.info("meeting %s ended: %s, %s", meeting_id, reason, why)
    except ConditionFailed as failed:
        meeting = failed.current
    known = [seat.machine_id for seat in meeting.seats if seat.machine_id is not None]
    tagged = [machine.id for machine in machines.of_meeting(meeting_id)]
    machines.terminate(list(dict.fromkeys([*known, *tagged])), now)
    alarms.drop(meeting_id)
    return meeting
