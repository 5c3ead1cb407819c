"""Alarms that call a use case at a time; the sweep makes good for any that is lost."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol


class AlarmKind(StrEnum):
    """What an alarm calls; also the first half of its name, as in `launch-{id}`."""

    LAUNCH = "launch"
    SAFETY_NET = "safety"


class Alarms(Protocol):
    """At most one alarm of a kind per meeting."""

    def set(self, kind: AlarmKind, meeting_id: str, at: datetime, now: datetime) -> None:
        """Call at `at`, or at once where that is past; replaces the alarm of this kind. May raise Temporary.

        Never early, as what is called would find nothing due. Called at once, one set earlier may ring as well.
        """

    def drop(self, meeting_id: str) -> None:
        """Forget every alarm of the meeting; having none is fine. May raise Temporary."""


class DueAlarm(NamedTuple):
    """An alarm whose time has come, and which time that was."""

    kind: AlarmKind
    meeting_id: str
    due_at: datetime


class AlarmClock(Alarms, Protocol):
    """Alarms that a loop of ours rings, where no service does: ask for `due`, call the use case, say `done`.

    An alarm rings at least once: whoever dies between ringing and `done` leaves it due, and it rings again, as it
    does where two processes ring from one store. So what is rung must bear being called twice. One that keeps
    failing stays due; whoever rings it decides how long to wait before the next try.
    """

    def due(self, now: datetime) -> Sequence[DueAlarm]:
        """The alarms whose time is `now` or earlier, earliest first; they stay. May raise Temporary."""

    def done(self, alarm: DueAlarm) -> None:
        """Forget an alarm that rang, unless it was dropped or set to another time meanwhile. May raise Temporary."""
