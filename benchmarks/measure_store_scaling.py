"""Does the SQLite store get slower as meetings end? The same questions beside 1 thousand and 1 million closed ones.

`python benchmarks/measure_store_scaling.py [--closed 1000000]`; the million takes about 1.5 GB of temporary disk.
"""

import argparse
import itertools
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from elephant.adapters.embedded.sqlite import SqliteDatabase
from elephant.adapters.embedded.sqlite_alarms import SqliteAlarms
from elephant.adapters.embedded.sqlite_meetings import SqliteMeetings
from elephant.domain.changes import seat_waited_for
from elephant.domain.meeting import DEFAULT_ROLES, EndReason, HistoryEntry, Meeting, Seat
from elephant.domain.meeting_item import to_item
from elephant.ports.alarms import AlarmKind
from elephant.ports.meetings import Place

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)
OPEN_MEETINGS = 20
ROUNDS = 300


def a_meeting(meeting_id: str, meet_time: datetime) -> Meeting:
    """A meeting with as long a history as an ordinary one has at its end."""
    return Meeting(
        id=meeting_id,
        seats=tuple(Seat(role=role, name="Ada Lovelace") for role in DEFAULT_ROLES),
        meet_time=meet_time,
        duration_minutes=60.0,
        created_at=meet_time,
        deadline=meet_time + timedelta(minutes=75),
        safety_net_at=meet_time + timedelta(minutes=15),
        history=tuple(HistoryEntry(at=meet_time, what="machine launched", why="it is time") for _ in range(10)),
    )


def add_closed(path: Path, count: int) -> None:
    """Fill a store without waiting for the disk after each meeting."""
    ended = replace(a_meeting("", NOW), ended_at=NOW, termination_reason=EndReason.SUCCESS)
    item = to_item(ended)

    def rows() -> Iterator[tuple[str, str]]:
        for number in range(count):
            meet_time = (NOW - timedelta(minutes=number)).isoformat(timespec="microseconds").replace("+00:00", "Z")
            meeting_id = f"closed{number:010}"
            yield meeting_id, json.dumps({**item, "id": meeting_id, "meet_time": meet_time})

    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous = OFF")
    with connection:
        connection.executemany("INSERT INTO meetings (id, item) VALUES (?, ?)", rows())
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def filled(folder: Path, closed: int) -> SqliteDatabase:
    """A store with that many closed meetings, a few open ones and their alarms."""
    database = SqliteDatabase(folder)
    add_closed(database.path, closed)
    meetings, alarms = SqliteMeetings(database), SqliteAlarms(database)
    for number in range(OPEN_MEETINGS):
        meetings.create(a_meeting(f"open{number}", NOW + timedelta(minutes=number)))
        alarms.set(AlarmKind.LAUNCH, f"open{number}", NOW + timedelta(minutes=number), NOW)
    return database


def questions(database: SqliteDatabase, closed: int) -> dict[str, Callable[[], object]]:
    """What the server asks of its store, by name; writes are among it, because an index has its price there."""
    meetings, alarms = SqliteMeetings(database), SqliteAlarms(database)
    middle = Place(NOW - timedelta(minutes=closed // 2))
    assert len(meetings.open_meetings()) == OPEN_MEETINGS
    assert len(meetings.page(is_open=False, before=middle, limit=50)) == 50
    fresh, other = itertools.count(), itertools.count()
    return {
        "get(), the same again": lambda: meetings.get("open7"),
        "get(), another each time": lambda: meetings.get(f"closed{next(other) * 7919 % closed:010}"),
        "open_meetings()": meetings.open_meetings,
        "page(both, first 50)": lambda: meetings.page(is_open=None, before=None, limit=50),
        "page(open, 50)": lambda: meetings.page(is_open=True, before=None, limit=50),
        "page(over, 50 from the middle)": lambda: meetings.page(is_open=False, before=middle, limit=50),
        "alarms.due()": lambda: alarms.due(NOW + timedelta(minutes=5)),
        "update()": lambda: meetings.update("open7", seat_waited_for(DEFAULT_ROLES[0], NOW)),
        "create()": lambda: meetings.create(a_meeting(f"fresh{next(fresh)}", NOW)),
    }


def medians_microseconds(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """The median of each; they take turns, so that whatever else the computer does slows both alike."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for work, durations in zip((one, other), taken, strict=True):
            began = time.perf_counter_ns()
            work()
            durations.append((time.perf_counter_ns() - began) / 1000)
    return statistics.median(taken[0]), statistics.median(taken[1])


def main() -> None:
    """Print both sets of figures and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--closed", type=int, default=1_000_000, help="how many closed meetings the large store has")
    closed = parser.parse_args().closed
    with tempfile.TemporaryDirectory() as small, tempfile.TemporaryDirectory() as large:
        few, many = filled(Path(small), 1000), filled(Path(large), closed)
        beside_few, beside_many = questions(few, 1000), questions(many, closed)
        print(f"Median microseconds with {OPEN_MEETINGS} open meetings beside 1000 and {closed} closed ones")
        for name in beside_few:
            fast, slow = medians_microseconds(beside_few[name], beside_many[name])
            print(f"{name:32} {fast:9.1f} {slow:9.1f}   ratio {slow / fast:5.2f}")
        few.close()
        many.close()


if __name__ == "__main__":
    main()
