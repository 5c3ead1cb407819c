"""A ledger of hosts in the SQLite file: the meetings themselves, searched by host and month in one transaction."""

from collections.abc import Sequence

from elephant.adapters.embedded.sqlite import SqliteDatabase
from elephant.adapters.embedded.sqlite_meetings import carry_out, insert, meeting_of
from elephant.domain.change import Change
from elephant.domain.hours import month_of
from elephant.domain.meeting import Meeting
from elephant.ports.ledger import Judge
from elephant.ports.meetings import all_read

# A time's text begins with its month, in UTC; "~" sorts after all that can follow.
_OF_MONTH = "SELECT id, item FROM meetings WHERE host = ? AND meet_time >= ? AND meet_time < ? || '~'"


class SqliteLedger:
    """See HostLedger. Nobody else writes between the judge and the write, so the hours are exact."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def counted(self, host: str, month: str) -> Sequence[Meeting]:
        """See HostLedger.counted."""
        return all_read(self._database.read(_OF_MONTH, (host, month, month)), lambda row: meeting_of(*row))

    def create(self, meeting: Meeting, judge: Judge) -> None:
        """See HostLedger.create."""
        with self._database.write() as connection:
            judge(self._others(meeting))
            insert(connection, meeting)

    def update(self, after: Meeting, change: Change, judge: Judge) -> Meeting:
        """See HostLedger.update."""
        with self._database.write() as connection:
            judge(self._others(after))
            return carry_out(connection, after.id, change)

    def _others(self, meeting: Meeting) -> list[Meeting]:
        """Read on this thread's connection, which is the transaction's."""
        found = self.counted(meeting.host, month_of(meeting.meet_time))
        return [each for each in found if each.id != meeting.id]
