"""The guard: what it remembers across agents, and that it does not give up."""

import json
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from elephant.agent.ec2 import guard as guard_module
from elephant.agent.ec2.guard import Guard
from elephant.agent.ec2.kept_state import KeptState, read_state, write_state
from elephant.agent.ec2.lifetime import BOOT_REASON, DEADLINE_REASON
from elephant.agent.ec2.settings import ImageSettings


@pytest.fixture
def settings(tmp_path: Path) -> ImageSettings:
    return replace(ImageSettings(), run_dir=str(tmp_path), boot_seconds=900.0, ask_seconds=90.0)


def in_seconds(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def test_an_agent_that_is_started_again_knows_the_last_deadline_that_was_heard(settings: ImageSettings) -> None:
    first = Guard(settings)
    first.told(in_seconds(60), margin_seconds=10)
    first.hear(in_seconds(3600))
    second = Guard(settings)
    second.told(in_seconds(60), margin_seconds=10)
    now = time.monotonic()
    assert second.reason_to_end(now + 3500) is None
    assert second.reason_to_end(now + 3620) == DEADLINE_REASON


def test_without_user_data_the_kept_deadline_holds(settings: ImageSettings) -> None:
    Guard(settings).told(in_seconds(3600), margin_seconds=10)
    again = Guard(settings)
    assert again.reason_to_end(time.monotonic() + 3500) is None
    assert again.reason_to_end(time.monotonic() + 3620) == DEADLINE_REASON


def test_what_another_boot_kept_is_not_believed(settings: ImageSettings) -> None:
    Guard(settings).told(in_seconds(-3600), margin_seconds=10)
    path = Path(settings.run_dir) / "state.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"boot": "of the machine that became the image"}))
    assert Guard(settings).reason_to_end(time.monotonic() + 100) is None
    assert Guard(settings).reason_to_end(time.monotonic() + 901) == BOOT_REASON


def test_a_deadline_moves_both_ways_and_the_end_can_be_now(settings: ImageSettings) -> None:
    guard = Guard(settings)
    guard.told(in_seconds(3600), margin_seconds=0)
    guard.hear(in_seconds(60))
    assert guard.reason_to_end(time.monotonic() + 65) == DEADLINE_REASON
    guard.hear(in_seconds(7200))
    assert guard.reason_to_end(time.monotonic() + 7000) is None
    assert guard.deadline_at == pytest.approx(time.monotonic() + 7200, abs=30)
    guard.end_now("the meeting is over")
    assert guard.reason_to_end(time.monotonic()) == "the meeting is over"


def test_a_disk_that_is_full_changes_nothing_but_the_log(
    settings: ImageSettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(guard_module, "write_state", full)
    guard = Guard(settings)
    guard.told(in_seconds(60), margin_seconds=0)
    assert "cannot be kept on disk" in caplog.text
    assert guard.reason_to_end(time.monotonic() + 100) == DEADLINE_REASON


# Its thread has no other end than that of the process, so the test makes one.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("script", ["exit 1", "sleep 100", None], ids=["fails", "hangs", "is missing"])
def test_a_shutdown_that_fails_is_tried_again(
    settings: ImageSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None
) -> None:
    monkeypatch.setattr(guard_module, "AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(guard_module, "COMMAND_SECONDS", 0.3)
    tried, command = tmp_path / "tried", tmp_path / "shutdown"
    if script is not None:
        command.write_text(f"#!/bin/sh\necho >> '{tried}'\n{script}\n")
        command.chmod(0o755)
    guard = Guard(replace(settings, shutdown_command=(str(command),)))
    guard.start()
    guard.end_now("a test")

    def await_tries(number: int) -> None:
        until = time.monotonic() + 40
        while not tried.exists() or len(tried.read_text()) < number:
            assert time.monotonic() < until
            time.sleep(0.01)

    if script is not None:
        await_tries(2)
    command.write_text(f"#!/bin/sh\necho 123456789 >> '{tried}'\n")
    command.chmod(0o755)
    await_tries(10)
    monkeypatch.setattr(guard_module, "_attempt", sys.exit)
    guard._thread.join(40)
    assert not guard._thread.is_alive()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_machine_ends_also_where_no_file_can_be_made(
    settings: ImageSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard_module, "AGAIN_SECONDS", 0.05)
    ended, command = tmp_path / "ended", tmp_path / "shutdown"
    command.write_text(f"#!/bin/sh\necho > '{ended}'\n")
    command.chmod(0o755)
    guard = Guard(replace(settings, shutdown_command=(str(command),)))
    guard.start()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "full"))
    guard.end_now("a test")
    until = time.monotonic() + 40
    while not ended.exists():
        assert time.monotonic() < until
        time.sleep(0.01)
    monkeypatch.setattr(guard_module, "_attempt", sys.exit)
    guard._thread.join(40)
    assert not guard._thread.is_alive()


def test_state_that_is_damaged_is_none(tmp_path: Path) -> None:
    kept = KeptState(boot="b", began=5.0, deadline=in_seconds(5), margin_seconds=1.0)
    write_state(tmp_path, kept)
    assert read_state(tmp_path, "b", 10.0) == kept
    assert read_state(tmp_path, "b", 4.0) == KeptState(boot="b", began=4.0), "its clock ran further: another boot"
    (tmp_path / "state.json").write_text('{"boot": "b", "began"')
    assert read_state(tmp_path, "b", 10.0) == KeptState(boot="b", began=10.0)
