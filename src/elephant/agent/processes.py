"""The agent's children: started, told apart by pid, reaped with everybody's orphans, and ended together."""

import os
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_LOG_BYTES = 256 * 1024
_POLL_SECONDS = 0.02
_DEFAULT_SIGNALS = [signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD]


def adopt_orphans() -> None:
    """Become the parent of every orphan below us, unless we are PID 1 and are that anyway (prctl(2))."""
    if os.getpid() == 1:
        return
    import ctypes  # noqa: PLC0415  takes a while, and nobody in a sandbox comes here

    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "could not become the reaper of orphans")


class Children:
    """Processes started for one desktop; each has a session of its own and a log in `log_dir`."""

    def __init__(self, log_dir: Path, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)
        self._log_dir = log_dir
        self._names: dict[int, str] = {}
        self._unheard: list[tuple[str, int, int]] = []

    def start(self, name: str, command: Sequence[str], *, pipe_to: int | None = None, output: int | None = None) -> int:
        """Start a program; returns its pid. It dies with us, even if we are killed.

        `pipe_to` is a descriptor that it gets as descriptor 3, `output` one that it gets as its standard output.
        Raises OSError.
        """
        log = self._open_log(name)
        try:
            actions: list[tuple[int, ...] | tuple[int, int, str, int, int]] = [
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, log if output is None else output, 1),
                (os.POSIX_SPAWN_DUP2, log, 2),
            ]
            if pipe_to is not None:
                actions.append((os.POSIX_SPAWN_DUP2, pipe_to, 3))
            words = ["setpriv", "--pdeathsig", "KILL", "--", *command]
            pid = os.posix_spawnp(
                words[0], words, self.environment, file_actions=actions, setsid=True, setsigdef=_DEFAULT_SIGNALS
            )
        finally:
            os.close(log)
        self._names[pid] = name
        return pid

    def _open_log(self, name: str) -> int:
        return os.open(self._log_dir / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def reap(self) -> list[tuple[str, int, int]]:
        """Name, pid and exit code of our own children that ended since; orphans are reaped without a word."""
        self._collect()
        ended, self._unheard = self._unheard, []
        return ended

    def wait_for(self, pid: int, seconds: float) -> bool:
        """Wait for one child; False if it still runs after so many seconds. The next `reap` tells of whoever ended."""
        until = time.monotonic() + seconds
        while True:
            self._collect()
            if pid not in self._names:
                return True
            if time.monotonic() >= until:
                return False
            time.sleep(_POLL_SECONDS)

    def _collect(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            name = self._names.pop(pid, None)
            if name is not None:
                self._unheard.append((name, pid, os.waitstatus_to_exitcode(status)))

    def trim_logs(self) -> None:
        """Empty each log that has grown too long; whoever writes to it goes on at its start. Raises OSError."""
        for path in self._log_dir.glob("*.log"):
            if path.stat().st_size > _LOG_BYTES:
                os.truncate(path, 0)

    def signal(self, pid: int, number: int) -> None:
        """Send a signal to a child of ours that was not reaped yet; to any other pid nothing is sent."""
        if pid in self._names:
            os.kill(pid, number)

    def signal_group(self, pid: int, number: int) -> None:
        """Send a signal to a child of ours as `signal` does, and to what it started in its session's first group."""
        if pid in self._names:
            os.killpg(pid, number)

    def interrupt(self, pid: int) -> None:
        """Ask a child of ours to end, as Ctrl-C does."""
        self.signal(pid, signal.SIGINT)

    def kill(self, pid: int) -> None:
        """End a child of ours at once."""
        self.signal(pid, signal.SIGKILL)

    def end_all(self, seconds: float) -> bool:
        """Ask everything below us to end, then kill it; True when nothing is left after so many seconds at most.

        Killed is what is left in any case: a host that stands still for a while may let the seconds pass unused.
        """
        until = time.monotonic() + seconds
        for number, patience_seconds in ((signal.SIGTERM, seconds / 3), (signal.SIGKILL, seconds)):
            phase_until = min(until, time.monotonic() + patience_seconds)
            is_sent = False
            while not is_sent or time.monotonic() < phase_until:
                self.reap()
                left = descendants(os.getpid())
                if not left:
                    return True
                for pid in left:
                    _send(pid, number)
                is_sent = True
                time.sleep(_POLL_SECONDS)
        self.reap()
        return not descendants(os.getpid())


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return  # it ended by itself, which is what we want of it


def descendants(pid: int) -> list[int]:
    """Every process below this one, the nearest first; zombies that wait for somebody else are left out."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            parent = _parent(entry)
            if parent is not None:
                parents[int(entry.name)] = parent
    found = [child for child, parent in parents.items() if parent == pid]
    for each in found:
        found.extend(child for child, parent in parents.items() if parent == each)
    return found


def _parent(entry: Path) -> int | None:
    try:
        state, parent = entry.joinpath("stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state == "Z" else int(parent)
