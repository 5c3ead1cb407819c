"""Alarms together with a look at what will ring and when, for tests that do not care who rings it."""

from datetime import datetime
from typing import Protocol

from elephant.ports.alarms import AlarmClock, Alarms, DueAlarm


class WatchedAlarms(Protocol):
    """Alarms, and everything that will have rung in the end."""

    @property
    def alarms(self) -> Alarms: ...

    def rings(self) -> list[DueAlarm]:
        """Every alarm that has rung or will ring, with its time; earliest first."""


class WatchedClock:
    """See WatchedAlarms: alarms that a loop of ours rings."""

    def __init__(self, alarms: AlarmClock, *, long_after: datetime) -> None:
        self.alarms = alarms
        self._long_after = long_after

    def rings(self) -> list[DueAlarm]:
        return list(self.alarms.due(self._long_after))
