"""Servers on data directories of their own; whatever a test leaves running is ended from outside."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.desktop_processes import DesktopProcesses
from tests.support.server_process import ServerProcess, eventually, settings_of

MakeServer = Callable[..., ServerProcess]

FAST: Mapping[str, str] = settings_of(
    app="xterm",
    geometry="640x480",
    launch_lead_minutes_in_seconds=2,
    safety_net_minutes_in_seconds=600,
    rearm_minutes_in_seconds=2,
    duration_minutes_in_seconds=600,
    grace_minutes_in_seconds=30,
    margin_minutes_in_seconds=60,
    leave_seconds=4,
    presence_seconds=10,
    heartbeat_seconds=1,
    sweep_seconds=1,
)
"""Everything in seconds; a meeting lasts until a test ends it."""


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A directory with a short name: the path of a unix socket has room for 107 bytes (unix(7))."""
    path = Path(tempfile.mkdtemp(prefix="ele-")).resolve()
    yield path
    subprocess.run(["umount", "--lazy", "--quiet", str(path / "data")], check=False)
    shutil.rmtree(path)


@pytest.fixture
def make_server(short_dir: Path) -> Iterator[MakeServer]:
    """Makes servers on one data directory, which is missing at first; further ones share its desktops."""
    made: list[ServerProcess] = []

    def make(settings: Mapping[str, str] = FAST, **more: object) -> ServerProcess:
        server = ServerProcess(short_dir / "data", settings, short_dir / f"log-{len(made)}", **more)  # type: ignore[arg-type]  # its own fields
        made.append(server)
        return server

    yield make
    for server in made:
        server.kill()
    eventually(DesktopProcesses(short_dir / "data").kill_all, "what the test left behind is dead")


@pytest.fixture
def server(make_server: MakeServer) -> ServerProcess:
    """A server that runs."""
    server = make_server()
    server.start()
    return server


@pytest.fixture
def desktops(short_dir: Path) -> DesktopProcesses:
    """What runs of the data directory's desktops."""
    return DesktopProcesses(short_dir / "data")
