"""Look whether there will be room for a meeting's desktops, and say so while somebody can still do something."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from elephant.domain.capacity import Limit, Outlook, Window, window_of
from elephant.domain.timetable import Policy
from elephant.ports.errors import ElephantError
from elephant.ports.limits import Limits
from elephant.ports.meetings import Meetings, as_far_as_readable
from elephant.ports.overlap import Overlap, in_turn

logger = logging.getLogger(__name__)

Look = Callable[[], Outlook]
"""What is booked and what there is now. Needs nothing of the meeting in question, so it may be beside writing that."""

Written = TypeVar("Written")

_NOT_READ = "capacity could not be checked: the other meetings could not be read just now"


def nothing_to_look_at() -> Outlook:
    """For whoever has no limits."""
    return Outlook()


def look_at_capacity(
    *, meetings: Meetings, limits: Limits, policy: Policy, now: datetime, overlap: Overlap = in_turn
) -> Outlook:
    """What all open meetings want, and what there is for them; what could not be read is among its problems.

    Never raises an error of ours: nobody's booking fails for this.
    """
    known: list[Limit] = []
    windows: dict[str, Window] = {}
    problems: list[str] = []

    def read_limits() -> None:
        known.extend(limits.read(now))

    def read_meetings() -> None:
        try:
            found, damaged = as_far_as_readable(meetings.open_meetings)
        except ElephantError:
            logger.warning("the capacity could not be checked", exc_info=True)
            problems.append(_NOT_READ)
            return
        windows.update((each.id, window_of(each, policy)) for each in found)
        if damaged:
            logger.warning("capacity: %d meetings are damaged, and not counted", len(damaged))
            problems.append(f"capacity was checked without {len(damaged)} stored meeting(s) that cannot be read")

    overlap([read_limits, read_meetings])
    # compared with no other meeting, a limit would look kept
    return Outlook(windows=windows, limits=() if problems == [_NOT_READ] else known, problems=problems)


def looking_meanwhile(write: Callable[[], Written], look: Look, overlap: Overlap) -> tuple[Written, Outlook]:
    """What writing answers, and what was seen at the same time; raises what writing raises."""
    written: list[Written] = []
    seen: list[Outlook] = []
    overlap([lambda: written.append(write()), lambda: seen.append(look())])
    return written[0], seen[0]
