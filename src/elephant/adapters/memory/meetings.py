"""Meetings kept in this process: for tests and the simulator."""

import threading
from collections.abc import Sequence
from typing import Any

from elephant.domain.change import Change, applied
from elephant.domain.meeting import Meeting
from elephant.domain.meeting_item import Item, from_item, to_item
from elephant.ports.errors import ConditionFailed, MeetingDamaged, MeetingExists, MeetingNotFound, MeetingsDamaged
from elephant.ports.meetings import Place, all_read, as_far_as_readable


class MemoryMeetings:
    """A dictionary of items behind a lock, which may be held to read and write in one go."""

    def __init__(self) -> None:
        self._items: dict[str, dict[str, Any]] = {}
        self.lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._items)

    def create(self, meeting: Meeting) -> None:
        """See Meetings.create."""
        with self.lock:
            if meeting.id in self._items:
                raise MeetingExists(meeting.id)
            self._items[meeting.id] = to_item(meeting)

    def get(self, meeting_id: str) -> Meeting:
        """See Meetings.get."""
        with self.lock:
            return _meeting_of(meeting_id, self._item(meeting_id))

    def update(self, meeting_id: str, change: Change) -> Meeting:
        """See Meetings.update."""
        with self.lock:
            item = self._item(meeting_id)
            changed = applied(change, item)
            if changed is None:
                raise ConditionFailed(_meeting_of(meeting_id, item))
            self._items[meeting_id] = changed
            return from_item(changed)

    def open_meetings(self) -> Sequence[Meeting]:
        """See Meetings.open_meetings."""
        with self.lock:
            items = [(meeting_id, item) for meeting_id, item in self._items.items() if "ended_at" not in item]
        return sorted(all_read(items, lambda row: _meeting_of(*row)), key=Place.of)

    def page(
        self, *, is_open: bool | None, before: Place | None, limit: int, host: str | None = None
    ) -> Sequence[Meeting]:
        """See Meetings.page."""
        with self.lock:
            items = [
                row
                for row in self._items.items()
                if is_open in {None, "ended_at" not in row[1]} and host in {None, row[1].get("host")}
            ]
        found, damaged = as_far_as_readable(lambda: all_read(items, lambda row: _meeting_of(*row)))
        fitting = [meeting for meeting in found if before is None or Place.of(meeting) < before]
        on_page = sorted(fitting, key=Place.of, reverse=True)[:limit]
        if damaged:
            raise MeetingsDamaged(damaged, on_page)
        return on_page

    def _item(self, meeting_id: str) -> dict[str, Any]:
        try:
            return self._items[meeting_id]
        except KeyError as error:
            raise MeetingNotFound(meeting_id) from error


def _meeting_of(meeting_id: str, item: Item) -> Meeting:
    try:
        return from_item(item)
    except (KeyError, TypeError, ValueError) as error:
        raise MeetingDamaged(meeting_id, f"{type(error).__name__} {error}") from error
