"""The kiosk as a process, out of the agent's one file, with a stand-in for the browser."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.package_agent import package_agent

URL = "https://meet.example.org/elephant-m1"
PATIENCE_SECONDS = 40
# Says what it was started with and runs until it is told to end; the first one ends by itself.
BROWSER = """
import os, pathlib, sys, time
seen = pathlib.Path(sys.argv[1])
with seen.open("a") as file:
    file.write(" ".join([str(os.getpid()), *sys.argv[2:]]) + "\\n")
if len(seen.read_text().splitlines()) > 1:
    time.sleep(600)
"""


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    (tmp_path / "browser.py").write_text(BROWSER)
    settings = {
        "meeting_file": str(tmp_path / "meeting.json"),
        "browser": [sys.executable, str(tmp_path / "browser.py"), str(tmp_path / "seen")],
        "on_meeting": ["--kiosk", "{url}"],
    }
    text = "\n".join(f"{name} = {json.dumps(value)}" for name, value in settings.items())
    (tmp_path / "kiosk.toml").write_text(text)
    agent = package_agent(tmp_path)
    log = (tmp_path / "log").open("wb")
    command = [sys.executable, "-S", "-P", str(agent), "kiosk", str(tmp_path / "kiosk.toml")]
    with log, subprocess.Popen(command, cwd="/", stderr=log) as process:
        yield process
        process.kill()


def test_it_waits_for_its_meeting_and_keeps_the_browser_open(kiosk: subprocess.Popen[bytes], tmp_path: Path) -> None:
    log, seen, meeting = tmp_path / "log", tmp_path / "seen", tmp_path / "meeting.json"

    def started() -> list[list[str]]:
        return [line.split() for line in seen.read_text().splitlines()] if seen.exists() else []

    wait_until(lambda: "waiting for" in log.read_text())
    text = json.dumps({"meeting_id": "m1", "role": "host", "jitsi_url": URL})
    meeting.write_text(text[:-4])
    assert (started(), kiosk.poll()) == ([], None)
    meeting.write_text(text)
    wait_until(lambda: len(started()) == 2)
    assert [words[1:] for words in started()] == 2 * [["--kiosk", URL]]
    browser = int(started()[-1][0])
    assert Path(f"/proc/{browser}").exists()
    kiosk.send_signal(signal.SIGTERM)
    assert kiosk.wait(PATIENCE_SECONDS) == 0
    assert not Path(f"/proc/{browser}").exists()


def test_a_meeting_without_a_page_to_show_says_so(kiosk: subprocess.Popen[bytes], tmp_path: Path) -> None:
    (tmp_path / "meeting.json").write_text(json.dumps({"jitsi_url": "file:///etc/shadow"}))
    assert kiosk.wait(PATIENCE_SECONDS) == 1
    assert "no web page: 'file:///etc/shadow'" in (tmp_path / "log").read_text()
    assert not (tmp_path / "seen").exists()
