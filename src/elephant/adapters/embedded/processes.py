"""Processes by pid and start time, so that a pid used again is never taken for ours (proc(5), pidfd_open(2))."""

import contextlib
import functools
import os
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_PROC = Path("/proc")
_GONE_STATES = frozenset("ZXx")


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process for ever: `start_ticks` since boot (field 22 of /proc/PID/stat) of the boot `boot_id`."""

    pid: int
    start_ticks: int
    boot_id: str


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """What /proc/PID/stat says of a process."""

    identity: ProcessIdentity
    parent_pid: int
    is_gone: bool  # a zombie has ended: only its parent has not asked about it yet


@functools.cache
def boot_id() -> str:
    """The kernel's random name for this boot."""
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()


def parse_status(pid: int, stat: str, boot: str) -> ProcessStatus:
    """Read a line of /proc/PID/stat; the second field, the program's name, may hold blanks and brackets."""
    fields = stat[stat.rindex(")") + 1 :].split()
    return ProcessStatus(
        identity=ProcessIdentity(pid=pid, start_ticks=int(fields[19]), boot_id=boot),
        parent_pid=int(fields[1]),
        is_gone=fields[0] in _GONE_STATES,
    )


def status_of(pid: int) -> ProcessStatus | None:
    """The process of this pid now, or None if there is none."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return parse_status(pid, stat, boot_id())


def identity_of(pid: int) -> ProcessIdentity | None:
    """The identity of a living process of this pid, or None."""
    status = status_of(pid)
    return None if status is None or status.is_gone else status.identity


def is_alive(identity: ProcessIdentity) -> bool:
    """True while this very process runs; a zombie does not."""
    return identity_of(identity.pid) == identity


def open_pidfd(identity: ProcessIdentity) -> int:
    """A pidfd of this very process, readable once it ends; the caller closes it. ProcessLookupError if it is gone."""
    descriptor = os.pidfd_open(identity.pid)
    if not is_alive(identity):  # asked after opening: from here on the pid cannot mean another process
        os.close(descriptor)
        raise ProcessLookupError(identity.pid)
    return descriptor


def send_signal(identity: ProcessIdentity, number: signal.Signals) -> None:
    """Send a signal to this very process; nothing happens if it is gone."""
    with contextlib.suppress(ProcessLookupError):
        descriptor = open_pidfd(identity)
        try:
            signal.pidfd_send_signal(descriptor, number)
        finally:
            os.close(descriptor)


def wait_until_gone(identities: Iterable[ProcessIdentity], timeout_seconds: float) -> bool:
    """Wait for processes that were killed; False if one of them still runs after that time."""
    until = time.monotonic() + timeout_seconds
    left = list(identities)
    while left := [identity for identity in left if is_alive(identity)]:
        if time.monotonic() >= until:
            return False
        time.sleep(0.005)
    return True


def living_pids() -> Iterator[int]:
    """The pid of every process in this PID namespace. Raises OSError where /proc cannot be read."""
    return (int(entry.name) for entry in os.scandir(_PROC) if entry.name.isdecimal())


def environment_of(pid: int) -> dict[str, str]:
    """What a process was started with; empty for one that is gone, and for another user's that may not be read."""
    try:
        content = (_PROC / str(pid) / "environ").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return {}
    pairs = (entry.partition(b"=") for entry in content.split(b"\0"))
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}


def namespace_pids_of(pid: int) -> tuple[int, ...]:
    """The pid in each PID namespace that the process is in, from ours inwards; empty if it is gone."""
    try:
        lines = (_PROC / str(pid) / "status").read_text(errors="replace").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return ()
    numbers = next((line.partition(":")[2].split() for line in lines if line.startswith("NSpid:")), [])
    return tuple(int(number) for number in numbers)


def users_with_processes() -> set[int]:
    """The user ids that some process here runs as."""
    users: set[int] = set()
    for pid in living_pids():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            users.add((_PROC / str(pid)).stat().st_uid)
    return users


def name_of(pid: int) -> str | None:
    """The name of the program that a process runs, cut to 15 characters; None if there is no such process."""
    try:
        return (_PROC / str(pid) / "comm").read_text(errors="replace").rstrip("\n")
    except (FileNotFoundError, ProcessLookupError):
        return None


def started_at(identity: ProcessIdentity) -> datetime:
    """When a process of this boot was started, to about a second."""
    lines = (_PROC / "stat").read_text().splitlines()
    boot_seconds = next(int(line.split()[1]) for line in lines if line.startswith("btime "))
    return datetime.fromtimestamp(boot_seconds + identity.start_ticks / os.sysconf("SC_CLK_TCK"), tz=UTC)
