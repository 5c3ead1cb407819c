"""A recording in the bucket of an installation on moto, as a desktop hands it in."""

import json
from collections.abc import Sequence

from tests.support.aws_installation import AwsInstallation

VIDEO = b"\x1aE\xdf\xa3 a recording"
MACHINE_ID = "i-0123456789abcdef0"
SEGMENT = {
    "file": "segment-0001.mkv",
    "started_at": "2026-11-21T14:00:00Z",
    "ended_at": "2026-11-21T14:40:00Z",
    "size_bytes": len(VIDEO),
}


def keep_recording(
    installation: AwsInstallation, meeting_id: str, role: str, segments: Sequence[object] = (SEGMENT,)
) -> str:
    """Put a segment and a manifest into the bucket, and return the seat's session data: where the manifest is."""
    s3, bucket = installation.server.client("s3"), installation.environment["RECORDINGS_BUCKET"]
    if bucket not in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    folder = f"{meeting_id}/{role}/{MACHINE_ID}"
    manifest = json.dumps({"meeting_id": meeting_id, "role": role, "segments": list(segments)})
    s3.put_object(Bucket=bucket, Key=f"{folder}/{SEGMENT['file']}", Body=VIDEO)
    s3.put_object(Bucket=bucket, Key=f"{folder}/manifest.json", Body=manifest.encode())
    return f"https://{bucket}.s3.eu-central-1.amazonaws.com/{folder}/manifest.json"
