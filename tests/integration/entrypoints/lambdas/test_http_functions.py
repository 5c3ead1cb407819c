"""`schedule-meeting` and `dcv-url` from API Gateway's event to DynamoDB, Scheduler and Secrets Manager."""

import json
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from elephant.bootstrap.aws import aws
from elephant.domain import changes
from elephant.domain.meeting import SeatPhase
from elephant.entrypoints.lambdas import dcv_url, schedule_meeting
from elephant.ports.passes import Pass, Purpose
from tests.support.aws_installation import FRONTEND, HOST_TOKEN, AwsInstallation
from tests.support.builders import MEET_TIME, STUDENT, TEACHER, at
from tests.support.gateway_events import CLAIMS, content, header, http_event, rest_event
from tests.support.watched_schedules import standing

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.integration

MACHINE = "i-0123456789abcdef0"
BOOKING = {f"{TEACHER}_name": "Ada", f"{STUDENT}_name": "Blaise", "meet_time": MEET_TIME.isoformat()}
HOST = {"authorization": f"Bearer {HOST_TOKEN}", "content-type": "application/json"}


def book(**changed: str) -> "Mapping[str, Any]":
    """The answer to a booking by a host of an HTTP API with a stage."""
    body = json.dumps({**BOOKING, **changed})
    return schedule_meeting.handler(http_event("POST", "/schedule", body=body, headers=HOST, stage="prod"), None)


def rows(installation: AwsInstallation) -> list[dict[str, Any]]:
    return installation.dynamodb.scan(TableName=installation.table_name)["Items"]


def join(booked: "Mapping[str, Any]", role: str) -> "Mapping[str, Any]":
    """The answer to whoever follows their link to a page that asks a REST API."""
    key = parse_qs(urlsplit(booked[f"{role}_link"]).query)["key"][0]
    return dcv_url.handler(rest_event("GET", f"/join/{booked['id']}/{role}", query=f"key={key}"), None)


def test_a_booking_is_a_row_and_two_schedules(installation: AwsInstallation) -> None:
    answer = book()
    booked = content(answer)
    assert answer["statusCode"] == 200
    assert booked["jitsi_url"] == f"https://call.example.test/{booked['id']}"
    assert booked[f"{TEACHER}_link"].startswith(f"{FRONTEND}?id={booked['id']}&role={TEACHER}&key=")
    (row,) = rows(installation)
    assert (row["id"]["S"], row["status"]["S"]) == (booked["id"], "SCHEDULED")
    schedules = standing(installation.scheduler, installation.schedule_group)
    assert {each.name for each in schedules} == {f"launch-{booked['id']}", f"safety-{booked['id']}"}


def test_whom_the_authorizer_of_a_rest_api_let_in_books_too(installation: AwsInstallation) -> None:
    headers = {"Content-Type": "application/json", "Authorization": "Bearer of.the.authorizer"}
    event = rest_event("POST", "/schedule", body=json.dumps(BOOKING), headers=headers, base_path="a", claims=CLAIMS)
    assert schedule_meeting.handler(event, None)["statusCode"] == 200
    assert len(rows(installation)) == 1


def test_from_the_link_to_the_desktop(installation: AwsInstallation) -> None:
    booked = content(book())
    waiting = join(booked, TEACHER)
    assert (waiting["statusCode"], content(waiting)["status"]) == (202, "SCHEDULED")
    service = aws().service
    seat = service.meetings.get(booked["id"]).seat(TEACHER)
    assert seat is not None
    link = f"https://{MACHINE}.desks.example.test:8443"
    meeting = service.meetings.update(booked["id"], changes.seat_launched(seat, MACHINE, "tested", at(-10)))
    seat = meeting.seat(TEACHER)
    assert seat is not None
    meeting = service.meetings.update(booked["id"], changes.address_written(seat, MACHINE, link, at(-9)))
    installation.dynamodb.update_item(
        TableName=installation.table_name,
        Key={"id": {"S": booked["id"]}},
        UpdateExpression="SET #phase = :phase",
        ExpressionAttributeNames={"#phase": f"{TEACHER}_phase"},
        ExpressionAttributeValues={":phase": {"S": SeatPhase.HEALTHY}},
    )
    ready = join(booked, TEACHER)
    assert ready["statusCode"] == 200
    url = urlsplit(content(ready)["dcv_url"])
    assert f"{url.scheme}://{url.netloc}" == link
    assert (url.path, url.fragment) == ("/", "console")
    held = service.passes.read(Purpose.DESKTOP, parse_qs(url.query)["authToken"][0], at(0))
    assert isinstance(held, Pass)
    assert (held.meeting_id, held.role, held.machine_id) == (booked["id"], TEACHER, MACHINE)
    assert rows(installation)[0]["status"]["S"] == "IN_PROGRESS"
    assert join(booked, STUDENT)["statusCode"] == 202


def test_what_is_refused_leaves_nothing(installation: AwsInstallation) -> None:
    assert book(frontend_base_url="https://evil.example")["statusCode"] == 400
    assert book(meet_time="tomorrow")["statusCode"] == 400
    broken = http_event("POST", "/schedule", body="{", headers=HOST)
    assert schedule_meeting.handler(broken, None)["statusCode"] == 400
    nobody = http_event("POST", "/schedule", body=json.dumps(BOOKING), headers={"content-type": "application/json"})
    assert schedule_meeting.handler(nobody, None)["statusCode"] == 401
    assert rows(installation) == []
    assert standing(installation.scheduler, installation.schedule_group) == []


@pytest.mark.parametrize("why", ["missing", "too short"])
def test_without_a_link_secret_nothing_is_booked_until_there_is_one(
    why: str, installation: AwsInstallation, caplog: pytest.LogCaptureFixture
) -> None:
    arn = installation.environment["LINK_SECRET_ARN"]
    if why == "missing":
        installation.secrets.delete_secret(SecretId=arn)
    else:
        installation.secrets.put_secret_value(SecretId=arn, SecretString="x" * 31)
    assert book()["statusCode"] == 500
    assert rows(installation) == []
    assert "LINK_SECRET_ARN" in caplog.text
    assert "x" * 31 not in caplog.text
    if why == "missing":
        installation.secrets.restore_secret(SecretId=arn)
    aws.cache_clear()
    installation.secrets.put_secret_value(SecretId=arn, SecretString="y" * 32)
    assert book()["statusCode"] == 200


def test_a_table_that_does_not_answer_is_asked_again_later(
    installation: AwsInstallation, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = content(book())
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{nobody_listens.getsockname()[1]}")
        aws.cache_clear()
        answer = join(booked, TEACHER)
        assert answer["statusCode"] == 503
        assert header(answer, "retry-after") is not None
        assert book()["statusCode"] == 503
    assert len(rows(installation)) == 1
