"""A real agent as a process of its own, with a real API on a unix socket, and ways to look at what it does."""

import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import elephant
from elephant.adapters.embedded.agent_process import agent_command
from elephant.adapters.embedded.sandbox_host import python_program
from elephant.agent.recorder import FRAMES_PER_SECOND
from tests.integration.agent.api_server import ApiServer
from tests.integration.agent.rfb_client import RfbClient
from tests.support.recording_check import segments_with_a_picture

LIBRARY = Path(elephant.__file__).resolve().parent.parent
PATIENCE_SECONDS = 40.0
CLUSTER = b"\x1f\x43\xb6\x75"
XTERM = ["xterm", "-fa", "DejaVu Sans Mono", "-fs", "10"]
URL = "http://127.0.0.1:8080/recordings/abcdefgh12345678/guest"

T = TypeVar("T")


def eventually(
    condition: Callable[[], T], what: str, seconds: float = PATIENCE_SECONDS, told_by: Callable[[], str] = str
) -> T:
    """Wait until something holds; returns it. `told_by` tells what was seen where it does not come to hold."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, f"not within {seconds:g} s: {what}; {told_by()}"
        time.sleep(0.02)
    return found


@dataclass
class AgentWorld:
    """One desktop in a directory of its own; `start` starts its agent with short times."""

    directory: Path
    machine_id: str = field(default_factory=lambda: f"d-{secrets.token_hex(8)}0")
    started_at: float = 0.0
    process: "subprocess.Popen[bytes] | None" = None
    api_server: ApiServer | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    recordings_seen_by: int | None = None
    people: list[RfbClient] = field(default_factory=list)

    def __post_init__(self) -> None:
        for path in (self.run_dir, self.recordings, self.directory / "home"):
            path.mkdir()
        self.settings = {
            "machine_id": self.machine_id,
            "meeting_id": "abcdefgh12345678",
            "role": "guest",
            "api": f"unix:{self.directory}/api.sock",
            "token": "opens it",
            "deadline": in_seconds(600).isoformat(),
            "margin_seconds": 60,
            "heartbeat_seconds": 1,
            "leave_seconds": 1,
            "app": XTERM,
            "geometry": "640x480",
            "vnc_socket": str(self.vnc_socket),
            "run_dir": str(self.run_dir),
            "recordings_dir": str(self.recordings),
            "recordings_url": URL,
            "record": True,
            "own_user": False,
        }

    @property
    def run_dir(self) -> Path:
        return self.directory / "run"

    @property
    def recordings(self) -> Path:
        return self.directory / "recordings"

    @property
    def recordings_dir(self) -> Path:
        """The same, as a process in another mount namespace sees it, where there is one."""
        if self.recordings_seen_by is None:
            return self.recordings
        return Path(f"/proc/{self.recordings_seen_by}/root{self.recordings}")

    @property
    def vnc_socket(self) -> Path:
        return self.run_dir / "vnc.sock"

    @property
    def api(self) -> ApiServer:
        assert self.api_server is not None
        return self.api_server

    @property
    def agent(self) -> "subprocess.Popen[bytes]":
        assert self.process is not None
        return self.process

    def start_api(self) -> ApiServer:
        """The API, from now on."""
        deadline = datetime.fromisoformat(self.settings["deadline"])
        self.api_server = ApiServer(self.directory / "api.sock", deadline)
        return self.api_server

    def start(
        self, *, wrapper: Sequence[str] = (), environment: dict[str, str] | None = None, **changed: object
    ) -> None:
        """Start the agent with these settings changed, and not wait for anything."""
        self.settings |= changed
        path = self.directory / "agent.json"
        path.write_text(json.dumps(self.settings))
        self.started_at = time.monotonic()
        with (self.directory / "agent.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*wrapper, *agent_command(python_program(), path)],
                env={
                    "PATH": "/usr/local/bin:/usr/bin:/bin",
                    "HOME": str(self.directory / "home"),
                    "PYTHONPATH": str(LIBRARY),
                    "PYTHONUNBUFFERED": "1",
                    "ELEPHANT_MACHINE_ID": self.machine_id,
                    **(environment or {}),
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def start_healthy(self, **changed: Any) -> None:  # noqa: ANN401  as of `start`
        """Start the API and the agent, and wait until it says that its desktop works."""
        self.settings |= {name: value for name, value in changed.items() if name == "deadline"}
        self.start_api()
        self.start(**changed)
        self.wait_healthy()

    def wait_healthy(self) -> None:
        eventually(lambda: self.api.is_healthy, "healthy is reported", told_by=self.log)

    def connect(self) -> RfbClient:
        """A person at the desktop."""
        self.people.append(RfbClient(self.vnc_socket))
        return self.people[-1]

    def connect_and_record(self) -> RfbClient:
        """A person at the desktop, whose recording has begun."""
        before = len(self.segments())
        person = self.connect()
        eventually(lambda: len(self.segments()) > before, "a segment is being written", told_by=self.log)
        self.wait_recorded(1)
        return person

    def wait_recorded(self, seconds: int) -> None:
        """So many seconds of picture are in the newest segment: the recorder begins a cluster with each."""

        def recorded() -> bool:
            newest = self.recordings_dir / self.segments()[-1]
            return newest.read_bytes().count(CLUSTER) > seconds

        eventually(recorded, f"{seconds} s are recorded", told_by=self.log)

    def end(self, seconds: float = PATIENCE_SECONDS) -> int:
        """Ask it to end as the server does; returns its exit code."""
        self.signal(signal.SIGTERM)
        return self.agent.wait(seconds)

    def wait_nothing_left(self) -> None:
        """The agent has ended, and so has everything of its desktop: what it killed last may still be dying."""
        eventually(lambda: not self.pids(), "nothing of the desktop is left")

    def signal(self, number: int) -> None:
        """Send a signal to the agent itself, in a sandbox or not."""
        (pid,) = eventually(lambda: self.pids(python_program().name), "the agent runs")
        os.kill(pid, number)

    def log(self) -> str:
        return (self.directory / "agent.log").read_text()

    def segments(self) -> list[str]:
        """The names of the segments that have a picture in them."""
        return segments_with_a_picture(self.recordings_dir)

    def manifest(self) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads((self.recordings_dir / "manifest.json").read_text())
        return manifest

    def pids(self, name: str = "") -> list[int]:
        """The processes of this desktop, or those that run one program; not by the code under test."""
        tag = f"ELEPHANT_MACHINE_ID={self.machine_id}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    if tag in (entry / "environ").read_bytes().split(b"\0") and _runs(entry, name):
                        found.append(int(entry.name))
                except (FileNotFoundError, ProcessLookupError, PermissionError):
                    continue
        return found

    def kill(self, name: str) -> int:
        """SIGKILL for the one process that runs this program; returns its pid."""
        (pid,) = eventually(lambda: self.pids(name), f"{name} runs")
        os.kill(pid, signal.SIGKILL)
        return pid

    def clear_away(self) -> None:
        """End whatever a test left, bypassing the code under test."""

        def is_clear() -> bool:
            for pid in self.pids():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            return not self.pids()

        for person in self.people:
            person.leave()
        eventually(is_clear, "what the test left behind is dead")
        if self.process is not None:
            self.process.wait(PATIENCE_SECONDS)
        if self.api_server is not None:
            self.api_server.close()


def _runs(entry: Path, name: str) -> bool:
    state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
    program = (entry / "cmdline").read_bytes().partition(b"\0")[0].decode(errors="replace").rpartition("/")[2]
    return state not in "ZX" and name in {"", program}


def in_seconds(seconds: float) -> datetime:
    """A time from now."""
    return datetime.now(UTC) + timedelta(seconds=seconds)


def plays(path: Path) -> float:
    """Seconds of picture in a file, as ffprobe decodes it frame by frame; fails on a file that cannot be played.

    By the time of the last frame: of a busy machine's screen there are fewer frames a second.
    """
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0"]
    command += ["-show_entries", "frame=best_effort_timestamp_time", "-of", "csv=p=0", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True)
    return float(done.stdout.split()[-1].rstrip(",")) + 1 / FRAMES_PER_SECOND
