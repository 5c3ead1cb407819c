"""The store of meetings."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from elephant.domain.change import Change
from elephant.domain.meeting import Meeting


class Place(NamedTuple):
    """Where a meeting stands among all of them; no two stand at the same.

    Without an id it is the place before every meeting that begins at that time.
    """

    meet_time: datetime
    meeting_id: str = ""

    @classmethod
    def of(cls, meeting: Meeting) -> "Place":
        """The meeting's own place; as the end of one page it is where the next one begins."""
        return cls(meeting.meet_time, meeting.id)


class Meetings(Protocol):
    """Keeps one item per meeting. Every method may raise Temporary; none turns an error into "nothing there"."""

    def create(self, meeting: Meeting) -> None:
        """Add a meeting; raises MeetingExists when its id is taken, and then changes nothing."""

    def get(self, meeting_id: str) -> Meeting:
        """Read a meeting, seeing every change that was acknowledged before; raises MeetingNotFound."""

    def update(self, meeting_id: str, change: Change) -> Meeting:
        """Carry out a change atomically and return the meeting after it.

        Raises ConditionFailed, with the meeting as it is, when a requirement does not hold, and MeetingNotFound;
        then nothing has changed.
        """

    def open_meetings(self) -> Sequence[Meeting]:
        """Every meeting that is not over, by meet_time; its cost does not depend on how many are over."""

    def page(self, *, is_open: bool | None, before: Place | None, limit: int) -> Sequence[Meeting]:
        """At most `limit` meetings, the greatest place first, that come before `before`; open, over or both."""
