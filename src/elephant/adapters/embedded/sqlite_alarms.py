"""The alarms in the SQLite file: one row per alarm, gone when it has rung or its meeting has ended."""

from collections.abc import Sequence
from datetime import datetime

from elephant.adapters.embedded.sqlite import SqliteDatabase
from elephant.domain.meeting_item import time_of, time_text
from elephant.ports.alarms import AlarmKind, DueAlarm

_DUE = "SELECT kind, meeting_id, due_at FROM alarms WHERE due_at <= ? ORDER BY due_at, kind, meeting_id"


class SqliteAlarms:
    """See AlarmClock.

    An alarm is kept from `set` until `done` or `drop`, so it rings again after a crash in between, and an alarm
    that fell due while the server was down rings when it is back. `done` compares the time in the same statement
    that deletes: what a use case sets anew while its own alarm is ringing (the safety net does) is never lost.
    Set anew to the very same time it counts as the one that rang; the sweep makes good for that.
    """

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def set(self, kind: AlarmKind, meeting_id: str, at: datetime, now: datetime) -> None:
        """See Alarms.set."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO alarms (kind, meeting_id, due_at) VALUES (?, ?, ?) "
                "ON CONFLICT (kind, meeting_id) DO UPDATE SET due_at = excluded.due_at",
                (kind.value, meeting_id, time_text(max(at, now))),
            )

    def drop(self, meeting_id: str) -> None:
        """See Alarms.drop."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM alarms WHERE meeting_id = ?", (meeting_id,))

    def due(self, now: datetime) -> Sequence[DueAlarm]:
        """See AlarmClock.due."""
        rows = self._database.read(_DUE, (time_text(now),))
        return [DueAlarm(AlarmKind(kind), meeting_id, time_of(due_at)) for kind, meeting_id, due_at in rows]

    def done(self, alarm: DueAlarm) -> None:
        """See AlarmClock.done."""
        with self._database.write() as connection:
            connection.execute(
                "DELETE FROM alarms WHERE kind = ? AND meeting_id = ? AND due_at = ?",
                (alarm.kind.value, alarm.meeting_id, time_text(alarm.due_at)),
            )
