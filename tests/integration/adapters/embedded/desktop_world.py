"""A data directory with desktops in it, and ways to look at what really runs."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from elephant.adapters.embedded.desktop_settings import DesktopSettings
from elephant.adapters.embedded.desktops import EmbeddedDesktops
from elephant.adapters.embedded.machine_folder import MachineFolder
from elephant.domain.machine import Machine
from elephant.domain.meeting import DEFAULT_ROLES, Role
from elephant.ports.machines import LaunchOrder

NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
MEETING = "abcdefgh12345678"
ONE, OTHER = DEFAULT_ROLES
# Real agents look at the real clock, whatever time a test says that it is.
DEADLINE = datetime(2099, 1, 1, tzinfo=UTC)
PATIENCE_SECONDS = 40.0


def an_order(role: Role = ONE, *, meeting_id: str = MEETING, attempt: int = 1) -> LaunchOrder:
    """The order of one machine."""
    return LaunchOrder(
        meeting_id=meeting_id,
        role=role,
        attempt=attempt,
        deadline=DEADLINE,
        jitsi_url="https://meet.example/abcdefgh12345678",
    )


def eventually(condition: Callable[[], object], what: str) -> None:
    """Wait until something holds."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, f"not within {PATIENCE_SECONDS:g} s: {what}"
        time.sleep(0.01)


@dataclass
class DesktopWorld:
    """Servers come and go (`new_server`), the data directory and what runs stay."""

    settings: DesktopSettings
    servers: list[EmbeddedDesktops] = field(default_factory=list)

    def new_server(self, app: Sequence[str] = ("sleep", "600")) -> EmbeddedDesktops:
        """Another server's view of the same data directory."""
        server = EmbeddedDesktops(replace(self.settings, app_for=lambda *_: list(app)))
        self.servers.append(server)
        return server

    @property
    def data_dir(self) -> Path:
        return self.settings.data_dir

    def folder(self, machine_id: str) -> MachineFolder:
        return MachineFolder(self.settings.machines_dir / machine_id)

    def launch(self, server: EmbeddedDesktops, *orders: LaunchOrder, now: datetime = NOW) -> list[Machine]:
        """Launch and insist on machines, with their screens up."""
        outcomes = server.launch(orders or [an_order()], now)
        machines = [outcome for outcome in outcomes if isinstance(outcome, Machine)]
        assert len(machines) == len(outcomes), outcomes
        for machine in machines:
            eventually(self.folder(machine.id).vnc_socket.is_socket, "the screen is up")
        return machines

    def processes(self, machine_id: str = "") -> set[int]:
        """The pids that carry this data directory's tag in their environment; not by the code under test."""
        wanted = {f"ELEPHANT_DATA_DIR={self.data_dir}".encode()}
        if machine_id:
            wanted.add(f"ELEPHANT_MACHINE_ID={machine_id}".encode())
        return {pid for pid, environment in _environments() if wanted <= set(environment.split(b"\0"))}

    def main_pid(self, machine_id: str) -> int:
        process = self.folder(machine_id).process()
        assert process is not None
        return process.pid

    def nothing_is_left(self, *more_pids: int) -> bool:
        """No process and no directory of any machine, hidden ones included."""
        machines_dir = self.settings.machines_dir
        left = list(machines_dir.iterdir()) if machines_dir.exists() else []
        return not left and not self.processes() and not any(map(runs, more_pids))

    def reap_until_nothing_is_left(self, server: EmbeddedDesktops, now: datetime) -> list[Machine]:
        """What all reaps returned together."""
        ended: list[Machine] = []

        def reap() -> bool:
            ended.extend(server.reap(now))
            return self.nothing_is_left()

        eventually(reap, "everything is gone")
        return ended

    def reap_what_ends(self, server: EmbeddedDesktops, now: datetime) -> list[Machine]:
        """What the first reap returned that returned anything: a busy host takes its time to end what was killed."""
        ended: list[Machine] = []

        def reap() -> bool:
            ended.extend(server.reap(now))
            return ended != []

        eventually(reap, "a machine is reaped")
        return ended

    def clear_away(self) -> None:
        """End whatever a test left, bypassing the code under test, and take our children's exit codes."""
        eventually(self.kill_all, "what the test left behind is dead")
        for server in self.servers:
            for child in server._children:
                child.wait(PATIENCE_SECONDS)

    def kill_all(self) -> bool:
        """Kill every tagged process; True once none is left."""
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return not self.processes()


def runs(pid: int) -> bool:
    """True while there is such a process and it is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _environments() -> Sequence[tuple[int, bytes]]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                found.append((int(entry.name), (entry / "environ").read_bytes()))
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
    return found
