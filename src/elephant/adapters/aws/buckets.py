"""A bucket of S3 that belongs to us: make it, put files into it, empty it, delete it.

Every call names the account that must own the bucket (ExpectedBucketOwner): names are the whole world's, and whoever
takes ours before us shall get none of our files.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from elephant.adapters.aws.errors import code_of, translating
from elephant.ports.errors import Permanent, Temporary

_MISSING = frozenset({"404", "NoSuchBucket", "NoSuchKey", "NotFound"})
_FOREIGN = frozenset({"403", "AccessDenied", "Forbidden", "BucketAlreadyExists"})
# S3's first region is the one that must not be named (CreateBucket, LocationConstraint)
_UNNAMED_REGION = "us-east-1"
_OLD_VERSIONS_DAYS = 30
_AT_ONCE = 1000
"""So many one request deletes (DeleteObjects)."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """The bucket of this name in this account; every method may raise Temporary and Permanent."""

    client: Any
    name: str
    account: str

    def exists(self) -> bool:
        """Raises Permanent where it is somebody else's."""
        with translating("s3", self._bucket):
            try:
                self.client.head_bucket(**self._ours)
            except ClientError as error:
                if code_of(error) in _MISSING:
                    return False
                raise self._foreign(error) from error
        return True

    def make(self, region: str) -> bool:
        """Make it, private, encrypted, versioned and for TLS alone; False where it is there. Mends what is not so."""
        is_new = not self.exists()
        if is_new:
            self._create(region)
        with translating("s3", self._bucket):
            self.client.put_public_access_block(
                **self._ours,
                PublicAccessBlockConfiguration=dict.fromkeys(
                    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
                ),
            )
            self.client.put_bucket_encryption(
                **self._ours,
                ServerSideEncryptionConfiguration={
                    "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
                },
            )
            self.client.put_bucket_versioning(**self._ours, VersioningConfiguration={"Status": "Enabled"})
            self.client.put_bucket_policy(**self._ours, Policy=json.dumps(_tls_only(self.name), sort_keys=True))
            self.client.put_bucket_lifecycle_configuration(**self._ours, LifecycleConfiguration=_old_versions_expire())
        return is_new

    def put_once(self, key: str, content: bytes) -> bool:
        """Put a file whose name is its content's hash; False where it is there."""
        with translating("s3", f"{key} in {self._bucket}"):
            try:
                self.client.head_object(**self._ours, Key=key)
            except ClientError as error:
                if code_of(error) not in _MISSING:
                    raise
            else:
                return False
        self.put(key, content, content_type="application/octet-stream")
        return True

    def put(self, key: str, content: bytes, *, content_type: str, cache_control: str = "") -> None:
        """Put a file, which S3 refuses unless it arrived as it was sent."""
        checksum = base64.b64encode(hashlib.sha256(content).digest()).decode()
        more = {"CacheControl": cache_control} if cache_control else {}
        with translating("s3", f"{key} in {self._bucket}"):
            answer = self.client.put_object(
                **self._ours, Key=key, Body=content, ContentType=content_type, ChecksumSHA256=checksum, **more
            )
        if "ETag" not in answer:
            raise Temporary(f"{key} in {self._bucket}: the answer to writing it is not whole")

    def text(self, key: str) -> str:
        """What a file holds; "" where there is none."""
        with translating("s3", f"{key} in {self._bucket}"):
            try:
                answer = self.client.get_object(**self._ours, Key=key)
                content = bytes(answer["Body"].read())
            except ClientError as error:
                if code_of(error) in _MISSING:
                    return ""
                raise
        if "ContentLength" not in answer:  # botocore takes an answer cut off in its headers for an empty file
            raise Temporary(f"{key} in {self._bucket}: the answer to reading it is not whole")
        return content.decode(errors="replace")

    def written(self, prefix: str) -> dict[str, datetime]:
        """When each file below the prefix was written."""
        found: dict[str, datetime] = {}
        following: dict[str, str] = {}
        while True:
            with translating("s3", self._bucket):
                page = self.client.list_objects_v2(**self._ours, Prefix=prefix, **following)
            if "KeyCount" not in page:
                raise Temporary(f"{self._bucket}: the answer to listing it is not whole")
            found |= {each["Key"]: each["LastModified"] for each in page.get("Contents", [])}
            if not page.get("NextContinuationToken"):
                return found
            following = {"ContinuationToken": page["NextContinuationToken"]}

    def remove(self, keys: Sequence[str]) -> None:
        """Delete files; those that are gone are fine."""
        for start in range(0, len(keys), _AT_ONCE):
            some = [{"Key": key} for key in keys[start : start + _AT_ONCE]]
            with translating("s3", self._bucket):
                answer = self.client.delete_objects(**self._ours, Delete={"Objects": some, "Quiet": True})
            self._refuse_errors(answer)

    def empty(self) -> int:
        """Delete every version of everything; how many there were. A bucket that is gone is empty."""
        total = 0
        while some := next(self._pages_of_versions(), []):
            with translating("s3", self._bucket):
                answer = self.client.delete_objects(**self._ours, Delete={"Objects": some, "Quiet": True})
            self._refuse_errors(answer)
            total += len(some)
        return total

    def delete(self) -> None:
        """Delete it with all that is in it; one that is gone is fine."""
        if not self.exists():
            return
        self.empty()
        with translating("s3", self._bucket):
            try:
                self.client.delete_bucket(**self._ours)
            except ClientError as error:
                if code_of(error) not in _MISSING:
                    raise

    def _refuse_errors(self, answer: Mapping[str, Any]) -> None:
        for error in answer.get("Errors", []):
            raise Permanent(f"{self._bucket}: {error.get('Key')} stays: {error.get('Message')}")

    def _create(self, region: str) -> None:
        where: Mapping[str, Any] = (
            {} if region == _UNNAMED_REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        )
        with translating("s3", self._bucket):
            try:
                self.client.create_bucket(Bucket=self.name, **where)
            except ClientError as error:
                if code_of(error) != "BucketAlreadyOwnedByYou":  # by an attempt whose answer was lost
                    raise self._foreign(error) from error

    def _pages_of_versions(self) -> Iterator[list[dict[str, str]]]:
        with translating("s3", self._bucket):
            try:
                page = self.client.list_object_versions(**self._ours)
            except ClientError as error:
                if code_of(error) in _MISSING:
                    return
                raise
        if "Name" not in page and "IsTruncated" not in page:
            raise Temporary(f"{self._bucket}: the answer to listing it is not whole")
        versions: Sequence[Mapping[str, str]] = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        yield [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in versions]

    def _foreign(self, error: ClientError) -> Exception:
        if code_of(error) in _FOREIGN:
            return Permanent(
                f"{self._bucket} belongs to another account, or you may not look at it; choose another name for the"
                " stack, or ask for the rights of docs/engineer-rights.md"
            )
        return error

    @property
    def _ours(self) -> dict[str, str]:
        return {"Bucket": self.name, "ExpectedBucketOwner": self.account}

    @property
    def _bucket(self) -> str:
        return f"the bucket {self.name}"


def _tls_only(name: str) -> Mapping[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "EncryptedOnTheWay",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def _old_versions_expire() -> Mapping[str, Any]:
    return {
        "Rules": [
            {
                "ID": "old-versions",
                "Status": "Enabled",
                "Filter": {"Prefix": ""},
                "NoncurrentVersionExpiration": {"NoncurrentDays": _OLD_VERSIONS_DAYS},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2},
            }
        ]
    }
