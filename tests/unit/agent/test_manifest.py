"""The manifest: what lies in a seat's directory, whoever put it there."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.agent.manifest import (
    FILE_NAME,
    RESERVED_BYTES,
    Segment,
    has_picture,
    manifest_of,
    next_segment_name,
    read_segments,
    reserve_room,
    write_manifest,
)

URL = "http://127.0.0.1:8080/recordings/abcdefgh12345678/guest"
KNOWN = Segment(file="segment-0002.mkv", started_at="2026-11-21T14:00:00Z", ended_at="2026-11-21T14:10:00Z")
JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["segments", "file", "started_at"]), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], "segment-0001.mkv"),
        (["segment-0001.mkv", "segment-0009.mkv"], "segment-0010.mkv"),
        (["segment-9999.mkv"], "segment-10000.mkv"),
        (
            ["segment-1.mkv", "segment-0003.mkv.new", "segment-\u0660\u0661\u0662\u0663.mkv", "other"],
            "segment-0001.mkv",
        ),
    ],
)
def test_segments_are_counted_on(tmp_path: Path, names: list[str], expected: str) -> None:
    for name in names:
        (tmp_path / name).touch()
    assert next_segment_name(tmp_path) == expected


def test_every_segment_with_anything_in_it_is_listed_in_order(tmp_path: Path) -> None:
    for name in ("segment-10000.mkv", "segment-0002.mkv", "segment-0001.mkv"):
        (tmp_path / name).write_bytes(b"12345")
    (tmp_path / "segment-0003.mkv").touch()
    (tmp_path / "segment-0004.mkv").symlink_to("nowhere")
    (tmp_path / "segment-0005.mkv").mkdir()
    manifest = manifest_of(tmp_path, "abcdefgh12345678", "guest", [KNOWN], URL, None)
    segments = manifest.pop("segments")
    assert manifest == {"meeting_id": "abcdefgh12345678", "role": "guest"}
    assert [each["file"] for each in segments] == ["segment-0001.mkv", "segment-0002.mkv", "segment-10000.mkv"]
    assert segments[0] == {
        "file": "segment-0001.mkv",
        "started_at": None,
        "ended_at": None,
        "size_bytes": 5,
        "url": f"{URL}/segment-0001.mkv",
    }
    assert (segments[1]["started_at"], segments[1]["ended_at"]) == (KNOWN.started_at, KNOWN.ended_at)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    (tmp_path / KNOWN.file).write_bytes(b"1")
    write_manifest(tmp_path, manifest_of(tmp_path, "m", "guest", [KNOWN], URL, "the disk was full"))
    assert read_segments(tmp_path) == [KNOWN]
    assert json.loads((tmp_path / FILE_NAME).read_text())["problem"] == "the disk was full"
    assert {path.name for path in tmp_path.iterdir()} == {FILE_NAME, KNOWN.file}


def test_the_room_set_aside_is_used_and_leaves_no_trace(tmp_path: Path) -> None:
    reserve_room(tmp_path)
    (reserved,) = tmp_path.iterdir()
    assert reserved.stat().st_size == RESERVED_BYTES
    place = reserved.stat().st_ino
    write_manifest(tmp_path, {"segments": []})
    assert (tmp_path / FILE_NAME).stat().st_ino == place
    assert json.loads((tmp_path / FILE_NAME).read_bytes()) == {"segments": []}


def test_no_manifest_is_not_a_damaged_one(tmp_path: Path) -> None:
    assert read_segments(tmp_path) == []
    for damaged in ("", "{", "[]", "{}", '{"segments": 1}', '{"segments": [{}]}', "[" * 100_000):
        (tmp_path / FILE_NAME).write_text(damaged)
        with pytest.raises(ValueError, match="damaged"):
            read_segments(tmp_path)


def test_what_cannot_be_read_is_no_empty_recording(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).symlink_to("elsewhere")
    with pytest.raises(OSError, match=FILE_NAME):
        read_segments(tmp_path)


def test_a_pipe_in_its_place_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILE_NAME)
    with pytest.raises(ValueError, match="damaged"):
        read_segments(tmp_path)


def test_only_what_has_a_cluster_has_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "segment-0001.mkv"
    assert not has_picture(path)
    for content, has in ((b"", False), (b"\x1a\x45\xdf\xa3" + bytes(5000), False), (b"\0\x1f\x43\xb6\x75\0", True)):
        path.write_bytes(content)
        assert has_picture(path) is has
    path.unlink()
    os.mkfifo(path)
    assert not has_picture(path), "nobody waits for who writes into a pipe"
    path.unlink()
    path.symlink_to("/etc/passwd")
    with pytest.raises(OSError, match="segment-0001"):
        has_picture(path)


@given(JSON)
def test_any_json_is_segments_or_damaged(tmp_path_factory: pytest.TempPathFactory, content: object) -> None:
    directory = tmp_path_factory.mktemp("manifest")
    (directory / FILE_NAME).write_text(json.dumps(content))
    try:
        segments = read_segments(directory)
    except ValueError:
        return
    write_manifest(directory, manifest_of(directory, "m", "guest", segments, URL, None))
