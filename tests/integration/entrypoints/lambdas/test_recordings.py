"""Recordings for hosts: `schedule-meeting` from API Gateway's event to links into the bucket, on moto's S3."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from elephant.bootstrap.aws import aws
from elephant.domain import changes
from elephant.domain.meeting import Role
from elephant.entrypoints.lambdas import schedule_meeting
from tests.support.aws_installation import AwsInstallation
from tests.support.builders import MEET_TIME, STUDENT, TEACHER, at
from tests.support.gateway_events import CLAIMS, content, http_event
from tests.support.kept_recordings import SEGMENT, VIDEO, keep_recording

pytestmark = pytest.mark.integration


def book() -> str:
    body = json.dumps({f"{TEACHER}_name": "Ada", f"{STUDENT}_name": "Blaise", "meet_time": MEET_TIME.isoformat()})
    event = http_event("POST", "/schedule", body=body, headers={"content-type": "application/json"}, claims=CLAIMS)
    meeting_id: str = content(schedule_meeting.handler(event, None))["id"]
    return meeting_id


def hand_in(meeting_id: str, role: Role, url: str) -> None:
    aws().service.meetings.update(meeting_id, changes.session_data_recorded(role, url, at(30)))


def look(meeting_id: str, role: str = TEACHER, *, claims: Mapping[str, str] | None = CLAIMS) -> tuple[int, Any]:
    event = http_event("GET", f"/recordings/{meeting_id}/{role}", claims=claims)
    answer = schedule_meeting.handler(event, None)
    return answer["statusCode"], content(answer)


def test_a_host_gets_links_that_end_after_five_minutes(installation: AwsInstallation) -> None:
    meeting_id = book()
    hand_in(meeting_id, TEACHER, keep_recording(installation, meeting_id, TEACHER))
    status, listed = look(meeting_id)
    assert status == 200
    (segment,) = listed["segments"]
    url = segment.pop("url")
    assert segment == {"name": SEGMENT["file"], **{key: value for key, value in SEGMENT.items() if key != "file"}}
    query = parse_qs(urlsplit(url).query)
    assert query["X-Amz-Expires"] == ["300"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    answer = httpx.get(url, timeout=60)
    assert answer.content == VIDEO
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="{meeting_id}-{TEACHER}-')


def test_only_hosts_of_a_meeting_that_exists_get_what_was_handed_in(installation: AwsInstallation) -> None:
    meeting_id = book()
    hand_in(meeting_id, TEACHER, keep_recording(installation, meeting_id, TEACHER))
    assert look(meeting_id)[0] == 200
    assert look(meeting_id, claims=None)[0] == 401
    assert look(meeting_id, claims={**CLAIMS, "sub": "another-host"})[0] == 404
    assert look(meeting_id, STUDENT)[0] == 404
    assert look(meeting_id, "nobody")[0] == 400
    assert look("n0m33t1ng0000000")[0] == 404


def test_what_is_gone_and_what_cannot_be_read_are_told_apart(installation: AwsInstallation) -> None:
    meeting_id = book()
    url = keep_recording(installation, meeting_id, TEACHER)
    hand_in(meeting_id, TEACHER, url)
    s3, bucket = installation.server.client("s3"), installation.environment["RECORDINGS_BUCKET"]
    key = urlsplit(url).path[1:]
    s3.put_object(Bucket=bucket, Key=key, Body=b"no manifest")
    assert look(meeting_id)[0] == 500
    s3.put_object(Bucket=bucket, Key=key, Body=b" " * 1_000_001)
    assert look(meeting_id)[0] == 500
    s3.delete_object(Bucket=bucket, Key=key)
    assert look(meeting_id) == (404, {"message": "the recording is not kept any more"})
