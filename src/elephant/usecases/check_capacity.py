"""Look whether there will be room for a meeting's desktops, and say so while somebody can still do something."""

import logging
from datetime import datetime

from elephant.domain.capacity import Limit, Window, capacity_warnings, window_of
from elephant.domain.meeting import Meeting
from elephant.domain.timetable import Policy
from elephant.ports.errors import ElephantError
from elephant.ports.limits import Limits
from elephant.ports.meetings import Meetings, as_far_as_readable
from elephant.ports.overlap import Overlap, in_turn

logger = logging.getLogger(__name__)

_NOT_READ = "capacity could not be checked: the other meetings could not be read just now"


def check_capacity(
    meeting: Meeting, *, meetings: Meetings, limits: Limits, policy: Policy, now: datetime, overlap: Overlap = in_turn
) -> tuple[str, ...]:
    """A sentence for each limit that would be passed while the meeting lasts, or that could not be looked at.

    `meeting` may be stored already, or be on its way. Never raises an error of ours: nobody's booking fails for this.
    """
    known: list[Limit] = []
    windows: list[Window] = []
    problems: list[str] = []

    def read_limits() -> None:
        known.extend(limits.read(now))

    def read_meetings() -> None:
        try:
            found, damaged = as_far_as_readable(meetings.open_meetings)
        except ElephantError:
            logger.warning("the capacity for meeting %s could not be checked", meeting.id, exc_info=True)
            problems.append(_NOT_READ)
            return
        windows.extend(window_of(each, policy) for each in found if each.id != meeting.id)
        if damaged:
            logger.warning("capacity: %d meetings are damaged, and not counted", len(damaged))
            problems.append(f"capacity was checked without {len(damaged)} stored meeting(s) that cannot be read")

    overlap([read_limits, read_meetings])
    if problems == [_NOT_READ]:
        return (_NOT_READ,)
    return (*capacity_warnings(window_of(meeting, policy), windows, known), *problems)
