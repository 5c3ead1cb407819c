"""Uploads in memory: for tests and simulations."""

import base64
import hashlib
import itertools
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, quote, urlsplit

from elephant.domain.upload import (
    UploadPart,
    UploadPlace,
    fitting,
    part_size_bytes,
    what_is_missing,
    why_no_room,
    why_no_room_for_parts,
)
from elephant.ports.errors import NoRoomForUpload, UploadNotFound, UploadRefused
from elephant.ports.uploads import PartRequest, Upload

_CHECKSUM = "x-amz-checksum-sha256"


class MemoryUploads:
    """See Uploads. `files` are those that are there, by path; `put` is what sending a part does."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._begun: dict[str, tuple[UploadPlace, dict[int, bytes]]] = {}
        self._numbers = itertools.count(1)

    def begin(self, place: UploadPlace, size_bytes: int) -> Upload:
        """See Uploads.begin."""
        begun = [where.name for where, _ in self._begun.values() if where.folder == place.folder]
        _refuse(why_no_room(place, size_bytes, self._files_of(place), begun))
        known = next((upload_id for upload_id, (where, _) in self._begun.items() if where == place), None)
        upload_id = known or f"upload-{next(self._numbers)}"
        _, parts = self._begun.setdefault(upload_id, (place, {}))
        return Upload(
            id=upload_id,
            part_size_bytes=part_size_bytes(size_bytes),
            uploaded=fitting(_described(parts), size_bytes),
        )

    def part_requests(self, place: UploadPlace, upload_id: str, parts: Sequence[UploadPart]) -> Sequence[PartRequest]:
        """See Uploads.part_requests."""
        _refuse(why_no_room_for_parts(place, parts))
        return [
            PartRequest(
                number=part.number,
                url=f"memory:///{place.path}?uploadId={quote(upload_id)}&partNumber={part.number}",
                headers={_CHECKSUM: part.sha256},
            )
            for part in parts
        ]

    def put(self, url: str, headers: Mapping[str, str], content: bytes) -> int:
        """Send a part; the status that is answered."""
        target = urlsplit(url)
        query = parse_qs(target.query)
        place, parts = self._begun.get(query["uploadId"][0], (None, {}))
        if place is None or f"/{place.path}" != target.path:
            return 404
        if headers.get(_CHECKSUM) != _sha256(content):
            return 400
        parts[int(query["partNumber"][0])] = content
        return 200

    def complete(self, place: UploadPlace, upload_id: str, size_bytes: int, parts: Sequence[tuple[int, str]]) -> str:
        """See Uploads.complete."""
        path = place.path
        where, arrived = self._begun.get(upload_id, (None, {}))
        if where != place:
            if len(self.files.get(path, b"")) != size_bytes:
                raise UploadNotFound
            return f"memory:///{path}"
        problem = what_is_missing(size_bytes, parts, _described(arrived))
        if problem:
            raise UploadRefused(problem)
        _refuse(why_no_room(place, size_bytes, self._files_of(place)))
        self.files[path] = b"".join(arrived[number] for number, _ in parts)
        del self._begun[upload_id]
        return f"memory:///{path}"

    def _files_of(self, place: UploadPlace) -> dict[str, int]:
        return {
            path.removeprefix(place.folder): len(content)
            for path, content in self.files.items()
            if path.startswith(place.folder)
        }


def _refuse(problem: str | None) -> None:
    if problem:
        raise NoRoomForUpload(problem)


def _described(parts: Mapping[int, bytes]) -> list[UploadPart]:
    return [
        UploadPart(number=number, size_bytes=len(content), sha256=_sha256(content))
        for number, content in sorted(parts.items())
    ]


def _sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
