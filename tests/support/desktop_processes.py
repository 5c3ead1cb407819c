"""What really runs of a data directory's desktops: read from /proc, not by the code under test."""

import os
import signal
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

_GONE = "ZX"


@dataclass(frozen=True, slots=True)
class Process:
    """A living process of a desktop; `depth` 1 is the host's PID namespace, `inner_pid` its pid in the innermost."""

    pid: int
    start_ticks: int
    machine_id: str
    meeting_id: str
    role: str
    inner_pid: int
    depth: int

    @property
    def is_main(self) -> bool:
        """True for the first process of a sandbox, with which all of it ends."""
        return self.depth > 1 and self.inner_pid == 1

    def runs(self) -> bool:
        """True while this very process runs."""
        return start_ticks_of(self.pid) == self.start_ticks


def start_ticks_of(pid: int) -> int | None:
    """When the process of this pid started; None if there is none, or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in _GONE else int(fields[19])


def name_of(pid: int) -> str:
    """The program's name, cut to 15 characters; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text(errors="replace").rstrip("\n")
    except (FileNotFoundError, ProcessLookupError):
        return ""


@dataclass
class DesktopProcesses:
    """The processes that carry the tags of one data directory; safe to ask many times a second."""

    data_dir: Path
    _known: dict[tuple[int, int], Process | None] = field(default_factory=dict)

    def all(self) -> list[Process]:
        """Every living tagged process."""
        alive: dict[tuple[int, int], Process | None] = {}
        for entry in os.scandir("/proc"):
            if not entry.name.isdecimal():
                continue
            pid = int(entry.name)
            ticks = start_ticks_of(pid)
            if ticks is None:
                continue
            # Only what carries tags keeps them for good: anything else may yet become another program.
            alive[pid, ticks] = self._known.get((pid, ticks)) or self._read(pid, ticks)
        self._known = alive
        return [each for each in alive.values() if each is not None]

    def mains(self) -> dict[str, Process]:
        """The main process of each machine."""
        return {each.machine_id: each for each in self.all() if each.is_main}

    def of_machine(self, machine_id: str) -> dict[str, list[Process]]:
        """A machine's processes by the names of their programs."""
        found: dict[str, list[Process]] = defaultdict(list)
        for each in self.all():
            if each.machine_id == machine_id:
                found[name_of(each.pid)].append(each)
        return found

    def kill_all(self) -> bool:
        """End everything, bypassing the code under test; True once nothing is left."""
        left = self.all()
        for each in left:
            try:
                os.kill(each.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return not left

    def _read(self, pid: int, ticks: int) -> Process | None:
        try:
            content = Path(f"/proc/{pid}/environ").read_bytes()
            status = Path(f"/proc/{pid}/status").read_text(errors="replace")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            return None
        pairs = (each.partition(b"=") for each in content.split(b"\0"))
        environment = {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}
        if environment.get("ELEPHANT_DATA_DIR") != str(self.data_dir) or "ELEPHANT_MACHINE_ID" not in environment:
            return None
        numbers = next((line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")), [str(pid)])
        return Process(
            pid=pid,
            start_ticks=ticks,
            machine_id=environment["ELEPHANT_MACHINE_ID"],
            meeting_id=environment.get("ELEPHANT_MEETING_ID", ""),
            role=environment.get("ELEPHANT_ROLE", ""),
            inner_pid=int(numbers[-1]),
            depth=len(numbers),
        )
