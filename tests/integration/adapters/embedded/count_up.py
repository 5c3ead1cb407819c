"""A process that shares a store with others: `count_up.py DIRECTORY TIMES` adds 1 to one number that many times.

It says `ready`, waits for a line, opens the store at the same moment as the others, and prints how often another
process was quicker.
"""

import contextlib
import sys
import time
from pathlib import Path

from elephant.adapters.embedded.sqlite import SqliteDatabase
from elephant.adapters.embedded.sqlite_meetings import SqliteMeetings
from elephant.domain.changes import key_reissued
from elephant.ports.errors import ConditionFailed, MeetingExists
from tests.contract.examples import NOW, a_meeting


def main(folder: Path, times: int) -> None:
    meetings = SqliteMeetings(SqliteDatabase(folder, busy_timeout_seconds=30))
    with contextlib.suppress(MeetingExists):
        meetings.create(a_meeting("shared"))
    meeting = meetings.get("shared")
    lost = 0
    for _ in range(times):
        while True:
            # Between reading and writing, so that another process does get in between.
            time.sleep(0.005)
            try:
                meeting = meetings.update("shared", key_reissued(meeting.seats[0], NOW))
                break
            except ConditionFailed as error:
                meeting = error.current
                lost += 1
    sys.stdout.write(f"{lost}\n")


if __name__ == "__main__":
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    main(Path(sys.argv[1]), int(sys.argv[2]))
