"""A recording on its way to where recordings are kept: in which parts it goes, and whether all of it has arrived."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

MOST_BYTES = 64 * 1024**3
_MEBIBYTE = 1024**2
_USUAL_PART_BYTES = 8 * _MEBIBYTE
# S3 takes 10,000 and lists 1,000 at once; a list of these with their checksums has to fit into one request of ours.
MOST_PARTS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPlace:
    """Which file of which seat's machine; `name` is one that the machine chose."""

    meeting_id: str
    role: str
    machine_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPart:
    """One part, numbered from one; `sha256` is the base64 of the digest's 32 bytes, as S3 has it."""

    number: int
    size_bytes: int
    sha256: str


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
