"""Recordings in the bucket, for hosts: what a desktop handed in is read, checked, and made into links that soon end.

A seat's session data and the manifest that it leads to are written by a desktop, so neither is trusted: nothing outside
of the seat's own folder, `{meeting_id}/{role}/{machine_id}/`, is ever read or signed.
"""

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from elephant.adapters.aws.errors import code_of, translating
from elephant.ports.errors import Permanent, Temporary
from elephant.ports.recordings import NoSuchRecording
from elephant.wire.recording_manifest import parse_manifest

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

LINK_LIFE = timedelta(minutes=5)

_MANIFEST = "manifest.json"
_MANIFEST_BYTES = 1_000_000
_FILE = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_MACHINE = r"[A-Za-z0-9-]{1,64}"


@dataclass(frozen=True, slots=True)
class S3Recordings:
    """The port RecordingLinks over one bucket. The client brings the time limits and the repeated attempts."""

    client: "S3Client"
    bucket: str

    def listed(self, meeting_id: str, role: str, session_data: str) -> dict[str, Any]:
        """See RecordingLinks.listed; links are good for LINK_LIFE."""
        folder = self._folder(meeting_id, role, session_data)
        content = self._read(f"{folder}/{_MANIFEST}")
        try:
            manifest = parse_manifest(meeting_id, role, content, _is_file)
        except ValueError as error:
            raise Permanent(f"the manifest of {role} in meeting {meeting_id} is damaged: {error}") from error
        segments = [self._linked(folder, each) for each in manifest["segments"]]
        return manifest | {"segments": segments}

    def _folder(self, meeting_id: str, role: str, session_data: str) -> str:
        """The key of the folder that a desktop named, if it is one of this seat's own."""
        address = re.compile(
            rf"https://{re.escape(self.bucket)}\.s3\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?"
            rf"/({re.escape(meeting_id)}/{re.escape(role)}/{_MACHINE})/{re.escape(_MANIFEST)}"
        )
        found = address.fullmatch(session_data)
        if found is None:
            raise NoSuchRecording(f"what the desktop of {role} handed in is not in its place, so it is not shown here")
        return found[1]

    def _read(self, key: str) -> bytes:
        manifest = f"the manifest {key} in the bucket {self.bucket} (RECORDINGS_BUCKET)"
        with translating("s3", manifest):
            try:
                answer: Mapping[str, Any] = self.client.get_object(Bucket=self.bucket, Key=key)
            except ClientError as error:
                if code_of(error) == "NoSuchKey":
                    raise NoSuchRecording("the recording is not kept any more") from error
                if code_of(error) == "AccessDenied":
                    # what S3 also says of an object that is gone, to whoever may not list the bucket
                    raise Permanent(f"{manifest} has expired, or s3:GetObject is not allowed on it") from error
                raise
            # botocore takes an answer that was cut off in its headers for an empty one
            if "ContentLength" not in answer:
                raise Temporary(f"{manifest}: the answer to reading it is not whole")
            with contextlib.closing(answer["Body"]) as body:
                if answer["ContentLength"] > _MANIFEST_BYTES:
                    raise Permanent(f"{manifest} is longer than {_MANIFEST_BYTES} bytes")
                # all of it at once: botocore notices an answer that broke off in no other way
                content: bytes = body.read()
        return content

    def _linked(self, folder: str, segment: Mapping[str, Any]) -> dict[str, Any]:
        name = segment["file"]
        asked = {
            "Bucket": self.bucket,
            "Key": f"{folder}/{name}",
            # A page among the recordings would be the bucket's own: whatever it is, it is saved and never shown.
            "ResponseContentDisposition": f'attachment; filename="{folder.replace("/", "-")}-{name}"',
            "ResponseContentType": "application/octet-stream",
        }
        with translating("s3", f"the link to {name}"):
            url = self.client.generate_presigned_url(
                "get_object", Params=asked, ExpiresIn=int(LINK_LIFE.total_seconds())
            )
        rest = {key: value for key, value in segment.items() if key != "file"}
        return {"name": name, "url": url, **rest}


def _is_file(name: str) -> bool:
    return _FILE.fullmatch(name) is not None and name != _MANIFEST
