"""The store of meetings."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from elephant.domain.change import Change
from elephant.domain.meeting import Meeting
from elephant.ports.errors import MeetingDamaged, MeetingsDamaged

Row = TypeVar("Row")


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
        """Every meeting that is not over, by meet_time; its cost does not depend on how many are over.

        Raises MeetingsDamaged, which has all the others, where a row among them is no meeting.
        """

    def page(
        self, *, is_open: bool | None, before: Place | None, limit: int, host: str | None = None
    ) -> Sequence[Meeting]:
        """At most `limit` meetings, the greatest place first, that come before `before`; open, over or both.

        Those of one host alone where it is named; then its cost does not depend on how many of others are over.
        Raises MeetingsDamaged, which has the others of the page, where a row among them is no meeting.
        """


def all_read(rows: Iterable[Row], read: Callable[[Row], Meeting]) -> list[Meeting]:
    """The meetings of all rows, for which `read` may raise MeetingDamaged; then raises MeetingsDamaged."""
    readable: list[Meeting] = []
    damaged: list[MeetingDamaged] = []
    for row in rows:
        try:
            readable.append(read(row))
        except MeetingDamaged as error:
            damaged.append(error)
    if damaged:
        raise MeetingsDamaged(damaged, readable)
    return readable


def as_far_as_readable(read: Callable[[], Sequence[Meeting]]) -> tuple[Sequence[Meeting], Sequence[MeetingDamaged]]:
    """The meetings, and what keeps some of them from being read: for whoever serves the others all the same."""
    try:
        return read(), ()
    except MeetingsDamaged as error:
        return error.readable, error.damaged
