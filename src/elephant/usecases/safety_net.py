"""The safety net: end a meeting that nobody came to, or look again later; it also watches over the deadline."""

import logging
from datetime import datetime
from functools import partial

from elephant.domain import changes
from elephant.domain.change import Change, joined
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
from elephant.ports.overlap import Overlap, in_turn, outcome_of
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
    set_again = partial(_set_again, meeting, meetings=meetings, alarms=alarms, now=now, overlap=overlap)
    match verdict:
        case Extend(deadline=deadline, why=why):
            move = changes.deadline_moved(meeting, deadline, why, now)
            set_again(min(now + policy.rearm, deadline), move)
        case Keep(again_at=again_at) if again_at is not None:
            set_again(min(again_at, meeting.deadline))
        case End() | Keep():
            pass
    return verdict


def _verdict(meeting: Meeting, now: datetime, policy: Policy) -> End | Extend | Keep:
    deadline = deadline_verdict(meeting, now, policy)
    return deadline if isinstance(deadline, End | Extend) else safety_net_verdict(meeting, now, policy)


def _set_again(
    meeting: Meeting,
    at: datetime,
    *moves: Change,
    meetings: Meetings,
    alarms: Alarms,
    now: datetime,
    overlap: Overlap,
) -> None:
    """Set the alarm to `at` and write that and the moves down, at the same time.

    Where the meeting changed meanwhile, what it shows counts instead of what was judged.
    """
    wanted = [*moves] if at == meeting.safety_net_at else [*moves, changes.safety_net_set(meeting, at)]

    def write() -> None:
        if wanted:
            meetings.update(meeting.id, joined(wanted))

    def ring() -> None:
        alarms.set(AlarmKind.SAFETY_NET, meeting.id, at, now)

    written, rung = overlap([outcome_of(write), outcome_of(ring)])
    if isinstance(written, ConditionFailed):
        _follow(written.current, alarms, now)
    elif written is not None:
        raise written
    elif rung is not None:
        raise rung


def _follow(meeting: Meeting, alarms: Alarms, now: datetime) -> None:
    """Set the alarm to what somebody else has written; where that says nothing, what was set is judged anew then."""
    logger.info("meeting %s changed while its safety net was set", meeting.id)
    if meeting.is_over:
        alarms.drop(meeting.id)
    elif meeting.safety_net_at > now:
        alarms.set(AlarmKind.SAFETY_NET, meeting.id, meeting.safety_net_at, now)
