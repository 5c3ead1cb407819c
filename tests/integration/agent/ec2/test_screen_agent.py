"""The agent with the recorder of a session, as on Windows: real pictures of a real screen, out of the one file."""

import os
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from elephant.agent.manifest import has_picture
from scripts.package_agent import package_agent
from tests.integration.agent.ec2.machine_world import PATIENCE_SECONDS, MachineWorld, eventually
from tests.integration.agent.ec2.screen_world import ScreenWorld, frames
from tests.integration.agent.rfb_client import RfbClient

pytestmark = pytest.mark.integration

IMAGE = Path(__file__).resolve().parents[4] / "infra/image/windows/files/screen.toml"


class Desktop:
    """A screen, and somebody at it who can make it another size."""

    def __init__(self, directory: Path) -> None:
        self._socket = directory / "vnc"  # a socket's path has room for 107 bytes (unix(7))
        reading, writing = os.pipe()
        self._server = subprocess.Popen(
            [
                *("Xtigervnc", "-displayfd", str(writing), "-geometry", "641x481", "-SecurityTypes", "None"),
                *("-rfbport", "-1", "-rfbunixpath", str(self._socket)),
            ],
            pass_fds=[writing],
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        with os.fdopen(reading) as said:
            self.display = f":{said.readline().strip()}"

    def resize(self, width: int, height: int) -> None:
        with RfbClient(self._socket) as person:
            person.resize(width, height)
        eventually(lambda: self._size() == (width, height), "the screen has another size")

    def _size(self) -> tuple[int, int]:
        with RfbClient(self._socket) as person:
            return person.size

    def close(self) -> None:
        self._server.terminate()
        self._server.wait(PATIENCE_SECONDS)


@pytest.fixture
def desktop() -> Iterator[Desktop]:
    with tempfile.TemporaryDirectory(prefix="ele-") as directory:
        made = Desktop(Path(directory))
        yield made
        made.close()


@pytest.fixture
def screen(machine: MachineWorld) -> Iterator[ScreenWorld]:
    """What the machine's agent records by; nothing of the session runs yet."""
    agent = package_agent(machine.here)
    world = ScreenWorld(machine.here)
    world.wake_by(agent)
    command = [sys.executable, "-I", str(agent), "record", str(world.write_settings()), "{file}"]
    machine.settings |= {"record_command": command, "close_seconds": PATIENCE_SECONDS}
    yield world
    machine.clear_away()
    world.clear_away()


def by_the_image(display: str) -> list[str]:
    """The words of the image for Windows, but for what is Windows' own; and what is recorded is written at once."""
    words: list[str] = tomllib.loads(IMAGE.read_text())["recorder"]
    here = {words[0]: "ffmpeg", "gdigrab": "x11grab", "desktop": display, "1000": "100"}
    assert here.keys() <= set(words)
    return [here.get(word, word) for word in words]


def await_pictures(machine: MachineWorld, number: int) -> None:
    path = machine.await_recording(number)
    eventually(lambda: has_picture(path), f"a picture in {path.name}", machine.log)


def test_a_session_that_dies_and_a_screen_of_another_size_cost_moments(
    machine: MachineWorld, screen: ScreenWorld, desktop: Desktop
) -> None:
    screen.settings["recorder"] = by_the_image(desktop.display)
    screen.settings["wait_seconds"] = PATIENCE_SECONDS
    screen.write_settings()
    machine.connect(1, "641x481")
    machine.start()
    await_pictures(machine, 1)
    (shown,) = screen.shown_by()
    os.kill(shown, signal.SIGKILL)
    await_pictures(machine, 2)
    desktop.resize(801, 599)
    machine.connect(1, "801x599")
    await_pictures(machine, 3)
    machine.connect(0)
    machine.await_handed_in()
    manifest = machine.api.manifest()
    names = [each["file"] for each in manifest["segments"]]
    assert names == [f"segment-{number:04d}.mkv" for number in (1, 2, 3)]
    assert manifest["problem"] == "the recorder ended by itself; its log says why"
    assert "the person's session: it hung up" in (machine.here / "run/recorder.log").read_text()
    for name, size in zip(names, [("642", "482"), ("642", "482"), ("802", "600")], strict=True):
        (machine.here / name).write_bytes(machine.api.files[name])
        width, height, number = frames(machine.here / name)
        assert (width, height) == size
        assert number >= 1


def test_without_a_session_the_desktop_works_and_its_manifest_says_why(
    machine: MachineWorld, screen: ScreenWorld
) -> None:
    screen.settings["wake"] = ["/bin/false"]
    screen.write_settings()
    machine.connect(1)
    machine.start()
    machine.await_reported((True, 1))
    eventually(lambda: machine.log().count("ended by itself with 1") >= 2, "it was tried again", machine.log)
    machine.connect(0)
    machine.await_handed_in()
    assert machine.api.manifest()["segments"] == []
    assert "ended by itself" in machine.api.manifest()["problem"]
    assert "nobody in the person's session answers" in (machine.here / "run/recorder.log").read_text()
    assert machine.end() == 0
