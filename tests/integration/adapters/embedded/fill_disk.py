"""Uses a store on a disk that gets full, and prints what happened: `fill_disk.py DIRECTORY`, which must be small."""

import json
import os
import sys
from pathlib import Path

from elephant.adapters.embedded.sqlite import SqliteDatabase
from elephant.adapters.embedded.sqlite_meetings import SqliteMeetings
from elephant.ports.errors import Temporary
from tests.contract.examples import a_change, a_meeting


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue


def main(folder: Path) -> None:
    meetings = SqliteMeetings(SqliteDatabase(folder))
    ballast = folder / "ballast"
    meetings.create(a_meeting("acknowledged"))
    fill(ballast)
    free_bytes = os.statvfs(folder).f_bavail
    kept, problem = 0, ""
    for number in range(10_000):
        try:
            meetings.update("acknowledged", a_change(jitsi_url="x" * 3000, count=number))
            kept += 1
        except Temporary as error:
            problem = str(error)
            break
    try:
        SqliteDatabase(folder / "other")
    except Temporary as error:
        second_problem = str(error)
    else:
        second_problem = ""
    readable = len(meetings.open_meetings())
    ballast.unlink()
    after = meetings.update("acknowledged", a_change(jitsi_url="after"))
    meetings.create(a_meeting("new"))
    report = {
        "free_bytes": free_bytes,
        "kept": kept,
        "problem": problem,
        "second_problem": second_problem,
        "readable": readable,
        "after": after.jitsi_url,
        "open": [meeting.id for meeting in meetings.open_meetings()],
    }
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    (Path(sys.argv[1]) / "other").mkdir()
    main(Path(sys.argv[1]))
