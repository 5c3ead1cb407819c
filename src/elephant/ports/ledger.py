"""Which meetings count for a host with a limit, month by month; and writing one only while the hours last."""

from collections.abc import Callable, Sequence
from typing import Protocol

from elephant.domain.change import Change
from elephant.domain.meeting import Meeting

Judge = Callable[[Sequence[Meeting]], None]
"""Gets the host's other meetings of a month, as they are now, and raises whatever should keep the write from happening.

Called more than once where others write at the same time, and maybe under a lock, so it calls nothing outside.
"""


class HostLedger(Protocol):
    """Counts nothing itself: it finds a host's meetings, so what they take is always what they say.

    Of two that are written at the same time for the same host and month, one is judged with the other in sight. Every
    method may raise Temporary, and MeetingsDamaged where one of the meetings cannot be read.
    """

    def counted(self, host: str, month: str) -> Sequence[Meeting]:
        """Every meeting of the host in that month (`month_of`), also those from before they had a limit.

        Of what was written here it sees all that was acknowledged; what was written to the meetings themselves may be a
        second late.
        """

    def create(self, meeting: Meeting, judge: Judge) -> None:
        """As Meetings.create, where the judge lets it pass."""

    def update(self, after: Meeting, change: Change, judge: Judge) -> Meeting:
        """As Meetings.update, where the judge lets it pass; `after` is the meeting that the change leads to.

        The others are those of the month that it is in then.
        """
