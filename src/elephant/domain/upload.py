"""A recording on its way to where recordings are kept: whether there is room, its parts, and whether all arrived."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from elephant.domain.meeting import Meeting
from elephant.domain.timetable import Policy, launch_at

MOST_BYTES = 64 * 1024**3
_MEBIBYTE = 1024**2
_USUAL_PART_BYTES = 8 * _MEBIBYTE
# S3 takes 10,000 and lists 1,000 at once; a list of these with their checksums has to fit into one request of ours.
MOST_PARTS = 600

BYTES_PER_HOUR = 16 * 1024**3
"""What a seat may hand in for each hour that its desktop was booked for, or part of one: 38 Mbit/s all the time."""

MOST_FILES = 500
"""Of a seat's machine; fewer than S3 lists at once. A recorder begins one whenever somebody comes."""

MOST_BEGUN = 20
"""Uploads of a seat's machine that are not completed. An agent sends one file after the other."""

MANIFEST_NAME = "manifest.json"
MOST_MANIFEST_BYTES = 4 * _MEBIBYTE
"""One that is no larger is taken always: it tells what of a recording was not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPlace:
    """Which file of which seat's machine; `name` is one that the machine chose.

    `most_bytes` is what this machine may hand in in all, as far as is known now.
    """

    meeting_id: str
    role: str
    machine_id: str
    name: str
    most_bytes: int = field(compare=False)

    @property
    def folder(self) -> str:
        """What the paths of all of its machine's files begin with."""
        return f"{self.meeting_id}/{self.role}/{self.machine_id}/"

    @property
    def path(self) -> str:
        """Where it lies among all recordings."""
        return f"{self.folder}{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPart:
    """One part, numbered from one; `sha256` is the base64 of the digest's 32 bytes, as S3 has it."""

    number: int
    size_bytes: int
    sha256: str


def most_bytes(meeting: Meeting, policy: Policy) -> int:
    """What a seat's machine may hand in for a meeting, by its deadline as it is now."""
    hours = (meeting.deadline - launch_at(meeting.meet_time, policy)) / timedelta(hours=1)
    return max(1, math.ceil(hours)) * BYTES_PER_HOUR


def why_no_room(
    place: UploadPlace, size_bytes: int, files: Mapping[str, int], begun: Collection[str] = ()
) -> str | None:
    """Why a file of this size is too much; None where it is not.

    `files` are those of its machine that are there, by name with their sizes, and `begun` the names of those that are
    not yet. A file that is there may be replaced, and one that was begun may be gone on with.
    """
    name, others = place.name, sum(size for name, size in files.items() if name != place.name)
    if name == MANIFEST_NAME and size_bytes <= MOST_MANIFEST_BYTES:
        return None
    if others + size_bytes > place.most_bytes:
        return (
            f"{_gibibytes(others)} of {_gibibytes(place.most_bytes)} are there, and this has {_gibibytes(size_bytes)}"
        )
    if name not in files and len(files) >= MOST_FILES:
        return f"{len(files)} files are there"
    if name not in begun and len(begun) >= MOST_BEGUN:
        return f"{len(begun)} uploads were begun and not completed"
    return None


def why_no_room_for_parts(place: UploadPlace, parts: Iterable[UploadPart]) -> str | None:
    """Why one of these is too much; None where they may be parts of a file that is not."""
    most = part_size_bytes(place.most_bytes)
    too_large = next((part for part in parts if part.size_bytes > most), None)
    return None if too_large is None else f"part {too_large.number} has more than {most} bytes"


def _gibibytes(size_bytes: int) -> str:
    return f"{size_bytes / 1024**3:.1f} GiB"


def part_size_bytes(size_bytes: int) -> int:
    """The size of every part but the last of a file of this size: whole mebibytes, at least what S3 wants (5)."""
    enough = -(-size_bytes // MOST_PARTS)
    return max(_USUAL_PART_BYTES, -(-enough // _MEBIBYTE) * _MEBIBYTE)


def part_sizes(size_bytes: int) -> Mapping[int, int]:
    """The size of each part of a file of this size, by number."""
    usual = part_size_bytes(size_bytes)
    starts = range(0, size_bytes, usual)
    return {number: min(usual, size_bytes - start) for number, start in enumerate(starts, start=1)}


def fitting(arrived: Iterable[UploadPart], size_bytes: int) -> tuple[UploadPart, ...]:
    """Those of the parts that arrived which can be parts of a file of this size; one without a checksum can be none."""
    sizes = part_sizes(size_bytes)
    return tuple(part for part in arrived if part.sha256 and sizes.get(part.number) == part.size_bytes)


def what_is_missing(size_bytes: int, told: Sequence[tuple[int, str]], arrived: Iterable[UploadPart]) -> str | None:
    """Why these parts, told as number and checksum, do not make up a file of this size; None where they do."""
    sizes, by_number = part_sizes(size_bytes), {part.number: part for part in arrived}
    if [number for number, _ in told] != list(sizes):
        return f"a file of {size_bytes} bytes has the parts 1 to {len(sizes)}"
    for number, sha256 in told:
        part = by_number.get(number)
        if part is None:
            return f"part {number} has not arrived"
        if part.size_bytes != sizes[number]:
            return f"part {number} has {part.size_bytes} bytes, and should have {sizes[number]}"
        if part.sha256 != sha256:
            return f"part {number} arrived with another checksum"
    return None
