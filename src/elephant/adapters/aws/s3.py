"""Recordings in a bucket of S3, each uploaded in parts that machines PUT by presigned requests.

What S3 does: User Guide, "Uploading and copying objects using multipart upload" and "Checking object integrity"; API
Reference, ListMultipartUploads (by key, then by time), ListParts (checksums where the upload began with an algorithm).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from elephant.adapters.aws.errors import code_of, translating
from elephant.domain.upload import (
    UploadPart,
    UploadPlace,
    fitting,
    part_size_bytes,
    what_is_missing,
    why_no_room,
    why_no_room_for_parts,
)
from elephant.ports.errors import NoRoomForUpload, Temporary, UploadNotFound, UploadRefused
from elephant.ports.overlap import Answer, Overlap, in_turn
from elephant.ports.uploads import PartRequest, Upload

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

REQUEST_LASTS_SECONDS = 3600
_LISTED = 1000
_GONE = "NoSuchUpload"
_CHANGED = {"InvalidPart", "InvalidPartOrder"}


@dataclass(frozen=True, slots=True)
class S3Uploads:
    """The port Uploads over a bucket that exists; the client brings time limits, attempts and the way of signing.

    A presigned request is one of whoever signed it, so the role of the function that has this needs `s3:PutObject` for
    the parts although it never sends one.
    """

    client: "S3Client"
    bucket: str
    overlap: Overlap = in_turn

    def begin(self, place: UploadPlace, size_bytes: int) -> Upload:
        """See Uploads.begin. What was begun and never completed is S3's to drop, by the bucket's lifecycle."""
        key, size = place.path, part_size_bytes(size_bytes)
        begun, files = self._beside_files(place, lambda: self._begun(place))
        problem = why_no_room(place, size_bytes, files, [name for name, _ in begun])
        if problem:
            raise NoRoomForUpload(problem)
        # of two that were begun at once the first one is gone on with
        known = next((upload_id for name, upload_id in begun if name == place.name), None)
        arrived = None if known is None else self._arrived(key, known)
        if known is None or arrived is None:
            return Upload(id=self._created(key), part_size_bytes=size, uploaded=())
        parts = fitting((part for part, _ in arrived), size_bytes)
        return Upload(id=known, part_size_bytes=size, uploaded=parts)

    def part_requests(self, place: UploadPlace, upload_id: str, parts: Sequence[UploadPart]) -> Sequence[PartRequest]:
        """See Uploads.part_requests. Nothing is called: length and checksum are signed, and S3 looks at both."""
        problem = why_no_room_for_parts(place, parts)
        if problem:
            raise NoRoomForUpload(problem)
        return [self._part_request(place.path, upload_id, part) for part in parts]

    def complete(self, place: UploadPlace, upload_id: str, size_bytes: int, parts: Sequence[tuple[int, str]]) -> str:
        """See Uploads.complete. Once it is done S3 knows the upload no more, so then the file has to be there."""
        key = place.path
        arrived, files = self._beside_files(place, lambda: self._arrived(key, upload_id))
        if arrived is not None:
            problem = what_is_missing(size_bytes, parts, (part for part, _ in arrived))
            if problem:
                raise UploadRefused(problem)
            too_much = why_no_room(place, size_bytes, files)
            if too_much:
                raise NoRoomForUpload(too_much)
            tags = {part.number: tag for part, tag in arrived}
            if self._is_completed(key, upload_id, [(number, sha256, tags[number]) for number, sha256 in parts]):
                return self._url(key)
        if not self._stands(key, size_bytes):
            raise UploadNotFound
        return self._url(key)

    @property
    def _resource(self) -> str:
        return f"the bucket {self.bucket} (RECORDINGS_BUCKET)"

    def _url(self, key: str) -> str:
        return f"https://{self.bucket}.s3.{self.client.meta.region_name}.amazonaws.com/{key}"

    def _begun(self, place: UploadPlace) -> list[tuple[str, str]]:
        """Those of the place's machine that are not completed, as name and id, of one name the first begun first.

        Only a page, which has more than a machine may begin.
        """
        with translating("s3", self._resource):
            answer = self.client.list_multipart_uploads(Bucket=self.bucket, Prefix=place.folder)
        return [(each["Key"].removeprefix(place.folder), each["UploadId"]) for each in answer.get("Uploads", [])]

    def _files(self, place: UploadPlace) -> dict[str, int]:
        """The sizes of those of the place's machine that are there, by name; a page, as above."""
        with translating("s3", self._resource):
            answer = self.client.list_objects_v2(Bucket=self.bucket, Prefix=place.folder, MaxKeys=_LISTED)
        return {each["Key"].removeprefix(place.folder): each["Size"] for each in answer.get("Contents", [])}

    def _beside_files(self, place: UploadPlace, call: Callable[[], Answer]) -> tuple[Answer, dict[str, int]]:
        """The call's answer, and what is listed at the same time."""
        answers: list[Answer] = []
        files: dict[str, int] = {}
        self.overlap([lambda: answers.append(call()), lambda: files.update(self._files(place))])
        return answers[0], files

    def _arrived(self, key: str, upload_id: str) -> list[tuple[UploadPart, str]] | None:
        """The parts that are there, with S3's tag of each; None for an upload that S3 does not know (any more)."""
        with translating("s3", self._resource):
            try:
                pages = self.client.get_paginator("list_parts").paginate(
                    Bucket=self.bucket, Key=key, UploadId=upload_id
                )
                listed = [part for page in pages for part in page.get("Parts", [])]
            except ClientError as error:
                if code_of(error) != _GONE:
                    raise
                return None
        return [(_part(each), each["ETag"]) for each in listed]

    def _created(self, key: str) -> str:
        with translating("s3", self._resource):
            answer: Mapping[str, Any] = self.client.create_multipart_upload(
                Bucket=self.bucket, Key=key, ChecksumAlgorithm="SHA256"
            )
        if "UploadId" not in answer:
            raise Temporary(f"{self._resource}: the answer to beginning an upload is not whole")
        return str(answer["UploadId"])

    def _part_request(self, key: str, upload_id: str, part: UploadPart) -> PartRequest:
        asked = {
            "Bucket": self.bucket,
            "Key": key,
            "UploadId": upload_id,
            "PartNumber": part.number,
            "ContentLength": part.size_bytes,
            "ChecksumSHA256": part.sha256,
        }
        with translating("s3", self._resource):
            url = self.client.generate_presigned_url("upload_part", Params=asked, ExpiresIn=REQUEST_LASTS_SECONDS)
        return PartRequest(number=part.number, url=url, headers={"x-amz-checksum-sha256": part.sha256})

    def _is_completed(self, key: str, upload_id: str, parts: Sequence[tuple[int, str, str]]) -> bool:
        """True where it is done now; False where S3 does not know the upload: an earlier attempt may have been."""
        with translating("s3", self._resource):
            try:
                answer: Mapping[str, Any] = self.client.complete_multipart_upload(
                    Bucket=self.bucket,
                    Key=key,
                    UploadId=upload_id,
                    MultipartUpload={
                        "Parts": [
                            {"PartNumber": number, "ChecksumSHA256": sha256, "ETag": tag}
                            for number, sha256, tag in parts
                        ]
                    },
                )
            except ClientError as error:
                if code_of(error) in _CHANGED:
                    raise UploadRefused("a part was sent again meanwhile") from error
                if code_of(error) != _GONE:
                    raise
                return False
        if "ETag" not in answer:
            raise Temporary(f"{self._resource}: the answer to completing an upload is not whole")
        return True

    def _stands(self, key: str, size_bytes: int) -> bool:
        """True where the file is there. Listing tells its size, and needs no right to read what is in it."""
        with translating("s3", self._resource):
            answer = self.client.list_objects_v2(Bucket=self.bucket, Prefix=key, MaxKeys=1)
        return any(each["Key"] == key and each["Size"] == size_bytes for each in answer.get("Contents", []))


def _part(listed: Mapping[str, Any]) -> UploadPart:
    # one without a checksum is none that was sent by a request of ours, and fits no file
    return UploadPart(number=listed["PartNumber"], size_bytes=listed["Size"], sha256=listed.get("ChecksumSHA256", ""))
