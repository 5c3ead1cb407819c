"""Places where recordings are kept, each with what a machine does to send a part there."""

import base64
import hashlib
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from botocore.config import Config

from elephant.adapters.aws.s3 import S3Uploads
from elephant.adapters.memory.uploads import MemoryUploads
from elephant.domain.upload import BYTES_PER_HOUR, UploadPart, UploadPlace, part_sizes
from elephant.ports.uploads import PartRequest, Uploads

if TYPE_CHECKING:
    from tests.support.aws_server import AwsServer

REGION = "eu-central-1"
PLACE = UploadPlace(
    meeting_id="abcdefgh12345678",
    role="teacher",
    machine_id="i-0123456789abcdef0",
    name="one.mkv",
    most_bytes=BYTES_PER_HOUR,
)
PATH = f"{PLACE.meeting_id}/{PLACE.role}/{PLACE.machine_id}/{PLACE.name}"


def sha256_of(content: bytes) -> str:
    """Its checksum as S3 writes it."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def parts_of(content: bytes) -> dict[int, bytes]:
    """A file in its parts."""
    parts, start = {}, 0
    for number, size_bytes in part_sizes(len(content)).items():
        parts[number] = content[start : start + size_bytes]
        start += size_bytes
    return parts


def described(parts: Mapping[int, bytes]) -> list[UploadPart]:
    """What is said of parts before they are sent."""
    return [UploadPart(number=n, size_bytes=len(each), sha256=sha256_of(each)) for n, each in parts.items()]


def told(parts: Mapping[int, bytes]) -> list[tuple[int, str]]:
    """What is said of them when all are there."""
    return [(number, sha256_of(content)) for number, content in parts.items()]


class UploadWorld(Protocol):
    """`uploads` is what is tested; `files` are those that are there, by path."""

    uploads: Uploads

    def put(self, url: str, headers: Mapping[str, str], content: bytes) -> int:
        """Send a part; the status that is answered."""

    def files(self) -> dict[str, bytes]:
        """What is there."""

    def forget(self, upload_id: str) -> None:
        """Drop an upload that was not completed, as a bucket's lifecycle does after a while."""


def send(world: UploadWorld, request: PartRequest, content: bytes) -> int:
    """Send a part as it was asked for."""
    return world.put(request.url, request.headers, content)


class MemoryWorld:
    """Files in memory."""

    def __init__(self) -> None:
        self._memory = MemoryUploads()
        self.uploads: Uploads = self._memory

    def put(self, url: str, headers: Mapping[str, str], content: bytes) -> int:
        """See UploadWorld."""
        return self._memory.put(url, headers, content)

    def files(self) -> dict[str, bytes]:
        """See UploadWorld."""
        return dict(self._memory.files)

    def forget(self, upload_id: str) -> None:
        """See UploadWorld."""
        del self._memory._begun[upload_id]


def put_over_http(url: str, headers: Mapping[str, str], content: bytes) -> int:
    """PUT as whoever has nothing but the URL and these headers."""
    # urllib adds a content type of its own to what has none
    sent = {"Content-Type": "application/octet-stream", **headers}
    request = urllib.request.Request(url, data=content, headers=sent, method="PUT")
    try:
        with urllib.request.urlopen(request, timeout=40) as answer:
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


class S3World:
    """A bucket of moto's; `make strict` has been called."""

    def __init__(self, server: "AwsServer") -> None:
        self.server, self.bucket = server, f"recordings-{secrets.token_hex(4)}"
        self.client: Any = server.client("s3", s3_config())
        self.client.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.uploads: Uploads = S3Uploads(self.client, self.bucket)

    def put(self, url: str, headers: Mapping[str, str], content: bytes) -> int:
        """See UploadWorld."""
        return put_over_http(url, headers, content)

    def files(self) -> dict[str, bytes]:
        """See UploadWorld."""
        listed = self.client.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return {
            each["Key"]: self.client.get_object(Bucket=self.bucket, Key=each["Key"])["Body"].read() for each in listed
        }

    def forget(self, upload_id: str) -> None:
        """See UploadWorld."""
        self.client.abort_multipart_upload(Bucket=self.bucket, Key=PATH, UploadId=upload_id)


def s3_config(**values: Any) -> Config:  # noqa: ANN401  any of Config's
    """As bootstrap/aws_clients.py has it, with other time limits."""
    return Config(
        signature_version="s3v4",
        s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
        **{
            "connect_timeout": 2,
            "read_timeout": 30,
            "retries": {"mode": "standard", "total_max_attempts": 3},
            **values,
        },
    )


@contextmanager
def strict() -> Iterator[None]:
    """moto's S3 verifies what S3 does."""
    from tests.support.strict_s3 import make_strict  # noqa: PLC0415  as late as moto itself

    with pytest.MonkeyPatch.context() as patch:
        make_strict(patch)
        yield
