"""What passes between an agent and the API about uploads; standard library only.

`sha256` is base64 of the 32 bytes, as S3 has it in `x-amz-checksum-sha256`. Parts are numbered from 1.
"""

from dataclasses import dataclass
from typing import Any

from elephant.wire.json_fields import json_object, read_fields, text, whole_number

MOST_PARTS_ASKED = 10
"""Addresses signed with a role's credentials are near 2 KiB each; the API allows more in one answer than we read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a file, by its content."""

    number: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadBegun:
    """The answer to `POST /agent/uploads`: an upload that was begun, or goes on from what is there already."""

    upload_id: str
    part_size_bytes: int
    uploaded: tuple[Part, ...]

    @classmethod
    def parse(cls, content: bytes) -> "UploadBegun":
        """Read an answer; raises ValueError for anything else."""
        given = json_object(content, "the contents of the answer")
        readers = {"upload_id": text, "part_size_bytes": _some_bytes, "uploaded": _parts}
        return cls(**read_fields(given, readers))


@dataclass(frozen=True, slots=True, kw_only=True)
class PartTarget:
    """Where one part is to be PUT, with headers that its address was signed for."""

    number: int
    url: str
    headers: dict[str, str]


def parse_targets(content: bytes) -> tuple[PartTarget, ...]:
    """Read the answer to `POST /agent/uploads/parts`; raises ValueError for anything else."""
    given = json_object(content, "the contents of the answer")
    targets: tuple[PartTarget, ...] = read_fields(given, {"parts": _targets})["parts"]
    return targets


def parse_completed(content: bytes) -> str:
    """Read the answer to `POST /agent/uploads/complete`, the file's address; raises ValueError for anything else."""
    url: str = read_fields(json_object(content, "the contents of the answer"), {"url": text})["url"]
    return url


def _some_bytes(value: object) -> int:
    if not whole_number(value):
        raise ValueError("a whole number from 1 on")
    return whole_number(value)


def _list(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError("a list of JSON objects")
    return value


def _parts(value: object) -> tuple[Part, ...]:
    readers = {"number": _some_bytes, "size_bytes": whole_number, "sha256": text}
    return tuple(Part(**read_fields(each, readers)) for each in _list(value))


def _targets(value: object) -> tuple[PartTarget, ...]:
    readers = {"number": _some_bytes, "url": text, "headers": _headers}
    return tuple(PartTarget(**read_fields(each, readers)) for each in _list(value))


def _headers(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise ValueError("an object of texts")
    return value
