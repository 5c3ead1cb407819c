"""What goes wrong with a file, provoked for real, and what a caller is told."""

import contextlib
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from elephant.adapters.embedded.sqlite import FILE_NAME, SqliteDatabase
from elephant.adapters.embedded.sqlite_meetings import SqliteMeetings
from elephant.ports.errors import MeetingNotFound, Permanent, Temporary
from tests.contract.examples import a_change, a_meeting

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[4]
SCRIPTS = "tests.integration.adapters.embedded"
NOBODY = 65534
BOUND_SECONDS = 30.0
"""Of what gives up after a third of a second, on a machine that may stand still for a while."""

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    connection.execute(statement).fetchall()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def of_ordinary_user() -> Iterator[Path]:
    """A directory of somebody for whom access modes count, as whom the test goes on; root asks nobody."""
    folder = Path(tempfile.mkdtemp())
    user = os.geteuid()
    try:
        if user == 0:
            os.chown(folder, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        yield folder
    finally:
        os.seteuid(user)
        folder.chmod(0o700)
        shutil.rmtree(folder)


@contextlib.contextmanager
def held(folder: Path, *statements: str) -> Iterator[None]:
    """Another process that has carried out these statements and holds on to what they lock."""
    command = [sys.executable, "-c", HOLD, str(folder / FILE_NAME), *statements]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield
        finally:
            process.communicate()


def seconds_until(error: type[BaseException], match: str, work: Callable[[], object]) -> float:
    began = time.monotonic()
    with pytest.raises(error, match=match):
        work()
    return time.monotonic() - began


def test_a_data_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=f"data directory {tmp_path}/nowhere cannot be written.*No such file") as told:
        SqliteDatabase(tmp_path / "nowhere")
    assert isinstance(told.value.__cause__, FileNotFoundError)
    assert not (tmp_path / "nowhere").exists()


def test_a_data_directory_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Permanent, match=r"file cannot be written: Not a directory; make it a directory"):
        SqliteDatabase(tmp_path / "file")


def test_a_data_directory_that_is_not_writable(of_ordinary_user: Path) -> None:
    of_ordinary_user.chmod(0o500)
    with pytest.raises(Permanent, match=rf"{of_ordinary_user} cannot be written: Permission denied.*user id \d"):
        SqliteDatabase(of_ordinary_user)


@pytest.mark.parametrize("file_mode", [0o400, 0o000], ids=oct)
def test_a_file_that_is_not_writable(of_ordinary_user: Path, file_mode: int) -> None:
    SqliteDatabase(of_ordinary_user).close()
    (of_ordinary_user / FILE_NAME).chmod(file_mode)
    with pytest.raises(Permanent, match=rf"{FILE_NAME} cannot be (written|opened).*writable for the user") as told:
        SqliteDatabase(of_ordinary_user)
    assert isinstance(told.value.__cause__, sqlite3.Error)


def test_a_file_in_a_directory_that_is_not_writable_any_more(of_ordinary_user: Path) -> None:
    SqliteDatabase(of_ordinary_user).close()
    of_ordinary_user.chmod(0o500)
    with pytest.raises(Permanent, match=rf"{FILE_NAME} cannot be (written|opened).*its directory"):
        SqliteDatabase(of_ordinary_user)


def test_something_else_in_the_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(Permanent, match="is not a file"):
        SqliteDatabase(tmp_path)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"These are my holiday pictures. " * 1000)
    with pytest.raises(Permanent, match=rf"{tmp_path}/{FILE_NAME} is damaged or is no SQLite database.*copy") as told:
        SqliteDatabase(tmp_path)
    assert isinstance(told.value.__cause__, sqlite3.DatabaseError)
    assert (tmp_path / FILE_NAME).read_bytes().startswith(b"These are my holiday pictures")


def test_a_file_that_got_damaged(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path)
    meetings = SqliteMeetings(database)
    for number in range(200):
        meetings.create(a_meeting(f"meeting{number}"))
    database.close()
    content = bytearray((tmp_path / FILE_NAME).read_bytes())
    content[4096 * 2 :] = os.urandom(len(content) - 4096 * 2)
    (tmp_path / FILE_NAME).write_bytes(content)
    damaged = SqliteMeetings(SqliteDatabase(tmp_path))
    with pytest.raises(Permanent, match="is damaged"):
        damaged.get("meeting7")
    with pytest.raises(Permanent, match="is damaged"):
        damaged.open_meetings()
    with pytest.raises(Permanent, match="is damaged"):
        damaged.create(a_meeting("new"))


def test_an_item_that_no_meeting_could_have_written(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path)
    meetings = SqliteMeetings(database)
    meetings.create(a_meeting())
    with database.write() as connection:
        connection.execute("UPDATE meetings SET item = json_remove(item, '$.deadline')")
    for read in (lambda: meetings.get("abcdefgh12345678"), meetings.open_meetings):
        with pytest.raises(Permanent, match="meeting abcdefgh12345678 is damaged: KeyError 'deadline'"):
            read()


def test_a_file_that_another_process_writes_to_for_long(tmp_path: Path) -> None:
    meetings = SqliteMeetings(SqliteDatabase(tmp_path, busy_timeout_seconds=0.3))
    meetings.create(a_meeting())
    with held(tmp_path, "BEGIN IMMEDIATE", "DELETE FROM meetings"):
        took = seconds_until(
            Temporary, "locked by another process", lambda: meetings.update("abcdefgh12345678", a_change(jitsi_url="x"))
        )
        assert 0.2 < took < BOUND_SECONDS
        assert seconds_until(Temporary, "locked", lambda: meetings.create(a_meeting("other"))) < BOUND_SECONDS
        assert meetings.get("abcdefgh12345678") == a_meeting()
    assert meetings.update("abcdefgh12345678", a_change(jitsi_url="free")).jitsi_url == "free"


def test_a_short_wait_for_another_process_goes_unnoticed(tmp_path: Path) -> None:
    meetings = SqliteMeetings(SqliteDatabase(tmp_path, busy_timeout_seconds=60))
    meetings.create(a_meeting())
    with ThreadPoolExecutor(1) as thread:
        with held(tmp_path, "BEGIN IMMEDIATE"):
            update = thread.submit(meetings.update, "abcdefgh12345678", a_change(jitsi_url="at last"))
            time.sleep(0.2)
            assert not update.done()
        assert update.result().jitsi_url == "at last"


def test_a_file_that_another_process_keeps_for_itself(tmp_path: Path) -> None:
    SqliteDatabase(tmp_path).close()
    with held(tmp_path, "PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE"):
        took = seconds_until(Temporary, "locked by another", lambda: SqliteDatabase(tmp_path, busy_timeout_seconds=0.3))
    assert took < BOUND_SECONDS


class BusyAtFirst(SqliteDatabase):
    """Finds the file locked the first few times that it is opened, without having waited.

    So it happens in about one of two hundred openings when processes open and close one file at the same moment.
    """

    times_busy = 3

    def _set_up(self, connection: sqlite3.Connection) -> None:
        if self.times_busy > 0:
            self.times_busy -= 1
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY_RECOVERY
            raise error
        super()._set_up(connection)


class BusyForLong(BusyAtFirst):
    """Finds the file locked every time."""

    times_busy = 1_000_000


def test_a_file_that_is_opened_while_others_open_or_close_it(tmp_path: Path) -> None:
    SqliteMeetings(BusyAtFirst(tmp_path)).create(a_meeting())
    took = seconds_until(Temporary, "locked by another", lambda: BusyForLong(tmp_path, busy_timeout_seconds=0.3))
    assert 0.3 <= took < BOUND_SECONDS


def test_a_database_that_may_not_grow(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path)
    meetings = SqliteMeetings(database)
    meetings.create(a_meeting())
    ((pages,),) = database.read("PRAGMA page_count")
    database.read(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(Temporary, match=f"the disk that holds {tmp_path}/{FILE_NAME} is full") as told:
        meetings.update("abcdefgh12345678", a_change(jitsi_url="x" * 100_000))
    assert isinstance(told.value.__cause__, sqlite3.OperationalError)
    assert meetings.get("abcdefgh12345678") == a_meeting()
    database.read("PRAGMA max_page_count = 100000")
    meetings.update("abcdefgh12345678", a_change(jitsi_url="x" * 100_000))


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    bwrap = shutil.which("bwrap")
    disk = tmp_path / "disk"
    disk.mkdir()
    place = [str(bwrap), "--bind", "/", "/", "--dev-bind", "/dev", "/dev", "--size", str(2**20), "--tmpfs", str(disk)]
    if bwrap is None or subprocess.run([*place, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("bubblewrap cannot mount a small disk here")
    done = subprocess.run(
        [*place, sys.executable, "-m", f"{SCRIPTS}.fill_disk", str(disk)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["free_bytes"] == 0
    assert f"the disk that holds {disk}/{FILE_NAME} is full; free some space" in report["problem"]
    assert "other" in report["second_problem"]
    assert report["readable"] == 1
    assert report["after"] == "after"
    assert report["open"] == ["acknowledged", "new"]


def test_too_many_open_files_pass(tmp_path: Path) -> None:
    meetings = SqliteMeetings(SqliteDatabase(tmp_path))
    meetings.create(a_meeting())
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    answers: list[object] = []

    def read() -> None:
        try:
            answers.append(meetings.get("abcdefgh12345678"))
        except Temporary as error:
            answers.append(str(error))

    thread = threading.Thread(target=read)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        thread.start()
        thread.join()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    (answer,) = answers
    assert "too many files are open" in str(answer)
    assert meetings.get("abcdefgh12345678") == a_meeting()


def test_a_file_that_was_removed_under_a_running_server(tmp_path: Path) -> None:
    meetings = SqliteMeetings(SqliteDatabase(tmp_path))
    for path in tmp_path.iterdir():
        path.unlink()
    refused = pytest.raises(Permanent, match=r"was deleted or replaced while it was in use.*start again")
    with ThreadPoolExecutor(1) as thread, refused:
        thread.submit(meetings.get, "abcdefgh12345678").result()
    with refused:
        meetings.open_meetings()
    with refused:
        meetings.create(a_meeting())
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_replaced_under_a_running_server(tmp_path: Path) -> None:
    meetings = SqliteMeetings(SqliteDatabase(tmp_path))
    meetings.create(a_meeting())
    for path in tmp_path.iterdir():
        path.rename(path.with_name(f"{path.name}.away"))
    SqliteDatabase(tmp_path).close()
    with pytest.raises(Permanent, match="was deleted or replaced"):
        meetings.open_meetings()


@pytest.mark.parametrize("content", [None, b""], ids=["no file", "an empty file"])
def test_whoever_opens_it_may_refuse_to_begin_with_an_empty_one(tmp_path: Path, content: bytes | None) -> None:
    def refuse() -> None:
        raise Permanent("not over what runs here")

    if content is not None:
        (tmp_path / FILE_NAME).write_bytes(content)
    for _ in range(2):
        with pytest.raises(Permanent, match="not over what runs here"):
            SqliteDatabase(tmp_path, before_making=refuse)
    assert (tmp_path / FILE_NAME).exists() == (content is not None)
    SqliteDatabase(tmp_path).close()
    SqliteDatabase(tmp_path, before_making=refuse).close()


def test_every_other_error_is_ours_as_well(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path)
    with pytest.raises(Permanent, match="SQLite refused"):
        database.read("SELECT nonsense FROM nowhere")
    with pytest.raises(Permanent, match="SQLite refused"), database.write() as connection:
        connection.execute("SELECT ?", ())


def test_a_transaction_inside_of_another_is_refused_and_neither_counts(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path)
    meetings = SqliteMeetings(database)

    def nested() -> None:
        with database.write() as connection:
            connection.execute("INSERT INTO alarms VALUES ('launch', 'a', '')")
            meetings.create(a_meeting())

    with pytest.raises(Permanent, match="within a transaction"):
        nested()
    assert database.read("SELECT * FROM alarms") == []
    with pytest.raises(MeetingNotFound):
        meetings.get("abcdefgh12345678")
