"""Several processes on one file: none loses what another wrote, and none loses anything when it is killed."""

import random
import re
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from elephant.adapters.embedded.sqlite import SqliteDatabase
from elephant.adapters.embedded.sqlite_alarms import SqliteAlarms
from elephant.adapters.embedded.sqlite_meetings import SqliteMeetings
from elephant.domain.changes import key_reissued
from tests.contract.examples import NOW, a_meeting

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[4]
SCRIPTS = "tests.integration.adapters.embedded"
PROCESSES = 4
TIMES = 40
KILLS = 20


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", f"{SCRIPTS}.{script}", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def test_processes_that_open_and_count_at_once_lose_nothing(tmp_path: Path) -> None:
    processes = [start("count_up", str(tmp_path), str(TIMES)) for _ in range(PROCESSES)]
    assert [process.stdout and process.stdout.readline() for process in processes] == ["ready\n"] * PROCESSES
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    results = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES, [error for _, error in results]
    meeting = SqliteMeetings(SqliteDatabase(tmp_path)).get("shared")
    assert meeting.seats[0].key_issue == PROCESSES * TIMES
    assert len(meeting.history) == 1 + PROCESSES * TIMES
    # They did get into each other's way, or this has shown nothing.
    assert sum(int(out) for out, _ in results) > 0


def acknowledged_until_killed(folder: Path, name: str) -> list[str]:
    """What a writer had been told is kept when it was killed (-9) at some moment."""
    process = start("write_until_killed", str(folder), name)
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(random.randint(1, 60))]
    process.send_signal(signal.SIGKILL)
    # Not communicate(), which would lose the lines that were read ahead.
    told += process.stdout.readlines()
    _, problems = process.communicate()
    assert process.returncode == -signal.SIGKILL, problems
    return [line.rstrip("\n") for line in told]


def last_numbers(told: list[str], word: str) -> dict[str, int]:
    """Meeting id -> the last number of its lines that begin with `word`."""
    return {match[1]: int(match[2]) for line in told if (match := re.fullmatch(rf"{word} (\S+) (\d+)", line))}


def test_a_writer_that_is_killed_has_lost_nothing_and_left_no_half(tmp_path: Path) -> None:
    # Open all along, as the server is while somebody's command is killed.
    database = SqliteDatabase(tmp_path)
    meetings, alarms = SqliteMeetings(database), SqliteAlarms(database)
    own = a_meeting("own")
    meetings.create(own)
    told: list[str] = []
    for attempt in range(KILLS):
        told += acknowledged_until_killed(tmp_path, f"w{attempt}")
        own = meetings.update("own", key_reissued(own.seats[0], NOW))

    created = [line.removeprefix("created ") for line in told if line.startswith("created ")]
    stored = {meeting.id: meeting for meeting in SqliteMeetings(SqliteDatabase(tmp_path)).open_meetings()}
    assert created
    assert set(created) <= set(stored)
    assert stored.pop("own").seats[0].key_issue == KILLS
    unheard = len(stored) - len(created)

    counted = last_numbers(told, "counted")
    for meeting_id, meeting in stored.items():
        assert len(meeting.history) == 1 + meeting.seats[0].key_issue
        assert meeting.seats[0].key_issue - counted.get(meeting_id, 0) in (0, 1)
        unheard += meeting.seats[0].key_issue - counted.get(meeting_id, 0)

    minute = timedelta(minutes=1)
    rings = {alarm.meeting_id: (alarm.due_at - NOW) // minute for alarm in alarms.due(NOW + timedelta(days=1))}
    acknowledged = last_numbers(told, "alarm")
    assert set(acknowledged) <= set(rings)
    for meeting_id, number in rings.items():
        assert number - acknowledged.get(meeting_id, 0) in (0, 1)
        unheard += number - acknowledged.get(meeting_id, 0)

    # Each killed writer may have had one write on its way that nobody was told of.
    assert unheard <= KILLS
    assert database.read("PRAGMA integrity_check") == [("ok",)]
