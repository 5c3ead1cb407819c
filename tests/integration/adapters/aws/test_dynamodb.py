"""The store on a table of moto's: what the contract does not ask about."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elephant.adapters.aws import dynamodb_index
from elephant.adapters.aws.dynamodb import DynamoMeetings
from elephant.adapters.aws.dynamodb_items import meeting_of, stored_item
from elephant.adapters.aws.dynamodb_values import from_attributes, to_attributes
from elephant.adapters.memory.meetings import MemoryMeetings
from elephant.domain import changes
from elephant.domain.change import Change, Equals
from elephant.domain.meeting import EndReason, HistoryEntry, Meeting
from elephant.ports.errors import ConditionFailed, Permanent, Temporary
from elephant.ports.meetings import Meetings, Place
from tests.contract.examples import a_change
from tests.integration.adapters.aws.conftest import FieldTable, Wire
from tests.integration.adapters.aws.meeting_changes import launched
from tests.support.builders import MEET_TIME, MEETING_ID, POLICY, a_meeting, at, minutes
from tests.support.change_strategies import any_change
from tests.support.strategies import any_meeting

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from tests.support.aws_server import AwsServer

pytestmark = pytest.mark.integration


# --- calls -----------------------------------------------------------------------------------------------------------


def test_reading_and_changing_take_one_call_each(meetings: DynamoMeetings, wire: Wire, field: FieldTable) -> None:
    meetings.create(a_meeting())
    meetings.get(MEETING_ID)
    meetings.update(MEETING_ID, launched(0))
    # The status moves with the second seat, and is known because the meeting was seen.
    meetings.update(MEETING_ID, launched(1, "i-2"))
    meetings.update(MEETING_ID, changes.meeting_over(EndReason.CANCELLED, "a host asked", MEET_TIME))
    assert wire.calls == ["PutItem", "GetItem", "UpdateItem", "UpdateItem", "UpdateItem"]
    assert field.text(MEETING_ID, "status") == "TERMINATED"


def test_a_refused_change_brings_the_meeting_without_another_read(meetings: DynamoMeetings, wire: Wire) -> None:
    meetings.create(a_meeting())
    won = meetings.update(MEETING_ID, launched())
    wire.calls.clear()
    with pytest.raises(ConditionFailed) as refused:
        meetings.update(MEETING_ID, launched(machine_id="i-2"))
    assert refused.value.current == won
    assert wire.calls == ["UpdateItem"]


def test_finding_reads_each_shard_once_and_the_meetings_in_one_batch(meetings: DynamoMeetings, wire: Wire) -> None:
    for number in range(5):
        meetings.create(a_meeting(id=f"m{number}"))
    wire.calls.clear()
    assert len(meetings.open_meetings()) == 5
    assert sorted(wire.calls) == ["BatchGetItem", *["Query"] * 8]


# --- the domain's own rules ----------------------------------------------------------------------------------------


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), any_meeting())
def test_every_change_ends_as_the_domain_says(
    dynamodb: "DynamoDBClient", table_name: str, field: FieldTable, data: st.DataObject, drawn: Meeting
) -> None:
    meeting = replace(drawn, id=secrets.token_hex(8))
    stores: list[Meetings] = [
        MemoryMeetings(),
        *(DynamoMeetings(dynamodb, table_name, policy=POLICY) for _ in range(2)),
    ]
    # The third store sees the meeting for the first time with the last change.
    for store in stores[:2]:
        store.create(meeting)
    current = meeting
    for last in (False, False, True):
        change = data.draw(any_change(data.draw(st.sampled_from([current, meeting]))))
        outcomes = [_outcome(store, meeting.id, change) for store in (stores[0], stores[2 if last else 1])]
        assert outcomes[0] == outcomes[1]
        current = outcomes[0][1]
    kept = stores[2].get(meeting.id)
    assert kept == stores[0].get(meeting.id) == current
    assert field.text(meeting.id, "status") == current.status
    assert from_attributes(field.row(meeting.id)) == stored_item(current)


def _outcome(store: Meetings, meeting_id: str, change: Change) -> tuple[str, Meeting]:
    try:
        return "done", store.update(meeting_id, change)
    except ConditionFailed as refused:
        return "refused", refused.current


# --- size and pages --------------------------------------------------------------------------------------------------


def test_a_table_beyond_a_megabyte_is_read_whole(meetings: DynamoMeetings) -> None:
    long = (HistoryEntry(at=MEET_TIME, what="failed", why="x" * 100_000),)
    made = [a_meeting(id=f"m{number:02}", meet_time=at(number), history=long) for number in range(12)]
    for meeting in made:
        meetings.create(meeting)
    assert list(meetings.open_meetings()) == made
    assert list(meetings.page(is_open=None, before=None, limit=99)) == made[::-1]


def test_every_page_of_an_index_is_read(meetings: DynamoMeetings, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamodb_index, "_PAGE", 1)
    made = [a_meeting(id=f"m{number:02}", meet_time=at(number)) for number in range(20)]
    for meeting in made:
        meetings.create(meeting)
    wire.calls.clear()
    assert list(meetings.open_meetings()) == made
    assert wire.calls.count("Query") >= len(made)
    assert [each.id for each in meetings.page(is_open=True, before=Place(at(15)), limit=9)] == [
        f"m{number:02}" for number in range(14, 5, -1)
    ]


def test_pages_are_read_one_after_the_other_to_the_end(meetings: DynamoMeetings) -> None:
    made = [a_meeting(id=f"m{number:02}", meet_time=at(number)) for number in range(13)]
    for meeting in made:
        meetings.create(meeting)
    for number in range(0, 13, 3):
        meetings.update(f"m{number:02}", changes.meeting_over(EndReason.CANCELLED, "a host asked", MEET_TIME))
    found: list[str] = []
    before = None
    while page := meetings.page(is_open=None, before=before, limit=4):
        found += [meeting.id for meeting in page]
        before = Place.of(page[-1])
    assert found == [meeting.id for meeting in reversed(made)]


def test_an_index_that_lags_behind_hides_no_meeting_and_shows_none_that_ended(
    dynamodb: "DynamoDBClient", table_name: str, meetings: DynamoMeetings
) -> None:
    for number in range(6):
        meetings.create(a_meeting(id=f"m{number}", meet_time=at(number)))
    # moto's index never lags: these look as if theirs had not followed yet.
    for number in (5, 4, 2):
        dynamodb.update_item(
            TableName=table_name,
            Key={"id": {"S": f"m{number}"}},
            UpdateExpression="SET ended_at = :at, termination_reason = :why",
            ExpressionAttributeValues={":at": {"S": "2026-03-02T16:00:00.000000Z"}, ":why": {"S": "CANCELLED"}},
        )
    assert [meeting.id for meeting in meetings.open_meetings()] == ["m0", "m1", "m3"]
    assert [meeting.id for meeting in meetings.page(is_open=True, before=None, limit=2)] == ["m3", "m1"]


# --- the stream ------------------------------------------------------------------------------------------------------


def test_the_stream_shows_the_meeting_before_and_after_each_change(
    aws_server: "AwsServer", dynamodb: "DynamoDBClient", table_name: str, meetings: DynamoMeetings
) -> None:
    meetings.create(a_meeting())
    before = meetings.get(MEETING_ID)
    after = meetings.update(MEETING_ID, launched())
    streams: Any = aws_server.client("dynamodbstreams")
    arn = dynamodb.describe_table(TableName=table_name)["Table"]["LatestStreamArn"]
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
    first, second = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    assert (first["eventName"], second["eventName"]) == ("INSERT", "MODIFY")

    def image(record: Any, which: str) -> Meeting:  # noqa: ANN401  botocore's
        return meeting_of(from_attributes(record["dynamodb"][which]), POLICY)

    assert image(first, "NewImage") == image(second, "OldImage") == before
    assert image(second, "NewImage") == after


# --- errors ----------------------------------------------------------------------------------------------------------


def every_method(meetings: DynamoMeetings) -> list[Callable[[], object]]:
    return [
        lambda: meetings.create(a_meeting()),
        lambda: meetings.get(MEETING_ID),
        lambda: meetings.update(MEETING_ID, launched()),
        meetings.open_meetings,
        lambda: meetings.page(is_open=None, before=None, limit=5),
    ]


def test_a_table_that_is_not_there_is_named_with_its_setting(dynamodb: "DynamoDBClient") -> None:
    for call in every_method(DynamoMeetings(dynamodb, "no-such-table", policy=POLICY)):
        with pytest.raises(Permanent, match=r"no-such-table \(TABLE_NAME\)"):
            call()


def test_i8_a_table_that_cannot_be_reached_is_not_an_empty_one(aws_server: "AwsServer") -> None:
    brief = Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 1})
    client = aws_server.dynamodb(brief)
    client.meta.events.register("before-send.dynamodb.*", _to_a_port_where_nobody_listens)
    for call in every_method(DynamoMeetings(client, "elephant-meetings", policy=POLICY)):
        with pytest.raises(Temporary, match="could not be reached"):
            call()


def _to_a_port_where_nobody_listens(request: Any, **_: object) -> None:  # noqa: ANN401  botocore's
    request.url = "http://127.0.0.1:9/"


def test_i8_a_damaged_row_is_an_error_for_whoever_reads_it(meetings: DynamoMeetings, field: FieldTable) -> None:
    meetings.create(a_meeting())
    meetings.create(a_meeting(id="fine"))
    field.set(MEETING_ID, deadline="soon")
    for call in (
        lambda: meetings.get(MEETING_ID),
        lambda: meetings.update(MEETING_ID, launched()),
        meetings.open_meetings,
    ):
        with pytest.raises(Permanent, match=MEETING_ID):
            call()
    assert meetings.get("fine").id == "fine"


def test_durations_are_compared_as_numbers_whatever_their_shape(
    dynamodb: "DynamoDBClient", table_name: str, meetings: DynamoMeetings
) -> None:
    meetings.create(a_meeting(duration_minutes=33.3))
    assert (
        meetings.update(MEETING_ID, a_change(Equals("duration_minutes", 33.3), duration_minutes=45)).duration_minutes
        == 45
    )
    assert meetings.get(MEETING_ID).duration_minutes == 45
    meetings.update(MEETING_ID, a_change(Equals("duration_minutes", 45.0)))
    key = to_attributes({"id": MEETING_ID})
    stored = dynamodb.get_item(TableName=table_name, Key=key)["Item"]["duration_minutes"]
    assert float(stored["N"]) == 45


def test_a_meeting_that_moved_is_found_at_its_new_time_only(meetings: DynamoMeetings) -> None:
    old = a_meeting()
    new = a_meeting(meet_time=MEET_TIME + minutes(60))
    meetings.create(old)
    meetings.update(MEETING_ID, changes.meeting_rescheduled(old, new, MEET_TIME))
    assert not meetings.page(is_open=None, before=Place(at(60)), limit=9)
    assert [each.id for each in meetings.page(is_open=None, before=Place(at(61)), limit=9)] == [MEETING_ID]
