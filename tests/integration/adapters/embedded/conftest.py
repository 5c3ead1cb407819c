"""Desktops on this machine, in a sandbox and without one."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from elephant.adapters.embedded import agent_process
from elephant.adapters.embedded.desktop_settings import DesktopSettings
from tests.integration.adapters.embedded.desktop_world import DesktopWorld
from tests.integration.adapters.embedded.stub_agent import stub_agent_command


@pytest.fixture(scope="session")
def bubblewrap_runs() -> None:
    """Skip where not even the plainest sandbox is allowed, as in most containers; a fault of ours is no reason to."""
    namespace = [] if os.geteuid() == 0 else ["--unshare-user"]
    plainest = ["bwrap", *namespace, "--unshare-pid", "--ro-bind", "/", "/", "--proc", "/proc", "true"]
    done = subprocess.run(plainest, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        pytest.skip(f"this host allows no sandbox at all: {done.stderr.strip()}")


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A directory with a short name: the path of a unix socket has room for 107 bytes (unix(7))."""
    path = Path(tempfile.mkdtemp(prefix="ele-")).resolve()
    yield path
    subprocess.run(["chmod", "-R", "u+rwx", str(path)], check=False)
    shutil.rmtree(path)


def _world(data_dir: Path, monkeypatch: pytest.MonkeyPatch, *, use_sandbox: bool) -> DesktopWorld:
    monkeypatch.setattr(agent_process, "agent_command", stub_agent_command())
    return DesktopWorld(
        DesktopSettings(
            data_dir=data_dir,
            app_for=lambda _order, _machine_id: ["sleep", "600"],
            token_for=lambda meeting_id, role, machine_id: f"token of {meeting_id} {role} {machine_id}",
            recordings_url_for=lambda meeting_id, role: f"http://127.0.0.1:8080/recordings/{meeting_id}/{role}",
            use_sandbox=use_sandbox,
        )
    )


@pytest.fixture
def sandboxed(short_dir: Path, monkeypatch: pytest.MonkeyPatch, bubblewrap_runs: None) -> Iterator[DesktopWorld]:
    world = _world(short_dir, monkeypatch, use_sandbox=True)
    yield world
    world.clear_away()


@pytest.fixture
def plain(short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DesktopWorld]:
    world = _world(short_dir, monkeypatch, use_sandbox=False)
    yield world
    world.clear_away()


@pytest.fixture(params=["sandboxed", "plain"])
def world(request: pytest.FixtureRequest) -> DesktopWorld:
    """Desktops with the stub agent, once in sandboxes and once without."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, DesktopWorld)
    return found
