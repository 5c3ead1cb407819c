"""Meetings kept in this process: for tests and the simulator."""

import threading
from collections.abc import Sequence
from typing import Any

from elephant.domain.change import Change, applied
from elephant.domain.meeting import Meeting
from elephant.domain.meeting_item import Item, from_item, to_item
from elephant.ports.errors import ConditionFailed, MeetingDamaged, MeetingExists, MeetingNotFound
from elephant.ports.meetings import Place, all_read


class MemoryMeetings:
    """A dictionary of items behind a lock."""

    def __init__(self) -> None:
        self._items: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def create(self, meeting: Meeting) -> None:
        """See Meetings.create."""
        with self._lock:
            if meeting.id in self._items:
                raise MeetingExists(meeting.id)
            self._items[meeting.id] = to_item(meeting)

    def get(self, meeting_id: str) -> Meeting:
        """See Meetings.get."""
        with self._lock:
            return _meeting_of(meeting_id, self._item(meeting_id))

    def update(self, meeting_id: str, change: Change) -> Meeting:
        """See Meetings.update."""
        with self._lock:
            item = self._item(meeting_id)
            changed = applied(change, item)
            if changed is None:
                raise ConditionFailed(_meeting_of(meeting_id, item))
            self._items[meeting_id] = changed
            return from_item(changed)

    def open_meetings(self) -> Sequence[Meeting]:
        """See Meetings.open_meetings."""
        with self._lock:
            items = [(meeting_id, item) for meeting_id, item in self._items.items() if "ended_at" not in item]
        return sorted(all_read(items, lambda row: _meeting_of(*row)), key=Place.of)

    def page(self, *, is_open: bool | None, before: Place | None, limit: int) -> Sequence[Meeting]:
        """See Meetings.page."""
        found = [
            meeting
            for meeting in self._all()
            if (is_open is None or meeting.is_over != is_open) and (before is None or Place.of(meeting) < before)
        ]
        return sorted(found, key=Place.of, reverse=True)[:limit]

    def _all(self) -> list[Meeting]:
        with self._lock:
            return [_meeting_of(meeting_id, item) for meeting_id, item in self._items.items()]

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
