"""A ledger of hosts over the meetings kept in this process."""

from collections.abc import Sequence

from elephant.adapters.memory.meetings import MemoryMeetings
from elephant.domain.change import Change
from elephant.domain.hours import month_of
from elephant.domain.meeting import Meeting
from elephant.ports.ledger import Judge


class MemoryLedger:
    """See HostLedger; judges under the lock of the meetings."""

    def __init__(self, meetings: MemoryMeetings) -> None:
        self._meetings = meetings

    def counted(self, host: str, month: str) -> Sequence[Meeting]:
        """See HostLedger.counted."""
        found = self._meetings.page(is_open=None, before=None, limit=len(self._meetings))
        return [meeting for meeting in found if meeting.host == host and month_of(meeting.meet_time) == month]

    def create(self, meeting: Meeting, judge: Judge) -> None:
        """See HostLedger.create."""
        with self._meetings.lock:
            judge(self._others(meeting))
            self._meetings.create(meeting)

    def update(self, after: Meeting, change: Change, judge: Judge) -> Meeting:
        """See HostLedger.update."""
        with self._meetings.lock:
            judge(self._others(after))
            return self._meetings.update(after.id, change)

    def _others(self, meeting: Meeting) -> list[Meeting]:
        return [each for each in self.counted(meeting.host, month_of(meeting.meet_time)) if each.id != meeting.id]
