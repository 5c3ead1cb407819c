"""One file by parts: what is there is not sent again, and what changes meanwhile is noticed."""

import base64
import errno
import hashlib
import json
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.agent.api import Api
from elephant.agent.ec2 import upload_file as upload_module
from elephant.agent.ec2.upload_file import BeginAnewError, RefusedError, UploadFile
from elephant.wire.upload_messages import MOST_PARTS_ASKED, Part, PartTarget

PART = 4


def sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


class World:
    """An API and a store in memory."""

    def __init__(self) -> None:
        self.parts: dict[int, bytes] = {}
        self.puts: Counter[int] = Counter()
        self.statuses: dict[str, int] = {}
        self.said = b""
        self.troubles: list[OSError | None] = []
        self.completed: dict[str, Any] = {}

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, bytes]:
        assert body["machine_id"] == "i-1"
        status = self.statuses.get(path, 200)
        if status != 200:
            return status, self.said
        if path == "/agent/uploads":
            have = [{"number": n, "size_bytes": len(c), "sha256": sha256(c)} for n, c in self.parts.items()]
            return 200, json.dumps({"upload_id": "u", "part_size_bytes": PART, "uploaded": have}).encode()
        if path == "/agent/uploads/parts":
            assert 0 < len(body["parts"]) <= MOST_PARTS_ASKED
            targets = [{"number": each["number"], "url": str(each["number"]), "headers": {}} for each in body["parts"]]
            return 200, json.dumps({"parts": targets}).encode()
        assert path == "/agent/uploads/complete"
        self.completed = body
        return 200, b'{"url": "https://bucket/file"}'

    def put(self, target: PartTarget, content: bytes) -> None:
        self.puts[target.number] += 1
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is not None:
            raise trouble
        self.parts[target.number] = content

    def upload(self, path: Path) -> tuple[int, str]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Api, "post", lambda _, where, body: self.post(where, body))
            patch.setattr(upload_module, "put_part", self.put)
            patch.setattr("elephant.agent.ec2.pauses.Pauses.next_seconds", lambda _: 0.0)
            return UploadFile(Api("https://api", "token"), "i-1", threading.Event())("segment-0001.mkv", path)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("upload") / "segment-0001.mkv"


@given(content=st.binary(min_size=1, max_size=60), have=st.sets(st.integers(1, 15)), wrong=st.sets(st.integers(1, 15)))
def test_only_what_is_missing_or_other_is_sent(path: Path, content: bytes, have: set[int], wrong: set[int]) -> None:
    path.write_bytes(content)
    parts = {number: content[at : at + PART] for number, at in enumerate(range(0, len(content), PART), start=1)}
    world = World()
    world.parts = {n: c + b"?" if n in wrong else c for n, c in parts.items() if n in have}
    assert world.upload(path) == (len(content), "https://bucket/file")
    assert world.parts == parts
    assert world.puts == Counter(parts.keys() - (have - wrong))
    assert world.completed["size_bytes"] == len(content)
    assert world.completed["parts"] == [{"number": n, "sha256": sha256(c)} for n, c in parts.items()]


def test_parts_that_fail_are_sent_again_and_the_others_not(path: Path) -> None:
    path.write_bytes(b"0123456789ab")
    world = World()
    world.troubles = [None, TimeoutError(), OSError("expired"), None, ConnectionResetError()]
    world.upload(path)
    assert world.puts == Counter({1: 1, 2: 2, 3: 3})


def test_a_store_that_stays_away_is_an_error_for_later(path: Path) -> None:
    path.write_bytes(b"0123")
    world = World()
    world.troubles = [OSError("away")] * 100
    with pytest.raises(OSError, match="away"):
        world.upload(path)
    assert world.puts[1] == upload_module.PART_ATTEMPTS


@pytest.mark.parametrize("route", ["/agent/uploads", "/agent/uploads/parts", "/agent/uploads/complete"])
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (503, OSError),
        (500, OSError),
        (429, OSError),
        (404, BeginAnewError),
        (409, BeginAnewError),
        (403, RefusedError),
        (410, RefusedError),
        (413, RefusedError),
        (422, RefusedError),
    ],
)
def test_what_the_api_says_decides_what_is_tried_again(
    path: Path, route: str, status: int, error: type[Exception]
) -> None:
    path.write_bytes(b"0123")
    world = World()
    world.statuses = {route: status}
    with pytest.raises(error, match=str(status)):
        world.upload(path)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            b'{"message": "this seat may hand in no more"}',
            "/agent/uploads answered with 413: this seat may hand in no more",
        ),
        (json.dumps({"message": "m" * 9999}).encode(), f"/agent/uploads answered with 413: {'m' * 300}"),
        *((said, "/agent/uploads answered with 413") for said in (b"", b"{}", b"[]", b'{"message": 7}', b"<html>\xff")),
    ],
)
def test_why_it_was_refused_is_told_in_the_words_of_the_api(path: Path, said: bytes, told: str) -> None:
    path.write_bytes(b"0123")
    world = World()
    world.statuses, world.said = {"/agent/uploads": 413}, said
    with pytest.raises(RefusedError) as refused:
        world.upload(path)
    assert str(refused.value) == told


def test_a_file_that_becomes_shorter_is_begun_anew_and_one_that_grows_goes_as_it_was(path: Path) -> None:
    path.write_bytes(b"0123456789ab")
    world = World()
    put = world.put

    def changing(target: PartTarget, content: bytes) -> None:
        put(target, content)
        if target.number == 1:
            path.write_bytes(changed)

    world.put = changing  # type: ignore[method-assign]
    changed = b"0123456789ab and more"
    assert world.upload(path)[0] == 12
    assert b"".join(world.parts.values()) == b"0123456789ab"
    path.write_bytes(b"0123456789ab")
    world.parts.clear()
    changed = b"01234"
    with pytest.raises(BeginAnewError, match="shorter"):
        world.upload(path)


def test_a_file_that_the_disk_does_not_give_is_no_matter_for_later(path: Path) -> None:
    path.write_bytes(b"0123")

    def unreadable(*_: object) -> list[Part]:
        raise OSError(errno.EIO, "Input/output error")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upload_module, "parts_of", unreadable)
        with pytest.raises(RefusedError, match="cannot be read"):
            World().upload(path)


def test_an_answer_without_an_address_for_a_part_is_refused(path: Path) -> None:
    path.write_bytes(b"0123")
    world = World()
    post = world.post

    def saying_nothing(path: str, body: dict[str, Any]) -> tuple[int, bytes]:
        return (200, b'{"parts": []}') if path.endswith("/parts") else post(path, body)

    world.post = saying_nothing  # type: ignore[method-assign]
    with pytest.raises(ValueError, match="no address"):
        world.upload(path)
