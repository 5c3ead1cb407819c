"""What a desktop handed in, and what of it hosts are shown."""

import functools
import io
import json
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ConnectTimeoutError
from botocore.response import StreamingBody

from elephant.adapters.aws.s3_recordings import S3Recordings
from elephant.bootstrap.aws_clients import Clients
from elephant.ports.errors import Permanent, Temporary
from elephant.ports.recordings import NoSuchRecording

BUCKET, MEETING, ROLE, MACHINE = "the-recordings", "m33t1ngm33t1ng00", "guest", "i-0123456789abcdef0"
ROOT = f"https://{BUCKET}.s3.eu-central-1.amazonaws.com"
PLACE = f"{MEETING}/{ROLE}/{MACHINE}/manifest.json"
SEGMENT = {"file": "segment-0001.mkv", "started_at": "2026-11-21T14:00:00Z", "ended_at": None, "size_bytes": 7}


@functools.cache
def a_client() -> Any:  # noqa: ANN401  as botocore has it
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        patch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        client = Clients().s3
        assert client.meta.region_name  # made here, before the calls are put off
        return client


class Bucket:
    """A client of botocore whose calls end here: `answer` is the manifest's content, what to raise, or the answer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._answer = answer
        monkeypatch.setattr(BaseClient, "_make_api_call", lambda _, *asked: self._call(*asked))
        self.recordings = S3Recordings(a_client(), BUCKET)

    def _call(self, operation: str, parameters: dict[str, Any]) -> object:
        self.asked.append((operation, parameters))
        if isinstance(self._answer, Exception):
            raise self._answer
        if isinstance(self._answer, bytes):
            length = len(self._answer)
            return {"ContentLength": length, "Body": StreamingBody(io.BytesIO(self._answer), length)}
        return self._answer


def a_manifest(*names: object) -> bytes:
    return json.dumps(
        {"segments": [SEGMENT | {"file": name, "url": "https://evil.example"} for name in names]}
    ).encode()


def test_the_seats_own_manifest_becomes_links_into_its_own_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Bucket(monkeypatch, a_manifest("segment-0001.mkv"))
    (segment,) = bucket.recordings.listed(MEETING, ROLE, f"{ROOT}/{PLACE}")["segments"]
    assert bucket.asked == [("GetObject", {"Bucket": BUCKET, "Key": PLACE})]
    assert segment["url"].startswith(f"{ROOT}/{MEETING}/{ROLE}/{MACHINE}/segment-0001.mkv?")
    assert "X-Amz-Expires=300&" in segment["url"]
    assert segment["name"] == "segment-0001.mkv"
    assert segment["size_bytes"] == 7


@pytest.mark.parametrize(
    "url",
    [
        f"{ROOT}/0th3r0th3r0th3r0/{ROLE}/{MACHINE}/manifest.json",
        f"{ROOT}/{MEETING}/host/{MACHINE}/manifest.json",
        f"{ROOT}/{MEETING}/{ROLE}/../../0th3r0th3r0th3r0/{ROLE}/{MACHINE}/manifest.json",
        f"{ROOT}/{MEETING}/{ROLE}/../manifest.json",
        f"{ROOT}/{MEETING}/{ROLE}/%2e%2e/manifest.json",
        f"{ROOT}/{MEETING}/{ROLE}//manifest.json",
        f"{ROOT}/{MEETING}/{ROLE}/manifest.json",
        f"{ROOT}/{PLACE}?versionId=1",
        f"{ROOT}/{PLACE}#",
        f"{ROOT}/{PLACE}\n",
        f"{ROOT}//{PLACE}",
        f"{ROOT}/{MEETING}/{ROLE}/{MACHINE}/segment-0001.mkv",
        f"{ROOT}/{MEETING}/{ROLE}.zip",
        f"https://other.s3.eu-central-1.amazonaws.com/{PLACE}",
        f"http://{BUCKET}.s3.eu-central-1.amazonaws.com/{PLACE}",
        f"https://{BUCKET}.s3.evil.example/{PLACE}",
        f"https://{BUCKET}.s3.eu-central-1.amazonaws.com.evil.example/{PLACE}",
        f"https://{BUCKET.replace('-', 'x')}.s3.eu-central-1.amazonaws.com/{PLACE}",
        "",
    ],
)
def test_nothing_but_the_seats_own_folder_is_ever_read(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    bucket = Bucket(monkeypatch, a_manifest())
    with pytest.raises(NoSuchRecording):
        bucket.recordings.listed(MEETING, ROLE, url)
    assert bucket.asked == []


def test_a_dot_in_the_buckets_name_stands_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Bucket(monkeypatch, a_manifest())
    dotted = S3Recordings(bucket.recordings.client, "the.recordings")
    with pytest.raises(NoSuchRecording):
        dotted.listed(MEETING, ROLE, f"https://the-recordings.s3.eu-central-1.amazonaws.com/{PLACE}")


@pytest.mark.parametrize(
    "name", ["../../x", "manifest.json", "a/b.mkv", "", "A.mkv", ".a", "x" * 101, "a\n", '"', 7, None]
)
def test_a_manifest_names_files_beside_itself_alone(monkeypatch: pytest.MonkeyPatch, name: object) -> None:
    bucket = Bucket(monkeypatch, a_manifest(name, "recording.zip"))
    listed = bucket.recordings.listed(MEETING, ROLE, f"{ROOT}/{PLACE}")
    assert [each["name"] for each in listed["segments"]] == ["recording.zip"]
    assert "evil" not in json.dumps(listed)


def refused(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetObject")  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refused("NoSuchKey", 404), NoSuchRecording),
        (refused("NoSuchBucket", 404), Permanent),
        (refused("AccessDenied", 403), Permanent),
        (refused("SlowDown", 503), Temporary),
        (ConnectTimeoutError(endpoint_url="s3"), Temporary),
        ({}, Temporary),
        (b"no manifest", Permanent),
        (b" " * 1_000_001, Permanent),
    ],
)
def test_what_is_gone_and_what_could_not_be_read_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, answer: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        Bucket(monkeypatch, answer).recordings.listed(MEETING, ROLE, f"{ROOT}/{PLACE}")


def test_an_answer_that_breaks_off_can_be_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off = {"ContentLength": 100, "Body": StreamingBody(io.BytesIO(b"{"), 100)}
    with pytest.raises(Temporary):
        Bucket(monkeypatch, cut_off).recordings.listed(MEETING, ROLE, f"{ROOT}/{PLACE}")
