"""The safety net: end a meeting that nobody came to, or look again later; it also watches over the deadline."""

import logging
from datetime import datetime

from elephant.domain import changes
from elephant.domain.endings import (
    End,
    Extend,
    Keep,
    deadline_verdict,
    safety_net_verdict,
)
from elephant.domain.meeting import Meeting
from elephant.domain.timetable import Policy
from elephant.ports.alarms import AlarmKind, Alarms
from elephant.ports.errors import ConditionFailed, MeetingNotFound
from elephant.ports.machines import Machines
from elephant.ports.meetings import Meetings
from elephant.ports.overlap import Overlap, in_turn
from elephant.usecases.end_meeting import end_meeting
from elephant.usecases.judge_meeting import judge_meeting

logger = logging.getLogger(__name__)


def safety_net(
    meeting_id: str,
    *,
    meetings: Meetings,
    machines: Machines,
    alarms: Alarms,
    policy: Policy,
    now: datetime,
    overlap: Overlap = in_turn,
) -> End | Extend | Keep:
    """Carry out the deadline's and the net's verdicts on one meeting; returns the one that counted.

    While the meeting goes on the net is set again, never later than its deadline, so that its end needs no sweep.
    A meeting that is over is finished off (I7); a missing one is nobody's.
    """
    try:
        meeting = meetings.get(meeting_id)
    except MeetingNotFound:
        logger.info("no safety net: there is no meeting %s", meeting_id)
        return Keep("there is no such meeting")
    if meeting.is_over and meeting.termination_reason is not None:
        end_meeting(
            meeting_id,
            meeting.termination_reason,
            "finishing an earlier end",
            meetings=meetings,
            machines=machines,
            alarms=alarms,
            now=now,
            overlap=overlap,
        )
        return Keep("the meeting is over")
    meeting, verdict = judge_meeting(
        meeting,
        lambda seen: _verdict(seen, now, policy),
        meetings=meetings,
        machines=machines,
        alarms=alarms,
        now=now,
        overlap=overlap,
    )
    match verdict:
        case Extend(deadline=deadline, why=why):
            _move_deadline(meeting, deadline, why, meetings, now)
            _set_again(meeting, now + policy.rearm, deadline, meetings, alarms, now)
        case Keep(again_at=again_at) if again_at is not None:
            _set_again(meeting, again_at, meeting.deadline, meetings, alarms, now)
        case End() | Keep():
            pass
    return verdict


def _verdict(meeting: Meeting, now: datetime, policy: Policy) -> End | Extend | Keep:
    deadline = deadline_verdict(meeting, now, policy)
    return deadline if isinstance(deadline, End | Extend) else safety_net_verdict(meeting, now, policy)


def _move_deadline(meeting: Meeting, deadline: datetime, why: str, meetings: Meetings, now: datetime) -> None:
    try:
        meetings.update(meeting.id, changes.deadline_moved(meeting, deadline, why, now))
    except ConditionFailed:
        logger.info("somebody else moved the deadline of meeting %s", meeting.id)


def _set_again(
    meeting: Meeting,
    at: datetime,
    deadline: datetime,
    meetings: Meetings,
    alarms: Alarms,
    now: datetime,
) -> None:
    at = min(at, deadline)
    if at != meeting.safety_net_at:
        try:
            meetings.update(meeting.id, changes.safety_net_set(meeting, at))
        except ConditionFailed:
            logger.info("somebody else set the safety net of meeting %s", meeting.id)
            return
    alarms.set(AlarmKind.SAFETY_NET, meeting.id, at, now)
