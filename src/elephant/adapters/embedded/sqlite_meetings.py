"""The meetings in the SQLite file: one row per meeting, its item as JSON."""

import functools
import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from elephant.adapters.embedded.sqlite import SqliteDatabase
from elephant.domain.change import Change, applied
from elephant.domain.meeting import Meeting
from elephant.domain.meeting_item import from_item, time_text, to_item
from elephant.ports.errors import (
    ConditionFailed,
    MeetingDamaged,
    MeetingExists,
    MeetingNotFound,
)
from elephant.ports.meetings import Place, all_read

_ONE = "SELECT item FROM meetings WHERE id = ?"
_OPEN = "SELECT id, item FROM meetings WHERE ended_at IS NULL ORDER BY meet_time, id"
_PAGES: Mapping[bool | None, str] = {
    None: """
        SELECT id, item FROM meetings INDEXED BY meetings_all
        WHERE (meet_time, id) < (?, ?) ORDER BY meet_time DESC, id DESC LIMIT ?
    """,
    True: """
        SELECT id, item FROM meetings INDEXED BY meetings_open
        WHERE ended_at IS NULL AND (meet_time, id) < (?, ?) ORDER BY meet_time DESC, id DESC LIMIT ?
    """,
    False: """
        SELECT id, item FROM meetings INDEXED BY meetings_over
        WHERE ended_at IS NOT NULL AND (meet_time, id) < (?, ?) ORDER BY meet_time DESC, id DESC LIMIT ?
    """,
}
_OF_HOST = """
    SELECT id, item FROM meetings INDEXED BY meetings_of_host
    WHERE host = ? {state} AND (meet_time, id) < (?, ?) ORDER BY meet_time DESC, id DESC LIMIT ?
"""
_PAGES_OF_HOST: Mapping[bool | None, str] = {
    None: _OF_HOST.format(state=""),
    True: _OF_HOST.format(state="AND ended_at IS NULL"),
    False: _OF_HOST.format(state="AND ended_at IS NOT NULL"),
}
_AFTER_EVERY_TIME = "~"
"""Sorts after the text of every time."""


class SqliteMeetings:
    """See Meetings. The domain decides on a change between the read and the write of one transaction."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def create(self, meeting: Meeting) -> None:
        """See Meetings.create."""
        with self._database.write() as connection:
            insert(connection, meeting)

    def get(self, meeting_id: str) -> Meeting:
        """See Meetings.get."""
        return _parsed_once(meeting_id, _only(meeting_id, self._database.read(_ONE, (meeting_id,))))

    def update(self, meeting_id: str, change: Change) -> Meeting:
        """See Meetings.update."""
        with self._database.write() as connection:
            return carry_out(connection, meeting_id, change)

    def open_meetings(self) -> Sequence[Meeting]:
        """See Meetings.open_meetings."""
        return all_read(self._database.read(_OPEN), lambda row: meeting_of(*row))

    def page(
        self, *, is_open: bool | None, before: Place | None, limit: int, host: str | None = None
    ) -> Sequence[Meeting]:
        """See Meetings.page."""
        until = (_AFTER_EVERY_TIME, "") if before is None else (time_text(before.meet_time), before.meeting_id)
        if host is None:
            rows = self._database.read(_PAGES[is_open], (*until, limit))
        else:
            rows = self._database.read(_PAGES_OF_HOST[is_open], (host, *until, limit))
        return all_read(rows, lambda row: meeting_of(*row))


def insert(connection: sqlite3.Connection, meeting: Meeting) -> None:
    """Add a meeting within a transaction; raises MeetingExists."""
    added = connection.execute(
        "INSERT INTO meetings (id, item) VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
        (meeting.id, _text_of(to_item(meeting))),
    )
    if added.rowcount == 0:
        raise MeetingExists(meeting.id)


def carry_out(connection: sqlite3.Connection, meeting_id: str, change: Change) -> Meeting:
    """Change a meeting within a transaction; raises as Meetings.update does."""
    text = _only(meeting_id, connection.execute(_ONE, (meeting_id,)).fetchall())
    changed = applied(change, json.loads(text))
    if changed is None:
        raise ConditionFailed(meeting_of(meeting_id, text))
    connection.execute("UPDATE meetings SET item = ? WHERE id = ?", (_text_of(changed), meeting_id))
    return from_item(changed)


def _only(meeting_id: str, rows: Sequence[tuple[str]]) -> str:
    if not rows:
        raise MeetingNotFound(meeting_id)
    return rows[0][0]


def _text_of(item: Mapping[str, Any]) -> str:
    return json.dumps(item, allow_nan=False, separators=(",", ":"))


def meeting_of(meeting_id: str, text: str) -> Meeting:
    """The meeting of a row; raises MeetingDamaged."""
    try:
        return from_item(json.loads(text))
    except (KeyError, TypeError, ValueError) as error:
        raise MeetingDamaged(meeting_id, f"{type(error).__name__} {error}") from error


# Everybody who waits in a lobby asks for the same meeting again and again, and parsing costs ten times as much as
# reading. The text itself is the key and is read each time, so what comes out is never old.
_parsed_once = functools.lru_cache(maxsize=128)(meeting_of)
