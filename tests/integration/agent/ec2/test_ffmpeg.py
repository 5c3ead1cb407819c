"""The recorder of the image for Ubuntu: ffmpeg on a real display."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from elephant.agent.ec2.programs import RunningPrograms
from elephant.agent.ec2.seat import filling
from elephant.agent.ec2.settings import ImageSettings
from elephant.agent.manifest import has_picture
from tests.integration.agent.ec2.machine_world import PATIENCE_SECONDS, eventually

pytestmark = pytest.mark.integration


@pytest.fixture
def display(tmp_path: Path) -> Iterator[str]:
    """A screen of odd size, as browsers' windows make them."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [
            *("Xtigervnc", "-displayfd", str(writing), "-geometry", "641x481", "-SecurityTypes", "None"),
            *("-rfbport", "-1", "-rfbunixpath", str(tmp_path / "vnc")),
        ],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as said:
        number = said.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait(PATIENCE_SECONDS)


def test_it_records_the_whole_display_and_closes_what_can_be_played(tmp_path: Path, display: str) -> None:
    programs, path = RunningPrograms(tmp_path), tmp_path / "segment-0001.mkv"
    pid = programs.start("recorder", filling(ImageSettings().record_command)(display, "", path))
    eventually(lambda: has_picture(path), "there is a picture", (tmp_path / "recorder.log").read_text)
    first = path.stat().st_size
    eventually(lambda: path.stat().st_size > first, "there is another", (tmp_path / "recorder.log").read_text)
    programs.interrupt(pid)
    assert programs.wait_for(pid, PATIENCE_SECONDS)
    probe = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-count_frames"]
    probe += ["-show_entries", "stream=width,height,nb_read_frames", "-of", "csv=p=0", str(path)]
    width, height, frames = subprocess.run(
        probe, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True
    ).stdout.split(",")
    assert (width, height) == ("642", "482")
    assert int(frames) > 1
