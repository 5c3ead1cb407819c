"""What moto never does: leave keys unprocessed. botocore's Stubber answers instead of DynamoDB, without a network."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from botocore.stub import ANY, Stubber

from elephant.adapters.aws.dynamodb_index import MeetingIndex, Place
from elephant.adapters.aws.dynamodb_seen import SeenMeetings
from elephant.ports.errors import Temporary
from tests.support.builders import a_meeting, at

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

TABLE = "elephant-meetings"
A, B = ({"id": {"S": each}} for each in "ab")


@pytest.fixture
def stub() -> Iterator[Stubber]:
    client = boto3.client("dynamodb", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="y")
    with Stubber(client) as stub:
        yield stub


def answers(stub: Stubber, *rounds: tuple[list[Any], list[Any]]) -> None:
    for found, left in rounds:
        unprocessed = {TABLE: {"Keys": left, "ConsistentRead": True}} if left else {}
        stub.add_response(
            "batch_get_item", {"Responses": {TABLE: found}, "UnprocessedKeys": unprocessed}, {"RequestItems": ANY}
        )


def read(stub: Stubber, pauses: list[float]) -> list[str]:
    index = MeetingIndex(cast("DynamoDBClient", stub.client), TABLE, "the table", pauses.append)
    return [item["id"] for item in index.items([Place("2", "b"), Place("1", "a"), Place("1", "a")])]


def test_what_was_left_out_is_asked_for_again_at_once_while_there_is_progress(stub: Stubber) -> None:
    pauses: list[float] = []
    answers(stub, ([B], [A]), ([A], []))
    assert read(stub, pauses) == ["b", "a"]
    assert pauses == []


def test_without_progress_it_waits_longer_each_time_and_then_gives_up(stub: Stubber) -> None:
    pauses: list[float] = []
    answers(stub, *([([], [A, B])] * 5))
    with pytest.raises(Temporary, match="2 meetings unread"):
        read(stub, pauses)
    assert len(pauses) == 4
    assert all(pause <= 0.05 * 2 ** (number + 1) for number, pause in enumerate(pauses))
    stub.assert_no_pending_responses()


def test_progress_starts_the_counting_anew(stub: Stubber) -> None:
    answers(stub, *([([], [A, B])] * 4), ([B], [A]), *([([], [A])] * 4), ([A], []))
    assert read(stub, []) == ["b", "a"]


def test_each_batch_reads_consistently(stub: Stubber) -> None:
    stub.add_response(
        "batch_get_item",
        {"Responses": {TABLE: [A]}, "UnprocessedKeys": {}},
        {"RequestItems": {TABLE: {"Keys": [B, A], "ConsistentRead": True}}},
    )
    assert read(stub, []) == ["a"]


def test_no_places_no_call(stub: Stubber) -> None:
    assert MeetingIndex(cast("DynamoDBClient", stub.client), TABLE, "the table").items([]) == []


def test_what_was_seen_last_is_remembered_for_as_many_as_are_in_use() -> None:
    seen = SeenMeetings()
    for number in range(1000):
        seen.note(a_meeting(id=f"m{number}"))
    later = a_meeting(id="m999", meet_time=at(5))
    seen.note(later)
    assert seen.of("m999") == later
    assert seen.of("m998") is not None
    assert seen.of("m0") is None
