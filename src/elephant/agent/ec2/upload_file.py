"""Uploads one file by parts, from wherever an earlier attempt got to: another process's, another connection's."""

import base64
import hashlib
import http.client
import logging
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from io import FileIO
from pathlib import Path
from urllib.parse import urlsplit

from elephant.agent.api import Api
from elephant.agent.ec2.pauses import Pauses
from elephant.wire.json_fields import json_object, text
from elephant.wire.upload_messages import (
    MOST_PARTS_ASKED,
    Part,
    PartTarget,
    UploadBegun,
    parse_completed,
    parse_targets,
)

logger = logging.getLogger(__name__)

STORE_SECONDS = 60.0
PART_ATTEMPTS = 5
_MOST_SAID = 300
_COME_AGAIN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_BEGIN_ANEW = {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}


class RefusedError(Exception):
    """The API does not take this file, now or later."""


class BeginAnewError(Exception):
    """This upload came to nothing; the file may be uploaded from its start."""


@dataclass(frozen=True, slots=True)
class UploadFile:
    """Uploads files of one machine. A call may be repeated after any failure, and after any end of the process."""

    api: Api
    machine_id: str
    stop: threading.Event

    def __call__(self, name: str, path: Path) -> tuple[int, str]:
        """Upload a file as it is now; returns its size and address.

        Raises OSError or ValueError for what may work later, BeginAnewError, and RefusedError.
        """
        with path.open("rb", buffering=0) as file:
            size_bytes = os.fstat(file.fileno()).st_size
            named = {"machine_id": self.machine_id, "name": name}
            begun = UploadBegun.parse(self._post("/agent/uploads", {**named, "size_bytes": size_bytes}))
            try:
                parts = list(parts_of(file, size_bytes, begun.part_size_bytes))
            except OSError as error:  # of the disk: the same every time, and the other files are waiting
                raise RefusedError(f"{path} cannot be read: {error}") from error
            missing = [part for part in parts if part not in begun.uploaded]
            if len(missing) < len(parts):
                logger.info("%s: goes on, %d of %d parts are there", name, len(parts) - len(missing), len(parts))
            named["upload_id"] = begun.upload_id
            for first in range(0, len(missing), MOST_PARTS_ASKED):
                self._put_all(file, begun.part_size_bytes, missing[first : first + MOST_PARTS_ASKED], named)
        listed = [{"number": part.number, "sha256": part.sha256} for part in parts]
        url = parse_completed(
            self._post("/agent/uploads/complete", {**named, "size_bytes": size_bytes, "parts": listed})
        )
        return size_bytes, url

    def _put_all(self, file: FileIO, part_size_bytes: int, parts: Sequence[Part], named: dict[str, str]) -> None:
        """PUT these parts; whatever fails gets a new address, since the one it had may have expired."""
        pauses = Pauses(first_seconds=0.2, last_seconds=10.0)
        left = list(parts)
        for attempt in range(1, PART_ATTEMPTS + 1):
            targets = self._targets(left, named)
            failed = []
            for part in left:
                try:
                    self._put(file, (part.number - 1) * part_size_bytes, part, targets)
                except OSError as error:
                    if attempt == PART_ATTEMPTS:
                        raise
                    logger.info("%s: part %d: %s", named["name"], part.number, str(error) or type(error).__name__)
                    failed.append(part)
            if not failed:
                return
            left = failed
            self.stop.wait(pauses.next_seconds())

    def _targets(self, parts: Sequence[Part], named: dict[str, str]) -> dict[int, PartTarget]:
        body = {**named, "parts": [asdict(part) for part in parts]}
        targets = {each.number: each for each in parse_targets(self._post("/agent/uploads/parts", body))}
        if not {part.number for part in parts} <= targets.keys():
            raise ValueError("the answer names no address for some of the parts")
        return targets

    def _put(self, file: FileIO, offset: int, part: Part, targets: dict[int, PartTarget]) -> None:
        if self.stop.is_set():
            raise InterruptedError("told to stop")
        file.seek(offset)
        content = file.read(part.size_bytes)
        if len(content) != part.size_bytes:
            raise BeginAnewError("the file became shorter while it was uploaded")
        put_part(targets[part.number], content)

    def _post(self, path: str, body: Mapping[str, object]) -> bytes:
        status, content = self.api.post(path, dict(body))
        if status == HTTPStatus.OK:
            return content
        if status in _BEGIN_ANEW:
            raise BeginAnewError(f"{path} answered with {status}")
        if status in _COME_AGAIN or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise OSError(f"{path} answered with {status}")
        raise RefusedError(f"{path} answered with {status}{_said(content)}")


def _said(content: bytes) -> str:
    """What an answer says of itself, for whoever looks for the recording; "" where it says nothing."""
    try:
        message = text(json_object(content, "the contents of the answer").get("message"))
    except ValueError:
        return ""
    return f": {message[:_MOST_SAID]}"


def parts_of(file: FileIO, size_bytes: int, part_size_bytes: int) -> Iterator[Part]:
    """The parts of a file, as long as they are; raises BeginAnewError where it is shorter than it was."""
    file.seek(0)
    for number, offset in enumerate(range(0, size_bytes, part_size_bytes), start=1):
        content = file.read(min(part_size_bytes, size_bytes - offset))
        if len(content) != min(part_size_bytes, size_bytes - offset):
            raise BeginAnewError("the file became shorter while it was read")
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode("ascii")
        yield Part(number=number, size_bytes=len(content), sha256=digest)


def put_part(target: PartTarget, content: bytes) -> None:
    """PUT one part to the store; raises OSError for everything but a plain yes."""
    where = urlsplit(target.url)
    kind = http.client.HTTPSConnection if where.scheme == "https" else http.client.HTTPConnection
    connection = kind(where.hostname or "", where.port, timeout=STORE_SECONDS)
    try:
        connection.request("PUT", f"{where.path}?{where.query}", content, target.headers)
        answer = connection.getresponse()
        answer.read(4096)
    except (http.client.HTTPException, ValueError) as error:
        # its text may name the address, whose signature is as good as a key for an hour
        raise OSError(f"the store gave no HTTP answer: {type(error).__name__}") from None
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK:
        raise OSError(f"the store answered with {answer.status}")
    if answer.headers.get("ETag") is None:
        # S3 names each part that it took; http.client takes an answer that was cut off in its head for a whole one
        raise OSError("the store's answer was cut off")
