"""What is left of meetings on this machine: looked for in /proc and on the disk, without asking the code under test."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from elephant.adapters.embedded.names import machine_id_for
from elephant.domain.meeting import DEFAULT_ROLES
from elephant.domain.timetable import MAX_LAUNCHES
from tests.support.desktop_processes import name_of

_SOCKETS = Path("/proc/net/unix")
_MOUNTS = Path("/proc/self/mountinfo")


def leftovers(data_dir: Path, meeting_ids: Collection[str]) -> list[str]:
    """A line for each process, directory, address and socket of these meetings. Recordings stay, and are none."""
    names = {
        machine_id_for(meeting_id, role, attempt)
        for meeting_id in meeting_ids
        for role in DEFAULT_ROLES
        for attempt in range(1, MAX_LAUNCHES + 1)
    }
    tags = {f"ELEPHANT_MEETING_ID={meeting_id}".encode() for meeting_id in meeting_ids}
    return [
        *_processes(data_dir, tags),
        *(f"left on disk: {path}" for path in _below_run(data_dir) if any(name in path.name for name in names)),
        *_sockets(names),
    ]


def leftovers_of_all(data_dir: Path) -> list[str]:
    """A line for whatever is left of any meeting, even of one that nobody remembers."""
    mounts = [f"mount {line}" for line in _lines(_MOUNTS) if str(data_dir) in line]
    return [*_processes(data_dir, None), *(f"left on disk: {path}" for path in _below_run(data_dir)), *mounts]


def _processes(data_dir: Path, tags: Collection[bytes] | None) -> Iterator[str]:
    """Processes of this data directory with one of these tags; with any, where none are given."""
    for entry in os.scandir("/proc"):
        if not entry.name.isdecimal():
            continue
        try:
            environment = set(Path(entry.path, "environ").read_bytes().split(b"\0"))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # gone, or another user's
        is_machine = any(pair.startswith(b"ELEPHANT_MEETING_ID=") for pair in environment)
        if f"ELEPHANT_DATA_DIR={data_dir}".encode() not in environment or not is_machine:
            continue
        if tags is None or not environment.isdisjoint(tags):
            yield f"process {entry.name} ({name_of(int(entry.name))})"


def _below_run(data_dir: Path) -> Iterator[Path]:
    """The machines' directories, and the links that are their addresses."""
    for directory in (data_dir / "run" / "machines", data_dir / "run" / "addresses"):
        if directory.is_dir():
            yield from sorted(directory.iterdir())


def _sockets(names: Collection[str]) -> Iterator[str]:
    """Sockets of machines, whose paths have the machine's name in them; every network namespace of ours is this one."""
    return (f"socket {line.split()[-1]}" for line in _lines(_SOCKETS) if any(name in line for name in names))


def _lines(path: Path) -> list[str]:
    return path.read_text(errors="replace").splitlines()
