"""Alarms that ring when asked to: for tests and the simulator."""

import threading
from collections.abc import Sequence
from datetime import datetime

from elephant.ports.alarms import AlarmKind, DueAlarm


class MemoryAlarms:
    """See AlarmClock: a dictionary of times behind a lock; `take_due` hands out what would have rung."""

    def __init__(self) -> None:
        self._times: dict[tuple[AlarmKind, str], datetime] = {}
        self._lock = threading.Lock()

    def set(self, kind: AlarmKind, meeting_id: str, at: datetime, now: datetime) -> None:
        """See Alarms.set."""
        with self._lock:
            self._times[kind, meeting_id] = max(at, now)

    def drop(self, meeting_id: str) -> None:
        """See Alarms.drop."""
        with self._lock:
            for kind in AlarmKind:
                self._times.pop((kind, meeting_id), None)

    def due(self, now: datetime) -> Sequence[DueAlarm]:
        """See AlarmClock.due."""
        with self._lock:
            found = [DueAlarm(kind, meeting_id, at) for (kind, meeting_id), at in self._times.items() if at <= now]
        return sorted(found, key=lambda alarm: (alarm.due_at, alarm.kind, alarm.meeting_id))

    def done(self, alarm: DueAlarm) -> None:
        """See AlarmClock.done."""
        with self._lock:
            if self._times.get((alarm.kind, alarm.meeting_id)) == alarm.due_at:
                del self._times[alarm.kind, alarm.meeting_id]

    def take_due(self, now: datetime) -> list[tuple[AlarmKind, str]]:
        """The alarms that are due, each only once."""
        due = self.due(now)
        for alarm in due:
            self.done(alarm)
        return sorted((alarm.kind, alarm.meeting_id) for alarm in due)
