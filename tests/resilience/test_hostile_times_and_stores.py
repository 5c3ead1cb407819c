"""A clock set back while a meeting runs; the file of the meetings deleted, emptied or damaged under the server."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from elephant.adapters.embedded.sqlite import FILE_NAME
from tests.resilience.conftest import FAST, MakeServer
from tests.resilience.test_killed_desktops import ready_meeting, seat_of
from tests.support.desktop_processes import DesktopProcesses
from tests.support.rfb_person import RfbPerson
from tests.support.server_process import ServerProcess, eventually, settings_of

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(180)]

HOUR_SECONDS = 3600
FILES = (FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm")


def nothing_ends(desktops: DesktopProcesses, before: object, seconds: float = 5.0) -> bool:
    """True if everything that ran before runs on for so long; a sweep is due every second."""
    try:
        eventually(lambda: desktops.mains() != before, "one ends", seconds)
    except AssertionError:
        return True
    return False


def test_the_clock_is_set_back_an_hour(make_server: MakeServer, short_dir: Path, desktops: DesktopProcesses) -> None:
    clock = short_dir / "clock"
    clock.write_text("0")
    script = Path(__file__).with_name("server_with_clock.py")
    server = make_server({**FAST, **settings_of(leave_seconds=60)}, command=(sys.executable, str(script), str(clock)))
    server.start()
    booked = ready_meeting(server)
    person = RfbPerson(server, booked, "teacher")
    person.arrive()
    eventually(lambda: seat_of(server, booked["id"], "teacher")["present"], "somebody is in")
    before = desktops.mains()
    clock.write_text(str(-HOUR_SECONDS))
    assert nothing_ends(desktops, before)
    server.kill()
    server.start()
    assert nothing_ends(desktops, before)
    eventually(lambda: person.entered >= 2, "they are in again")
    person.leave()
    eventually(lambda: not seat_of(server, booked["id"], "teacher")["present"], "absence is noticed too")
    # The desktops' own clock is the real one: their deadline must lie ahead of that too.
    later = server.book(-HOUR_SECONDS, duration_minutes=120)
    eventually(lambda: seat_of(server, later["id"], "student")["phase"] == "HEALTHY", "what is due now starts")
    for meeting_id in (booked["id"], later["id"]):
        assert server.request("POST", f"/meetings/{meeting_id}/cancel").status_code == 200
    eventually(lambda: not desktops.all(), "nothing is left")


def put_away(data_dir: Path, away: Path) -> None:
    away.mkdir()
    for name in FILES:
        if (data_dir / name).exists():
            (data_dir / name).rename(away / name)


def put_back(data_dir: Path, away: Path) -> None:
    for name in FILES:
        (data_dir / name).unlink(missing_ok=True)
        if (away / name).exists():
            shutil.copy2(away / name, data_dir / name)


@pytest.mark.parametrize("is_emptied", [False, True], ids=["deleted", "emptied"])
def test_the_store_is_gone(
    server: ServerProcess, short_dir: Path, desktops: DesktopProcesses, is_emptied: bool
) -> None:
    booked = ready_meeting(server)
    before = desktops.mains()
    put_away(server.data_dir, short_dir / "away")
    if is_emptied:
        (server.data_dir / FILE_NAME).touch(0o600)
    assert nothing_ends(desktops, before)
    answer = server.request("GET", f"/meetings/{booked['id']}")
    assert answer.status_code >= 500
    assert "was deleted or replaced while it was in use" in server.words()
    for command in (["sweep"], ["sweep", "--force"], ["meetings"], ["schedule", "Ada", "Blaise"]):
        done = server.run(*command)
        assert done.returncode == 1
        assert "is missing or empty, but 2 desktop(s) of its meetings run; put the file" in done.stderr, done.stderr
    server.kill()
    done = server.run("up", "--port", "0")
    assert done.returncode == 1
    assert "is missing or empty, but 2 desktop(s)" in done.stderr
    assert desktops.mains() == before
    put_back(server.data_dir, short_dir / "away")
    server.start()
    assert server.meeting(booked["id"])["status"] == "HEALTHY"
    assert nothing_ends(desktops, before, 3)


def test_meetings_whose_store_is_lost_can_be_given_up(server: ServerProcess, desktops: DesktopProcesses) -> None:
    ready_meeting(server)
    server.kill()
    for name in FILES:
        (server.data_dir / name).unlink(missing_ok=True)
    shutil.rmtree(server.data_dir / "run/machines")
    server.start()
    eventually(lambda: not desktops.all(), "the new server ends what nobody knows")
    eventually(lambda: not any((server.data_dir / "run/machines").iterdir()), "no directory is left")
    assert server.request("GET", "/meetings").json()["meetings"] == []


def test_the_store_is_damaged(server: ServerProcess, short_dir: Path, desktops: DesktopProcesses) -> None:
    booked = ready_meeting(server)
    before = desktops.mains()
    server.kill()
    put_away(server.data_dir, short_dir / "away")
    put_back(server.data_dir, short_dir / "away")
    server.start()
    for name in FILES[:2]:  # the log too: SQLite mends the file from it
        with (server.data_dir / name).open("r+b") as file:
            file.write(os.urandom(8192))
    assert nothing_ends(desktops, before)
    server.kill()
    for command in (["up", "--port", "0"], ["sweep"]):
        done = server.run(*command)
        assert done.returncode == 1
        assert "is damaged or is no SQLite database" in done.stderr, done.stderr
    assert desktops.mains() == before
    put_back(server.data_dir, short_dir / "away")
    server.start()
    assert server.meeting(booked["id"])["status"] == "HEALTHY"
    assert nothing_ends(desktops, before, 3)
