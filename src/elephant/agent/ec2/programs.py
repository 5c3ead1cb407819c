"""Other programs, on Linux and on Windows: commands that must come to an end, and a recorder that runs along."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_MOST_OUTPUT_BYTES = 1_000_000
_LOG_BYTES = 256 * 1024
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended, and the beginning of what it printed."""

    code: int
    output: bytes


def run_command(command: Sequence[str], seconds: float) -> Outcome:
    """Run a command to its end. Raises OSError: it cannot be started, or it hung, for which it was killed.

    What it prints goes to a file: a pipe would hold us up for as long as any child of its keeps that open.
    """
    with tempfile.TemporaryFile() as output:
        code = _run(command, seconds, output)
        output.seek(0)
        return Outcome(code, output.read(_MOST_OUTPUT_BYTES))


def run_quietly(command: Sequence[str], seconds: float) -> int:
    """Run a command to its end and return its exit code; raises as `run_command` does.

    Needs no room on any disk: whoever sits at the desktop can fill it, and the machine has to end all the same.
    """
    return _run(command, seconds, subprocess.DEVNULL)


def _run(command: Sequence[str], seconds: float, output: IO[bytes] | int) -> int:
    process = subprocess.Popen(
        _found(command), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL, **_own_group()
    )
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired as error:
        _kill(process)
        raise TimeoutError(f"{command[0]} was not done after {seconds:g} s") from error


class RunningPrograms:
    """Programs that run until they are told to end; each has a log in `log_dir`. See recorder.Programs."""

    def __init__(self, log_dir: Path) -> None:
        self.environment: dict[str, str] = {}
        self._log_dir = log_dir
        self._running: dict[int, tuple[str, subprocess.Popen[bytes]]] = {}

    def start(self, name: str, command: Sequence[str]) -> int:
        """Start a program with our environment and what `environment` adds. Raises OSError.

        Where `setpriv` is (any Linux), it dies with us even if we are killed.
        """
        words = _found(command)
        setpriv = None if sys.platform == "win32" else shutil.which("setpriv")
        if setpriv is not None:
            words = [setpriv, "--pdeathsig", "KILL", "--", *words]
        self.trim_logs()
        with (self._log_dir / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                **_own_group(),
            )
        self._running[process.pid] = (name, process)
        return process.pid

    def reap(self) -> list[tuple[str, int, int]]:
        """Name, pid and exit code of those that ended since."""
        ended = [
            (name, pid, code) for pid, (name, process) in self._running.items() if (code := process.poll()) is not None
        ]
        for _, pid, _ in ended:
            del self._running[pid]
        return ended

    def interrupt(self, pid: int) -> None:
        """See Programs.interrupt."""
        if pid in self._running:
            with contextlib.suppress(ProcessLookupError):
                self._running[pid][1].send_signal(_INTERRUPT)

    def kill(self, pid: int) -> None:
        """See Programs.kill; what it started itself goes too."""
        if pid in self._running:
            _kill(self._running[pid][1])

    def trim_logs(self) -> None:
        """Empty each log that has grown too long; whoever writes to it goes on at its start."""
        for path in self._log_dir.glob("*.log"):
            with contextlib.suppress(OSError):  # Windows lets nobody cut off what another has open
                if path.stat().st_size > _LOG_BYTES:
                    os.truncate(path, 0)

    def kill_all(self) -> None:
        """End whatever still runs."""
        for _, process in self._running.values():
            _kill(process)

    def wait_for(self, pid: int, seconds: float) -> bool:
        """See Programs.wait_for."""
        until = time.monotonic() + seconds
        while pid in self._running and self._running[pid][1].poll() is None:
            if time.monotonic() >= until:
                return False
            time.sleep(_POLL_SECONDS)
        return True


def _found(command: Sequence[str]) -> list[str]:
    """The command with its program's whole path; raises FileNotFoundError."""
    program = shutil.which(command[0])
    if program is None:
        raise FileNotFoundError(f"there is no program {command[0]}")
    return [program, *command[1:]]


if sys.platform == "win32":
    _INTERRUPT = signal.CTRL_BREAK_EVENT  # the one that can be sent to a group of its own

    def _own_group() -> dict[str, Any]:
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}

    def _kill(process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
else:
    _INTERRUPT = signal.SIGINT

    def _own_group() -> dict[str, Any]:
        return {"start_new_session": True}

    def _kill(process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
