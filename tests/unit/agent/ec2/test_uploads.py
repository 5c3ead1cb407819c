"""Handing in: in its order, again after failures, and with whatever arrived."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from elephant.agent.api import Api
from elephant.agent.ec2.pauses import Pauses
from elephant.agent.ec2.upload_file import BeginAnewError, RefusedError, UploadFile
from elephant.agent.ec2.uploads import Uploads

PATIENCE = 40.0


class World:
    """A directory with two segments, and an upload that does as it is told."""

    def __init__(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory, self.run_dir = here / "recordings", here / "run"
        self.directory.mkdir()
        self.run_dir.mkdir()
        self.sent: list[str] = []
        self.manifests: list[bytes] = []
        self.handed_in: list[str] = []
        self.troubles: dict[str, list[Exception]] = {}
        names = ["segment-0001.mkv", "segment-0002.mkv"]
        for name in names:
            (self.directory / name).write_bytes(name.encode())
        manifest = {"meeting_id": "m", "role": "guest", "segments": [{"file": name, "size_bytes": 1} for name in names]}
        (self.directory / "manifest.json").write_text(json.dumps(manifest))
        monkeypatch.setattr(UploadFile, "__call__", lambda _, name, path: self._upload(name, path))
        monkeypatch.setattr(Pauses, "next_seconds", lambda _: 0.001)
        api = Api("https://api", "token")
        self.uploads = Uploads(api, "i-1", self.directory, self.run_dir, self.handed_in.append)

    def _upload(self, name: str, path: Path) -> tuple[int, str]:
        self.sent.append(name)
        if self.troubles.get(name):
            raise self.troubles[name].pop(0)
        if name == "manifest.json":
            self.manifests.append(path.read_bytes())
        return len(path.read_bytes()), f"https://bucket/{name}"

    def hand_in(self) -> None:
        self.uploads.hand_in()
        assert self.uploads.wait_done(PATIENCE)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World(tmp_path, monkeypatch)
    world.uploads.start()
    yield world
    world.uploads.stop()
    world.uploads._thread.join(PATIENCE)
    assert not world.uploads._thread.is_alive()


def test_segments_go_first_and_nothing_goes_twice_that_did_not_change(world: World) -> None:
    (world.directory / "segment-0001.mcap").write_bytes(b"what OCAP writes beside it")
    (world.directory / "segment-0003.mkv").write_bytes(b"is being written, and not listed yet")
    world.hand_in()
    assert world.sent == ["segment-0001.mkv", "segment-0001.mcap", "segment-0002.mkv", "manifest.json"]
    assert [each["size_bytes"] for each in json.loads(world.manifests[0])["segments"]] == [16, 16]
    (world.directory / "segment-0002.mkv").write_bytes(b"longer than it was before")
    world.hand_in()
    assert world.sent[4:] == ["segment-0002.mkv", "manifest.json"]
    assert world.handed_in == ["https://bucket/manifest.json"] * 2


def test_what_fails_is_tried_again_and_what_is_refused_is_named(world: World) -> None:
    world.troubles = {
        "segment-0001.mkv": [OSError("cut"), ValueError("no answer"), BeginAnewError("shorter"), KeyError("a bug")],
        "segment-0002.mkv": [RefusedError("410")],
        "manifest.json": [TimeoutError()],
    }
    world.hand_in()
    told = json.loads(world.manifests[0])
    assert [each["file"] for each in told["segments"]] == ["segment-0001.mkv", "segment-0002.mkv"], "it was tried anew"
    assert world.handed_in == ["https://bucket/manifest.json"]


def test_a_segment_that_is_refused_or_gone_does_not_keep_the_others(world: World) -> None:
    world.troubles = {"segment-0001.mkv": [BeginAnewError("409")] * 3}
    (world.directory / "segment-0002.mkv").unlink()
    world.hand_in()
    told = json.loads(world.manifests[0])
    assert told["segments"] == []
    assert "segment-0001.mkv could not be uploaded: 409, 3 times" in told["problem"]
    assert "segment-0002.mkv could not be uploaded" in told["problem"]


def test_a_manifest_that_is_refused_ends_the_matter(world: World) -> None:
    world.troubles = {"manifest.json": [RefusedError("no bucket")]}
    world.hand_in()
    assert world.handed_in == []


def test_a_disk_that_is_full_costs_a_note_and_no_recording(world: World, caplog: pytest.LogCaptureFixture) -> None:
    (world.directory / ".uploads.json.new").mkdir()  # stands for any write there that fails
    world.hand_in()
    assert world.handed_in == ["https://bucket/manifest.json"]
    assert "cannot be noted" in caplog.text


def eventually(condition: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_a_manifest_that_is_damaged_is_waited_for(world: World) -> None:
    good = (world.directory / "manifest.json").read_bytes()
    (world.directory / "manifest.json").write_bytes(b'{"segm')
    world.uploads.hand_in()
    assert not world.uploads.wait_done(0.05)
    (world.directory / "manifest.json").write_bytes(good)
    eventually(lambda: world.handed_in)
