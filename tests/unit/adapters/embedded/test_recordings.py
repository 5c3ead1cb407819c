"""Recordings on disk, among what a hostile desktop may put there."""

import json
import os
from pathlib import Path

import pytest

from elephant.adapters.embedded.recordings import RecordingNotFound, Recordings
from elephant.domain.meeting import DEFAULT_ROLES
from elephant.ports.errors import Permanent

MEETING, ROLE = "abcdefgh12345678", DEFAULT_ROLES[0]


@pytest.fixture
def recordings(tmp_path: Path) -> Recordings:
    found = Recordings(tmp_path)
    assert found.prepare(MEETING, ROLE, None) == tmp_path / "recordings" / MEETING / ROLE
    (tmp_path / "host_token").write_text("secret")
    return found


def folder(recordings: Recordings) -> Path:
    return recordings.directory(MEETING, ROLE)


def test_a_segment_is_read(recordings: Recordings) -> None:
    (folder(recordings) / "segment-0001.mkv").write_bytes(b"pictures")
    with recordings.open_segment(MEETING, ROLE, "segment-0001.mkv") as file:
        assert file.read() == b"pictures"


def test_a_manifest_is_read(recordings: Recordings) -> None:
    segment = {"file": "segment-0001.mkv", "started_at": "2026-11-21T14:00:00Z", "ended_at": None, "size_bytes": 7}
    manifest = {"meeting_id": "another", "role": "another", "segments": [{**segment, "url": "javascript:alert(1)"}]}
    (folder(recordings) / "manifest.json").write_text(json.dumps(manifest))
    assert recordings.manifest(MEETING, ROLE) == {"meeting_id": MEETING, "role": ROLE, "segments": [segment]}


def test_preparing_again_keeps_what_is_there(recordings: Recordings) -> None:
    (folder(recordings) / "segment-0001.mkv").write_bytes(b"pictures")
    recordings.prepare(MEETING, ROLE, None)
    assert (folder(recordings) / "segment-0001.mkv").read_bytes() == b"pictures"
    assert folder(recordings).stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../../../host_token",
        "/etc/passwd",
        "manifest.json",
        "segment-0001.mkv/",
        "segment-0001.mkv\0",
        "x" * 5000,
    ],
)
def test_no_other_name_is_opened(recordings: Recordings, name: str) -> None:
    with pytest.raises(RecordingNotFound):
        recordings.open_segment(MEETING, ROLE, name)


@pytest.mark.parametrize("meeting_id", ["", "..", "../..", "a/b", "unknown", "A", "x" * 5000])
def test_no_other_meeting_is_looked_at(recordings: Recordings, meeting_id: str) -> None:
    with pytest.raises(RecordingNotFound):
        recordings.manifest(meeting_id, ROLE)


@pytest.mark.parametrize("role", ["", "..", "../..", "a/b", "unknown", "A", "x" * 5000])
def test_no_other_role_is_looked_at(recordings: Recordings, role: str) -> None:
    with pytest.raises(RecordingNotFound):
        recordings.manifest(MEETING, role)


@pytest.mark.parametrize("target", ["link", "pipe", "directory"])
def test_what_is_no_file_is_not_opened(recordings: Recordings, target: str) -> None:
    for name in ("segment-0001.mkv", "manifest.json"):
        path = folder(recordings) / name
        if target == "link":
            path.symlink_to(recordings.data_dir / "host_token")
        elif target == "pipe":
            os.mkfifo(path)
        else:
            path.mkdir()
    with pytest.raises(RecordingNotFound):
        recordings.open_segment(MEETING, ROLE, "segment-0001.mkv")
    with pytest.raises(RecordingNotFound):
        recordings.manifest(MEETING, ROLE)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"x": "' + b"x" * 1_000_000 + b'"}', b"[" * 100_000])
def test_a_damaged_manifest_is_said_to_be_damaged(recordings: Recordings, content: bytes) -> None:
    (folder(recordings) / "manifest.json").write_bytes(content)
    with pytest.raises(Permanent):
        recordings.manifest(MEETING, ROLE)
