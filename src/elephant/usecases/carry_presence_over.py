"""After a break in service: whoever was there when it began counts as there when it ends, and nobody is a no-show."""

import logging
from datetime import datetime

from elephant.domain import changes
from elephant.domain.meeting import Meeting
from elephant.domain.timetable import Policy, is_kept_waiting, is_present
from elephant.ports.errors import ConditionFailed
from elephant.ports.meetings import Meetings, as_far_as_readable

logger = logging.getLogger(__name__)


def carry_presence_over(*, meetings: Meetings, last_alive_at: datetime, policy: Policy, now: datetime) -> int:
    """Count everybody who was present or waiting at `last_alive_at` as so now; returns how many seats that were.

    While nothing listens nobody can report; without this, the rules would take our own absence for theirs (I6).
    Nor could anybody come in: a net that fell meanwhile, or is about to, falls when they have had the time.
    """
    carried = 0
    open_meetings, damaged = as_far_as_readable(meetings.open_meetings)
    for error in damaged:
        logger.error("nobody of it counts as there: %s", error)
    for meeting in open_meetings:
        if last_alive_at < meeting.safety_net_at < now + policy.presence:
            _put_off_net(meeting, now + policy.presence, meetings)
        for seat in meeting.seats:
            try:
                if is_present(seat, last_alive_at, policy) and seat.machine_id is not None:
                    meetings.update(meeting.id, changes.seat_seen(seat.role, seat.machine_id, now))
                    carried += 1
                elif is_kept_waiting(seat, last_alive_at, policy):
                    meetings.update(meeting.id, changes.seat_waited_for(seat.role, now))
                    carried += 1
            except ConditionFailed:
                logger.info(
                    "the seat of %s in meeting %s changed meanwhile",
                    seat.role,
                    meeting.id,
                )
    return carried


def _put_off_net(meeting: Meeting, at: datetime, meetings: Meetings) -> None:
    """Set the net again; its alarm, which rings as it was set, finds out and is set again too."""
    try:
        meetings.update(meeting.id, changes.safety_net_set(meeting, min(at, meeting.deadline)))
    except ConditionFailed:
        logger.info("meeting %s changed meanwhile", meeting.id)
