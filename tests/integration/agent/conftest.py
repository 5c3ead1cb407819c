"""One desktop for each test, in a directory with a short name, and nothing of it afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.agent.agent_world import AgentWorld


@pytest.fixture
def desk() -> Iterator[AgentWorld]:
    """A desktop whose agent was not started yet."""
    directory = Path(tempfile.mkdtemp(prefix="ele-")).resolve()  # a socket's path has room for 107 bytes (unix(7))
    world = AgentWorld(directory)
    yield world
    world.clear_away()
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def bubblewrap() -> list[str]:
    """A sandbox's command line that shows the whole host; skips where none is allowed, as in most containers."""
    user = [] if os.geteuid() == 0 else ["--unshare-user"]
    command = ["bwrap", *user, "--unshare-pid", "--die-with-parent", "--dev-bind", "/", "/"]
    done = subprocess.run([*command, "true"], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        pytest.skip(f"this host allows no sandbox at all: {done.stderr.strip()}")
    return command
