"""Desktops without a sandbox share a /tmp and must not get in each other's way."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.agent.agent_world import AgentWorld, eventually

pytestmark = pytest.mark.integration


@pytest.fixture
def neighbour() -> Iterator[AgentWorld]:
    """Another desktop beside `desk`."""
    directory = Path(tempfile.mkdtemp(prefix="ele-")).resolve()
    world = AgentWorld(directory)
    yield world
    world.clear_away()
    shutil.rmtree(directory)


def display_of(desktop: AgentWorld) -> str:
    """The display that the app was given."""
    (pid,) = eventually(lambda: desktop.pids("xterm"), "the app runs")
    environment = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return next(each for each in environment if each.startswith("DISPLAY="))


def test_each_has_a_screen_of_its_own_and_keeps_it(desk: AgentWorld, neighbour: AgentWorld) -> None:
    desk.start_healthy()
    neighbour.start_healthy()
    assert display_of(desk) != display_of(neighbour)
    with desk.connect_and_record():
        (pid,) = desk.pids("xterm")
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: set(desk.pids("xterm")) - {pid}, "the app finds its screen again")
        assert neighbour.end() == 0
        eventually(lambda: desk.api.health()[-1] == (True, 1), "the other one goes on")
    assert desk.end() == 0
