"""Recordings as a player sees them."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from elephant.agent.manifest import has_picture


@dataclass(frozen=True, slots=True)
class Video:
    """What ffprobe finds in a file after decoding every frame of it."""

    width: int
    height: int
    frames: int
    codec: str


def probe(path: Path) -> Video:
    """Decode the file's picture from beginning to end; raises AssertionError where anything is wrong with it."""
    command = [
        *("ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0"),
        *("-show_entries", "stream=width,height,nb_read_frames,codec_name", "-of", "json", str(path)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{path}: {done.stderr}"
    assert not done.stderr.strip(), f"{path}: {done.stderr}"
    (stream,) = json.loads(done.stdout)["streams"]
    return Video(stream["width"], stream["height"], int(stream["nb_read_frames"]), stream["codec_name"])


def segments_with_a_picture(directory: Path) -> list[str]:
    """The names of the segments in a directory whose first picture is written; others are dropped when they end."""
    return sorted(path.name for path in directory.glob("segment-*.mkv") if has_picture(path))


def videos_of(data_dir: Path, meeting_id: str, role: str) -> list[Video]:
    """Every segment of a seat, in order; all of them are in its manifest, and no other files lie beside them."""
    directory = data_dir / "recordings" / meeting_id / role
    manifest = json.loads((directory / "manifest.json").read_text())
    assert (manifest["meeting_id"], manifest["role"]) == (meeting_id, role)
    named = [segment["file"] for segment in manifest["segments"]]
    assert {path.name for path in directory.iterdir()} == {"manifest.json", *named}
    assert all(segment["ended_at"] for segment in manifest["segments"]), manifest
    return [probe(directory / name) for name in named]
