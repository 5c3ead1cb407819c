"""Hosts, the hours that a month gives them, and what each meeting takes of these; see docs/decisions/0024."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from elephant.domain.meeting import EndReason, Meeting
from elephant.domain.timetable import Policy, first_deadline

NAME_LENGTH = 254
"""As long as an e-mail address can be."""

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Somebody who books meetings. `minutes_per_month` is None where nothing limits them.

    `sees_all` lets them see and change everybody's meetings; others see and change their own.
    """

    name: str
    minutes_per_month: float | None = None
    sees_all: bool = False

    def sees(self, meeting: Meeting) -> bool:
        """True where the meeting is there for this host."""
        return self.sees_all or meeting.host == self.name


INSTALLATION = Host(name="", sees_all=True)
"""Whoever has the installation's own token: no limit, and every meeting, those of nobody in particular among them."""


def is_host_name(text: str) -> bool:
    """True for what can name a host: 1 to 254 printable characters, none of them a space at either end."""
    return 0 < len(text) <= NAME_LENGTH and text.isprintable() and text == text.strip()


def month_of(at: datetime) -> str:
    """The month that a moment belongs to, in UTC: `2026-11`. A meeting counts in the month that it begins in."""
    utc = at.astimezone(UTC)
    return f"{utc.year:04d}-{utc.month:02d}"


def counted_minutes(meeting: Meeting, policy: Policy) -> float:
    """How many minutes of its host's month a meeting takes, at least 0.

    Open: its length, and what it was given beyond that. Over: what it really took, from its start to its end, and never
    more than that; so 0 where it ended before its start. A meeting to which nobody came took its time too; one whose
    desktops could not be started is nobody's fault here and takes nothing. The grace is given, and counts for nothing.
    """
    usual = first_deadline(meeting.meet_time, meeting.duration_minutes, policy)
    given = timedelta(minutes=meeting.duration_minutes) + max(meeting.deadline - usual, timedelta(0))
    if meeting.ended_at is None:
        return given / _MINUTE
    if meeting.termination_reason is EndReason.LAUNCH_FAILED:
        return 0.0
    took = max(meeting.ended_at - meeting.meet_time, timedelta(0))
    return min(took, given) / _MINUTE


def used_minutes(meetings: Iterable[Meeting], policy: Policy) -> float:
    """What all these meetings take together."""
    return math.fsum(counted_minutes(meeting, policy) for meeting in meetings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a host has in one month, in minutes: in all, and used already."""

    month: str
    minutes: float
    used: float

    @property
    def left(self) -> float:
        """What is left; 0 where more was used than there was."""
        return max(0.0, self.minutes - self.used)

    def covers(self, minutes: float) -> bool:
        """True where that much is left, to the second: broken minutes do not add up exactly."""
        return minutes <= self.left + 1 / 60

    def __str__(self) -> str:
        return f"{minutes_text(self.left)} of {minutes_text(self.minutes)} are left in {self.month}"


def minutes_text(minutes: float) -> str:
    """`1 h 30 min`, `20 h`, `0 min`; a part of a minute does not count."""
    # what is a billionth short of a minute is that minute
    hours, rest = divmod(math.floor(minutes + 1e-6), 60)
    if hours and rest:
        return f"{hours} h {rest} min"
    return f"{hours} h" if hours else f"{rest} min"
