"""A seat's recording on disk: numbered segments, and the manifest that lists them."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

_NAME = re.compile(r"segment-(\d{4,8})\.mkv", re.ASCII)
FILE_NAME = "manifest.json"
RESERVED_BYTES = 32 * 1024
_MOST_BYTES = 1_000_000
_CLUSTER = b"\x1f\x43\xb6\x75"
_HEADERS_BYTES = 64 * 1024
# Whoever was at the desktop before could put anything there: a link must not lead us on, a pipe must not hold us up.
# Windows has neither there, and wants to be told that these are bytes.
_CAREFULLY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One file of a recording; times are ISO 8601, `ended_at` is None while it is being written."""

    file: str
    started_at: str | None
    ended_at: str | None


def next_segment_name(directory: Path) -> str:
    """The name after the highest that lies there, so that another machine of the same seat goes on counting."""
    numbers = [int(match[1]) for path in directory.iterdir() if (match := _NAME.fullmatch(path.name))]
    return f"segment-{max(numbers, default=0) + 1:04d}.mkv"


def read_segments(directory: Path) -> list[Segment]:
    """The segments of the manifest that lies there; none where there is no manifest.

    Raises OSError, and ValueError for a manifest that is damaged.
    """
    try:
        descriptor = os.open(directory / FILE_NAME, os.O_RDONLY | _CAREFULLY)
    except FileNotFoundError:
        return []
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(_MOST_BYTES)
    try:
        given = json.loads(content)["segments"]
        return [
            Segment(file=str(each["file"]), started_at=_text(each, "started_at"), ended_at=_text(each, "ended_at"))
            for each in given
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("it is damaged") from error


def _text(given: dict[str, Any], name: str) -> str | None:
    value = given.get(name)
    return value if isinstance(value, str) else None


def manifest_of(
    directory: Path, meeting_id: str, role: str, known: list[Segment], url: str, problem: str | None
) -> dict[str, Any]:
    """The manifest: every segment that has anything in it, those of killed recorders included, in order."""
    by_name = {segment.file: segment for segment in known}
    segments = []
    with os.scandir(directory) as entries:
        sizes = {each.name: each.stat().st_size for each in entries if each.is_file(follow_symlinks=False)}
    for name in sorted(filter(_NAME.fullmatch, sizes), key=lambda name: (len(name), name)):
        if sizes[name] > 0:
            segment = by_name.get(name, Segment(file=name, started_at=None, ended_at=None))
            segments.append(
                {
                    "file": segment.file,
                    "started_at": segment.started_at,
                    "ended_at": segment.ended_at,
                    "size_bytes": sizes[name],
                    "url": f"{url}/{segment.file}",
                }
            )
    manifest: dict[str, Any] = {"meeting_id": meeting_id, "role": role, "segments": segments}
    return manifest if problem is None else {**manifest, "problem": problem}


def has_picture(path: Path) -> bool:
    """True where a segment has a cluster (RFC 9559, 5.1.3), which begins right behind the headers; False for no file.

    Without one, what ffmpeg has closed in good order is no Matroska file at all: no player opens it. Raises OSError.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | _CAREFULLY)
    except FileNotFoundError:
        return False
    with os.fdopen(descriptor, "rb") as file:
        return _CLUSTER in file.read(_HEADERS_BYTES)


def reserve_room(directory: Path) -> None:
    """Set room aside for the next manifest: a recording that fills the disk is still told of. Raises OSError."""
    with _aside(directory) as file:
        file.write(b"\0" * RESERVED_BYTES)


def write_manifest(directory: Path, manifest: dict[str, Any]) -> None:
    """Put the manifest in place, whole or not at all, in the room that was set aside. Raises OSError."""
    with _aside(directory) as file:
        file.write(json.dumps(manifest, indent=1).encode())
        file.flush()
        file.truncate()
        os.fsync(file.fileno())
    _aside_path(directory).replace(directory / FILE_NAME)


def _aside_path(directory: Path) -> Path:
    return directory / f".{FILE_NAME}.new"


def _aside(directory: Path) -> BinaryIO:
    flags = os.O_WRONLY | os.O_CREAT | _CAREFULLY
    return os.fdopen(os.open(_aside_path(directory), flags, 0o600), "wb")
