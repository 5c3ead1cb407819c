"""The SQLite file that holds what must outlive the server: its connections, its tables, its transactions."""

import contextlib
import errno
import os
import random
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from elephant.adapters.embedded.sqlite_errors import is_busy, translated
from elephant.ports.errors import Permanent, Temporary

FILE_NAME = "elephant.sqlite3"
_PASSING_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.EINTR}

# What is searched for is generated from the item, so that the two cannot disagree, whoever writes the item;
# the generated values are stored in the indexes only.
_FIRST_SCHEMA = (
    """
    CREATE TABLE meetings (
        id TEXT PRIMARY KEY NOT NULL,
        item TEXT NOT NULL,
        meet_time TEXT NOT NULL GENERATED ALWAYS AS (json_extract(item, '$.meet_time')) VIRTUAL,
        ended_at TEXT GENERATED ALWAYS AS (json_extract(item, '$.ended_at')) VIRTUAL
    )
    """,
    "CREATE INDEX meetings_open ON meetings (meet_time, id) WHERE ended_at IS NULL",
    "CREATE INDEX meetings_over ON meetings (meet_time, id) WHERE ended_at IS NOT NULL",
    "CREATE INDEX meetings_all ON meetings (meet_time, id)",
    """
    CREATE TABLE alarms (
        kind TEXT NOT NULL,
        meeting_id TEXT NOT NULL,
        due_at TEXT NOT NULL,
        PRIMARY KEY (kind, meeting_id)
    )
    """,
    "CREATE INDEX alarms_by_time ON alarms (due_at, kind, meeting_id)",
    "CREATE INDEX alarms_of_meeting ON alarms (meeting_id)",
)
_NAMED_HOSTS = (
    "ALTER TABLE meetings ADD COLUMN host TEXT GENERATED ALWAYS AS (json_extract(item, '$.host')) VIRTUAL",
    "CREATE INDEX meetings_of_host ON meetings (host, meet_time, id) WHERE host IS NOT NULL",
    """
    CREATE TABLE hosts (
        name TEXT PRIMARY KEY NOT NULL,
        token_digest TEXT NOT NULL UNIQUE,
        minutes_per_month REAL
    )
    """,
)
_STEPS = (_FIRST_SCHEMA, _NAMED_HOSTS)
"""What each version has more than the one before; a file of any earlier one is brought up to the present."""

SCHEMA_VERSION = len(_STEPS)


class _Connection(sqlite3.Connection):
    """A connection that closes itself when its thread is gone."""

    def __del__(self) -> None:
        # One that could not be opened cannot be closed either.
        with contextlib.suppress(sqlite3.ProgrammingError):
            self.close()


class SqliteDatabase:
    """The file `{data_dir}/elephant.sqlite3`, for any number of threads and processes at once.

    Each thread has a connection of its own. A write is on the disk (WAL, synchronous=FULL) before it returns; after
    an error it did not happen, except that after an I/O error nobody can know. Whoever finds the file locked waits
    at most `busy_timeout_seconds`. Must not be carried across a fork.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        busy_timeout_seconds: float = 5.0,
        before_making: Callable[[], None] = lambda: None,
    ) -> None:
        """Open the file, and make it (mode 0600) where there is none; the directory must exist.

        `before_making` is called where there is no file, or an empty one, and may raise to keep it that way.
        Raises Permanent where that cannot work or the file belongs to a newer Elephant, and Temporary.
        """
        self.path = data_dir.absolute() / FILE_NAME
        self._busy_timeout_seconds = busy_timeout_seconds
        self._before_making = before_making
        self._file: tuple[int, int] | None = None
        self._of_thread = threading.local()
        self._connections: weakref.WeakSet[_Connection] = weakref.WeakSet()
        self._connections_lock = threading.Lock()
        self._make_file()
        self._make_tables()
        self._file = self._file_now()

    def read(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        """Every row of a query, which sees each write that was acknowledged before; raises Temporary, Permanent."""
        try:
            return self._connection().execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise translated(error, self.path) from error

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction that no other writer gets between; kept whole, or dropped whole when the block raises.

        Raises Temporary and Permanent.
        """
        try:
            connection = self._connection()
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                self._roll_back(connection)
                raise
        except sqlite3.Error as error:
            raise translated(error, self.path) from error

    def close(self) -> None:
        """Close every thread's connection; for the end, when no thread uses one any more."""
        with self._connections_lock:
            for connection in self._connections:
                connection.close()

    def _connection(self) -> sqlite3.Connection:
        self._require_same_file()
        try:
            connection: sqlite3.Connection = self._of_thread.connection
        except AttributeError:
            connection = self._of_thread.connection = self._connect()
        return connection

    def _require_same_file(self) -> None:
        """Refuse to go on with a file that was deleted or replaced: SQLite would, and what it wrote would be lost."""
        if self._file is None or self._file_now() == self._file:
            return
        raise Permanent(
            f"{self.path} was deleted or replaced while it was in use; stop every Elephant that uses it, put the file "
            "or a copy of it back, and start again"
        )

    def _file_now(self) -> tuple[int, int] | None:
        try:
            status = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise Temporary(f"{self.path} could not be reached just now ({error.strerror})") from error
        return status.st_dev, status.st_ino

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        try:
            # After some errors, such as a full disk, SQLite may have done so itself.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            # Closing drops the transaction as well; the error that led here is the one to report.
            del self._of_thread.connection
            connection.close()

    def _connect(self) -> _Connection:
        give_up_at = time.monotonic() + self._busy_timeout_seconds
        while True:
            connection = sqlite3.connect(
                f"{self.path.as_uri()}?mode=rw",
                uri=True,
                timeout=self._busy_timeout_seconds,
                isolation_level=None,
                check_same_thread=False,
                factory=_Connection,
            )
            try:
                self._set_up(connection)
            except BaseException as error:
                connection.close()
                # While another process opens the file first, closes it last or repairs it after a crash, SQLite
                # answers "busy" without waiting: https://sqlite.org/wal.html#sometimes_queries_return_sqlite_busy_in_wal_mode
                if not (isinstance(error, sqlite3.Error) and is_busy(error)) or time.monotonic() >= give_up_at:
                    raise
                time.sleep(random.uniform(0.005, 0.05))  # noqa: S311  jitter, no secret
            else:
                with self._connections_lock:
                    self._connections.add(connection)
                return connection

    def _set_up(self, connection: sqlite3.Connection) -> None:
        ((mode,),) = connection.execute("PRAGMA journal_mode = WAL").fetchall()
        if mode != "wal":
            raise Permanent(f"{self.path} is on a file system that SQLite's WAL does not work on; use a local disk")
        connection.execute("PRAGMA synchronous = FULL")
        ((version,),) = connection.execute("PRAGMA user_version").fetchall()
        if version > SCHEMA_VERSION:
            raise Permanent(
                f"{self.path} was written by a newer Elephant (its schema is {version}, this one knows up to "
                f"{SCHEMA_VERSION}); update Elephant, or choose another data directory"
            )

    def _make_file(self) -> None:
        if not os.path.lexists(self.path):
            self._before_making()
        # SQLite gives its other two files (-wal, -shm) the mode of this one.
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            return
        except OSError as error:
            folder = self.path.parent
            problem = f"the data directory {folder} cannot be written: {error.strerror}"
            if error.errno in _PASSING_ERRNOS:
                raise Temporary(problem) from error
            raise Permanent(
                f"{problem}; make it a directory that the user who runs Elephant (user id {os.geteuid()}) "
                "can write to, or choose another one"
            ) from error

    def _make_tables(self) -> None:
        with self.write() as connection:
            ((version,),) = connection.execute("PRAGMA user_version").fetchall()
            if version == 0:
                self._before_making()
            if version < SCHEMA_VERSION:
                for statement in chain.from_iterable(_STEPS[version:]):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            else:
                # Changes nothing, but fails where the file may only be read, which "BEGIN IMMEDIATE" does not.
                connection.execute("DELETE FROM meetings WHERE FALSE")
