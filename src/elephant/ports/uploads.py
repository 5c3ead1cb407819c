"""How recordings come to where they are kept: in parts, sent by the machine that made them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from elephant.domain.upload import UploadPart, UploadPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One that is under way: `uploaded` are its parts that need not be sent again, as long as their checksum fits."""

    id: str
    part_size_bytes: int
    uploaded: tuple[UploadPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRequest:
    """Where and with which headers a part is PUT, by whoever has this; good for an hour and for that content alone."""

    number: int
    url: str
    headers: Mapping[str, str]


class Uploads(Protocol):
    """Takes files in. A file is there wholly, or not at all; one sent again replaces the one of before.

    Every method raises NoRoomForUpload for what would be more than the place's machine may hand in.
    """

    def begin(self, place: UploadPlace, size_bytes: int) -> Upload:
        """Begin to upload a file, or go on with what was begun for that place."""

    def part_requests(self, place: UploadPlace, upload_id: str, parts: Sequence[UploadPart]) -> Sequence[PartRequest]:
        """How to send these parts, in order. Whether there is such an upload shows when they are sent."""

    def complete(self, place: UploadPlace, upload_id: str, size_bytes: int, parts: Sequence[tuple[int, str]]) -> str:
        """Make the file out of its parts, told as number and checksum, and return its URL; may be repeated.

        Raises UploadRefused where they are not what arrived, or do not make up this size, and UploadNotFound.
        """
