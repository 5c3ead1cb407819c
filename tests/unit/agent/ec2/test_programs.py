"""Commands that hang come to an end, and so does what they started."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from elephant.agent.ec2.programs import RunningPrograms, run_command

PATIENCE = 40.0


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_a_command_ends_with_its_code_and_what_it_printed(tmp_path: Path) -> None:
    outcome = run_command([script(tmp_path / "c", 'echo "$1"; echo lost >&2; exit 3'), "said"], PATIENCE)
    assert (outcome.code, outcome.output) == (3, b"said\n")


def test_a_command_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    written = tmp_path / "child"
    command = script(tmp_path / "c", f"sleep 1000 & echo $! > '{written}.new'; mv '{written}.new' '{written}'; wait")
    for seconds in (0.5, 2.0, 8.0, 32.0):  # on a busy machine it takes its time until it hangs
        with pytest.raises(TimeoutError, match="was not done after"):
            run_command([command], seconds)
        if written.exists():
            break
    child = int(written.read_text())
    until = time.monotonic() + PATIENCE
    while Path(f"/proc/{child}").exists() and "\nState:\tZ" not in Path(f"/proc/{child}/status").read_text():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_command_is_not_waited_for_through_what_it_leaves_behind(tmp_path: Path) -> None:
    command = script(tmp_path / "c", f"sleep 1000 & echo $! > '{tmp_path}/child'; echo done")
    assert run_command([command], PATIENCE).output == b"done\n"
    os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)


def test_a_command_that_is_missing_is_an_os_error() -> None:
    with pytest.raises(FileNotFoundError, match="no-such-program"):
        run_command(["no-such-program"], PATIENCE)


def test_a_program_runs_until_it_is_interrupted(tmp_path: Path) -> None:
    programs = RunningPrograms(tmp_path)
    programs.environment = {"SAID": "hello"}
    ready = tmp_path / "ready"
    pid = programs.start(
        "one", [script(tmp_path / "c", f"trap 'exit 7' INT; echo $SAID; touch '{ready}'; while :; do sleep 0.05; done")]
    )
    until = time.monotonic() + PATIENCE
    while not ready.exists():
        assert time.monotonic() < until
        time.sleep(0.01)
    assert programs.reap() == []
    programs.interrupt(pid)
    assert programs.wait_for(pid, PATIENCE)
    assert programs.reap() == [("one", pid, 7)]
    assert (tmp_path / "one.log").read_text() == "hello\n"
    programs.interrupt(pid)
    programs.kill(pid)


def test_a_program_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    programs = RunningPrograms(tmp_path)
    pid = programs.start("one", [sys.executable, "-c", "import time; time.sleep(1000)"])
    assert not programs.wait_for(pid, 0.05)
    programs.kill(pid)
    assert programs.wait_for(pid, PATIENCE)
    assert programs.reap() == [("one", pid, -9)]
