"""The one way a meeting ends: first on paper, then its machines and its alarms."""

import logging
from datetime import datetime

from elephant.domain import changes
from elephant.domain.change import Change
from elephant.domain.meeting import EndReason, Meeting
from elephant.ports.alarms import Alarms
from elephant.ports.errors import ConditionFailed, ElephantError
from elephant.ports.machines import Machines
from elephant.ports.meetings import Meetings
from elephant.ports.overlap import Overlap, in_turn, outcome_of

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
    overlap: Overlap = in_turn,
) -> Meeting:
    """End a meeting, or finish what an earlier end left undone; returns it as it then is. See `carry_out_end`."""
    return carry_out_end(
        meeting_id,
        changes.meeting_over(reason, why, now),
        meetings=meetings,
        machines=machines,
        alarms=alarms,
        now=now,
        overlap=overlap,
    )


def carry_out_end(
    meeting_id: str,
    mark: Change,
    *,
    meetings: Meetings,
    machines: Machines,
    alarms: Alarms,
    now: datetime,
    overlap: Overlap,
) -> Meeting:
    """Mark the meeting over and clear away what it had, also where it was over already; returns it as it then is.

    The mark comes first and is conditional, so that no launch or join can win afterwards and the first reason
    stays (I4). Machines are found in the meeting and by tag, so one that was never written down ends too (I1). After
    the mark everything is tried, whatever else fails, and then the first error raised: ending again finishes it (I7).
    Raises MeetingNotFound, and ConditionFailed where the mark asks for more than an open meeting and does not get it.
    """
    try:
        meeting = meetings.update(meeting_id, mark)
        logger.info("meeting %s ended: %s, %s", meeting_id, meeting.termination_reason, meeting.history[-1].why)
    except ConditionFailed as failed:
        if not failed.current.is_over:
            raise
        meeting = failed.current
    _clear_away(meeting, machines, alarms, now, overlap)
    return meeting


def _clear_away(meeting: Meeting, machines: Machines, alarms: Alarms, now: datetime, overlap: Overlap) -> None:
    known = [seat.machine_id for seat in meeting.seats if seat.machine_id is not None]
    unknown: list[str] = []

    def end_the_known() -> None:
        if known:
            machines.terminate(known, now)

    def find_the_others() -> None:
        unknown.extend(
            machine.id
            for machine in machines.of_meeting(meeting.id)
            if machine.id not in known and (machine.state.is_live or machine.state.is_left_over)
        )

    def drop_alarms() -> None:
        alarms.drop(meeting.id)

    outcomes = overlap([outcome_of(step) for step in (end_the_known, find_the_others, drop_alarms)])
    if unknown:
        machines.terminate(unknown, now)
    for outcome in outcomes:
        if isinstance(outcome, ElephantError):
            raise outcome
