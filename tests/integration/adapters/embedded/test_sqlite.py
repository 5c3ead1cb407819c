"""The file itself: its modes, its settings, its schema, its connections and its transactions."""

import gc
import json
import os
import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from elephant.adapters.embedded.sqlite import _FIRST_SCHEMA, FILE_NAME, SCHEMA_VERSION, SqliteDatabase
from elephant.adapters.embedded.sqlite_ledger import SqliteLedger
from elephant.adapters.embedded.sqlite_meetings import SqliteMeetings
from elephant.domain.meeting_item import to_item
from elephant.ports.errors import Permanent
from tests.contract.examples import a_change, a_meeting

pytestmark = pytest.mark.integration


@pytest.fixture
def database(tmp_path: Path) -> SqliteDatabase:
    return SqliteDatabase(tmp_path)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777], ids=oct)
def test_nobody_else_may_read_it(tmp_path: Path, umask: int) -> None:
    folder = tmp_path / "data with ?#%, ü"
    folder.mkdir()
    before = os.umask(umask & 0o177)
    try:
        database = SqliteDatabase(folder)
        SqliteMeetings(database).create(a_meeting())
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    finally:
        os.umask(before)
    assert {mode | 0o600 for mode in modes.values()} == {0o600}
    assert set(modes) == {FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm"}


def test_every_thread_writes_through_to_the_disk(database: SqliteDatabase) -> None:
    def settings() -> list[object]:
        names = ["journal_mode", "synchronous", "busy_timeout", "user_version"]
        return [database.read(f"PRAGMA {name}")[0][0] for name in names]

    expected = ["wal", 2, 5000, SCHEMA_VERSION]
    assert settings() == expected
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(settings).result() == expected


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_thread_that_ends_leaves_no_connection(database: SqliteDatabase) -> None:
    meetings = SqliteMeetings(database)
    meetings.create(a_meeting())
    descriptors = open_descriptors()
    for _ in range(20):
        thread = threading.Thread(target=meetings.get, args=["abcdefgh12345678"])
        thread.start()
        thread.join()
    gc.collect()
    assert len(database._connections) == 1
    # SQLite keeps descriptors for reuse while another connection of this process has locks on the file: one, or more
    # where a thread opened before the one before it had closed, which on a busy machine each may do. Connections left
    # open would have two each.
    assert open_descriptors() <= descriptors + 20
    database.close()
    with pytest.raises(Permanent, match="closed"):
        meetings.get("abcdefgh12345678")


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    first = SqliteDatabase(tmp_path)
    SqliteMeetings(first).create(a_meeting())
    first.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [FILE_NAME]
    assert SqliteMeetings(SqliteDatabase(tmp_path)).get("abcdefgh12345678") == a_meeting()


def test_a_file_of_a_newer_elephant_is_left_alone(tmp_path: Path) -> None:
    SqliteDatabase(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(Permanent, match="newer Elephant") as refused:
        SqliteDatabase(tmp_path)
    assert str(tmp_path / FILE_NAME) in str(refused.value)
    assert "update Elephant" in str(refused.value)
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_a_file_of_an_older_elephant_is_brought_up_to_date(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        for statement in _FIRST_SCHEMA:
            connection.execute(statement)
        connection.execute("PRAGMA user_version = 1")
        item = json.dumps(to_item(a_meeting()))
        connection.execute("INSERT INTO meetings (id, item) VALUES ('abcdefgh12345678', ?)", (item,))
    connection.close()
    # two processes may be the first at the same time
    with ThreadPoolExecutor(4) as threads:
        databases = list(threads.map(lambda _: SqliteDatabase(tmp_path), range(4)))
    meetings, ledger = SqliteMeetings(databases[0]), SqliteLedger(databases[1])
    assert meetings.get("abcdefgh12345678") == a_meeting()
    ledger.create(a_meeting("m2", host="ana"), lambda _: None)
    assert [each.id for each in ledger.counted("ana", "2026-11")] == ["m2"]
    assert databases[0].read("PRAGMA user_version") == [(SCHEMA_VERSION,)]


def test_an_empty_file_gets_its_tables(tmp_path: Path) -> None:
    # What a process leaves that is killed between making the file and making the tables.
    (tmp_path / FILE_NAME).touch(0o600)
    SqliteMeetings(SqliteDatabase(tmp_path)).create(a_meeting())


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_a_transaction_that_is_broken_off_leaves_nothing(database: SqliteDatabase, error: type[BaseException]) -> None:
    meetings = SqliteMeetings(database)
    meetings.create(a_meeting())

    def broken_off() -> None:
        with database.write() as connection:
            connection.execute("DELETE FROM meetings")
            raise error

    with pytest.raises(error):
        broken_off()
    assert meetings.update("abcdefgh12345678", a_change(jitsi_url="here")).jitsi_url == "here"


def test_a_connection_that_cannot_roll_back_is_replaced(database: SqliteDatabase) -> None:
    meetings = SqliteMeetings(database)
    meetings.create(a_meeting())

    def broken_off() -> None:
        with database.write() as connection:
            connection.execute("DELETE FROM meetings")
            connection.close()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken_off()
    assert meetings.update("abcdefgh12345678", a_change(jitsi_url="here")).jitsi_url == "here"


def test_what_is_searched_for_follows_the_item_whoever_writes_it(database: SqliteDatabase) -> None:
    meetings = SqliteMeetings(database)
    meetings.create(a_meeting("other"))
    meetings.create(a_meeting())
    with database.write() as connection:
        connection.execute(
            "UPDATE meetings SET item = json_set(item, '$.ended_at', '2026-11-21T15:00:00Z') WHERE id = 'other'"
        )
    assert [meeting.id for meeting in meetings.open_meetings()] == ["abcdefgh12345678"]
    assert [meeting.id for meeting in meetings.page(is_open=False, before=None, limit=9)] == ["other"]
    # A read that was answered before is not answered from memory.
    assert meetings.get("other").is_over
