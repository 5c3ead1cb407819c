"""`make rehearsal`, as an engineer runs it: what it prints is what is looked at."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
REHEARSAL_SECONDS = 400
LINE = re.compile(r" *\d+\.\d s  (.{19}) (.*)")
COURSE = [
    ("host", r"books meeting \w{16} for now"),
    ("EC2", r"i-\w+ is running"),
    ("desktop, teacher", "the certificate was brought to "),
    ("teacher|student", r"is in: i-\w+\.desks\.example is [\d.]+, and DCV was told yes"),
    ("teacher", r"tries the other desktop \(student's\) with the same token: DCV was told no"),
    ("student", r"tries the other desktop \(teacher's\) with the same token: DCV was told no"),
    ("teacher|student", "leaves"),
    ("meeting", "is over: (15_MIN_)?SUCCESS"),
    ("teacher|student", "follows the link again: 410"),
    ("recordings", r"\w{16}/teacher/i-\w+/segment-0001\.mkv, \d{4,} bytes: \d+ frames"),
    ("left behind", "machines: none"),
    ("left behind", "DNS records: none"),
    ("left behind", "schedules: none"),
    ("left behind", "unfinished uploads: none"),
    ("left behind", "agents: none"),
    ("rehearsal", "good"),
]
"""Who and what, in this order, with anything in between."""
GONE = re.compile(r"i-\w+\.desks\.example A [\d.]+ is gone")


@pytest.mark.timeout(REHEARSAL_SECONDS + 20)
def test_a_whole_meeting_leaves_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.rehearsal"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=REHEARSAL_SECONDS,
    )
    told = done.stdout + done.stderr[-4000:]
    assert done.returncode == 0, told
    lines = [(match[1].strip(), match[2]) for match in map(LINE.fullmatch, done.stdout.splitlines()) if match]
    at = -1
    for who, what in COURSE:
        found = [
            number
            for number, (said_by, said) in enumerate(lines)
            if number > at and re.fullmatch(who, said_by) and re.match(what, said)
        ]
        assert found, f"{who}: {what}\n{told}"
        at = found[0]
    assert [who for who, what in lines if GONE.fullmatch(what)] == ["DNS", "DNS"], told
