"""A process that writes until it is killed: `write_until_killed.py DIRECTORY NAME`; prints what was acknowledged.

Lines: `created ID`, `counted ID NUMBER` (one change: the number, and a line in the history), `alarm ID NUMBER`
(an alarm, set NUMBER minutes after NOW).
"""

import itertools
import os
import sys
from datetime import timedelta
from pathlib import Path

from elephant.adapters.embedded.sqlite import SqliteDatabase
from elephant.adapters.embedded.sqlite_alarms import SqliteAlarms
from elephant.adapters.embedded.sqlite_meetings import SqliteMeetings
from elephant.domain.changes import key_reissued
from elephant.ports.alarms import AlarmKind
from tests.contract.examples import NOW, a_meeting


def acknowledge(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def main(folder: Path, name: str) -> None:
    database = SqliteDatabase(folder)
    meetings, alarms = SqliteMeetings(database), SqliteAlarms(database)
    for number in itertools.count():
        meeting = a_meeting(f"{name}-{number}")
        meetings.create(meeting)
        acknowledge(f"created {meeting.id}")
        for count in range(1, 6):
            meeting = meetings.update(meeting.id, key_reissued(meeting.seats[0], NOW))
            acknowledge(f"counted {meeting.id} {count}")
            alarms.set(AlarmKind.LAUNCH, meeting.id, NOW + timedelta(minutes=count), NOW)
            acknowledge(f"alarm {meeting.id} {count}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
