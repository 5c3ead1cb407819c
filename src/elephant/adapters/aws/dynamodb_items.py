"""The table's items: a meeting's own attributes, and those by which the two indexes find it."""

import zlib
from datetime import datetime
from typing import Any

from elephant.adapters.aws.table import BY_MEET_TIME, ENDED_SHARD, KEY, LEDGER_PREFIX, OPEN_SHARD, SHARDS
from elephant.domain.change import HISTORY_LENGTH
from elephant.domain.foreign_item import is_from_before, read_item
from elephant.domain.meeting import Meeting
from elephant.domain.meeting_item import Item, time_text, to_item
from elephant.domain.timetable import Policy
from elephant.ports.errors import MeetingDamaged

_KEY_BYTES = 2048


def is_key(meeting_id: str) -> bool:
    """True for what can be a meeting's key: 1 to 2048 bytes of UTF-8, and not that of a host's month."""
    fits = 0 < len(meeting_id.encode(errors="surrogatepass")) <= _KEY_BYTES
    return fits and not meeting_id.startswith(LEDGER_PREFIX)


def shard_of(meeting_id: str) -> int:
    """Which partition of an index a meeting is in; the same for ever."""
    return zlib.crc32(meeting_id.encode()) % SHARDS


def by_meet_time(meeting_id: str, meet_time: datetime) -> str:
    """The indexes' sort key: no two meetings have the same, so a page ends at an exact place."""
    return f"{time_text(meet_time)}#{meeting_id}"


def shard_attributes(meeting_id: str, *, is_over: bool) -> dict[str, int | None]:
    """In exactly one index; the other one's attribute is None, which means to remove it."""
    shard = shard_of(meeting_id)
    return {OPEN_SHARD: None if is_over else shard, ENDED_SHARD: shard if is_over else None}


def stored_item(meeting: Meeting) -> dict[str, Any]:
    """Everything that the table keeps of a meeting."""
    shards = shard_attributes(meeting.id, is_over=meeting.is_over)
    return {
        **to_item(meeting),
        **{name: shard for name, shard in shards.items() if shard is not None},
        BY_MEET_TIME: by_meet_time(meeting.id, meeting.meet_time),
    }


def is_taken_over(item: Item) -> bool:
    """False for a row from before that no index knows; reading it with `DynamoMeetings.get` takes it over."""
    in_index = item.get(BY_MEET_TIME) is not None and (OPEN_SHARD in item or ENDED_SHARD in item)
    return in_index and not is_from_before(item)


def meeting_of(item: Item, policy: Policy) -> Meeting:
    """The meeting of a row, whoever wrote it; of the history the newest HISTORY_LENGTH lines, as everywhere.

    Raises MeetingDamaged for a row that nobody could have written.
    """
    try:
        history = item.get("history") or ()
        return read_item({**item, "history": history[-HISTORY_LENGTH:]}, policy)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        problem = f"{type(error).__name__} {error}; mend or delete its row"
        raise MeetingDamaged(str(item.get(KEY)), problem) from error
