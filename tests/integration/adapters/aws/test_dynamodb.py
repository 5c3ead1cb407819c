"""The store on a table of moto's: what the contract does not ask about."""

import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elephant.adapters.aws import dynamodb_index
from elephant.adapters.aws.dynamodb import DynamoMeetings
from elephant.adapters.aws.dynamodb_expressions import TRIM_ABOVE
from elephant.adapters.aws.dynamodb_items import meeting_of, stored_item
from elephant.adapters.aws.dynamodb_values import from_attributes, to_attributes
from elephant.adapters.memory.meetings import MemoryMeetings
from elephant.domain import changes
from elephant.domain.change import HISTORY_LENGTH, Change, Equals
from elephant.domain.meeting import EndReason, HistoryEntry, Meeting, SeatPhase
from elephant.ports.errors import ConditionFailed, MeetingExists, Permanent, Temporary
from elephant.ports.meetings import Meetings, Place
from tests.contract.examples import a_change
from tests.integration.adapters.aws.conftest import FieldTable, Wire
from tests.support.builders import (
    MEET_TIME,
    MEETING_ID,
    POLICY,
    STUDENT,
    TEACHER,
    a_meeting,
    a_seat,
    a_serving_seat,
    at,
    minutes,
)
from tests.support.change_strategies import any_change
from tests.support.strategies import any_meeting

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from tests.support.aws_server import AwsServer

pytestmark = pytest.mark.integration

THREADS = 8


def launched(seat_index: int = 0, machine_id: str = "i-1") -> Change:
    return changes.seat_launched(a_meeting().seats[seat_index], machine_id, "the launch was due", MEET_TIME)


def noted(what: str) -> Change:
    return Change(assign={}, require=(), entries=(HistoryEntry(at=MEET_TIME, what=what, why="it happened"),))


def lines(count: int) -> tuple[HistoryEntry, ...]:
    return tuple(HistoryEntry(at=MEET_TIME, what=f"old {number}", why="") for number in range(count))


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


# --- status ----------------------------------------------------------------------------------------------------------


def test_a_status_that_could_not_be_known_is_put_right_in_one_more_call(
    dynamodb: "DynamoDBClient", table_name: str, meetings: DynamoMeetings, wire: Wire, field: FieldTable
) -> None:
    meetings.create(a_meeting())
    meetings.update(MEETING_ID, launched(0))
    # Another function, which never saw the meeting.
    other = DynamoMeetings(dynamodb, table_name, policy=POLICY)
    wire.calls.clear()
    other.update(MEETING_ID, launched(1, "i-2"))
    assert wire.calls == ["UpdateItem", "UpdateItem"]
    assert field.text(MEETING_ID, "status") == "LAUNCHED"


def test_putting_right_undoes_nobodys_write_and_who_wrote_puts_it_right(
    meetings: DynamoMeetings, wire: Wire, field: FieldTable
) -> None:
    meetings.create(a_meeting(a_serving_seat(TEACHER), a_serving_seat(STUDENT)))
    field.set(MEETING_ID, status="SCHEDULED")
    # Between the change and its mending the meeting ends, by way of another function.
    wire.before("UpdateItem", 2, lambda: field.set(MEETING_ID, ended_at="2026-03-02T15:00:00.000000Z"))
    returned = meetings.update(MEETING_ID, changes.seat_seen(TEACHER, "teacher-1", MEET_TIME))
    assert returned.seats[0].seen_at == MEET_TIME
    assert field.text(MEETING_ID, "status") == "SCHEDULED"
    assert [meeting.id for meeting in meetings.page(is_open=None, before=None, limit=5)] == [MEETING_ID]
    meetings.update(MEETING_ID, changes.session_data_recorded(TEACHER, "https://x", MEET_TIME))
    assert field.text(MEETING_ID, "status") == "TERMINATED"
    assert [meeting.id for meeting in meetings.page(is_open=False, before=None, limit=5)] == [MEETING_ID]


def test_a_change_stands_when_tidying_up_fails(
    meetings: DynamoMeetings, wire: Wire, field: FieldTable, caplog: pytest.LogCaptureFixture
) -> None:
    meetings.create(a_meeting())
    field.set(MEETING_ID, status="HEALTHY")

    def throttled() -> None:
        raise Temporary("throttled")

    wire.before("UpdateItem", 2, throttled)
    assert meetings.update(MEETING_ID, launched()).seats[0].machine_id == "i-1"
    assert field.text(MEETING_ID, "status") == "HEALTHY"
    assert "not tidied up" in caplog.text
    meetings.update(MEETING_ID, noted("later"))
    assert field.text(MEETING_ID, "status") == "SCHEDULED"


# --- images in the field -----------------------------------------------------------------------------------------


def test_a_desktop_of_the_field_that_is_warm_is_healthy_for_every_reader(
    meetings: DynamoMeetings, field: FieldTable
) -> None:
    meetings.create(
        a_meeting(
            a_serving_seat(TEACHER, SeatPhase.IN_PROGRESS, joined_at=MEET_TIME),
            a_serving_seat(STUDENT, SeatPhase.DNS_WRITTEN),
        )
    )
    field.warm(MEETING_ID, "student-1")
    for read in (
        meetings.get(MEETING_ID),
        *meetings.open_meetings(),
        *meetings.page(is_open=True, before=None, limit=1),
    ):
        assert [seat.phase for seat in read.seats] == [SeatPhase.IN_PROGRESS, SeatPhase.HEALTHY]
        assert read.seats[1].is_ready
    # Another change leaves the phase to the one that says so in the history.
    meetings.update(MEETING_ID, changes.seat_waited_for(STUDENT, MEET_TIME))
    # What the stream's function does with it: the phase and its line in the history are kept, the status is restored.
    after = meetings.update(MEETING_ID, changes.seat_healthy(STUDENT, "student-1", at(1)))
    assert after.history[-1].what == "desktop ready"
    assert field.text(MEETING_ID, "student_phase") == "HEALTHY"
    assert field.text(MEETING_ID, "status") == "IN_PROGRESS"


def test_i4_a_late_healthy_opens_no_meeting_again(meetings: DynamoMeetings, field: FieldTable) -> None:
    meetings.create(a_meeting(a_serving_seat(TEACHER, SeatPhase.DNS_WRITTEN), a_seat(STUDENT)))
    meetings.update(MEETING_ID, changes.meeting_over(EndReason.NO_SHOW_TIMEOUT, "nobody came", MEET_TIME))
    field.warm(MEETING_ID, "teacher-1")
    assert meetings.get(MEETING_ID).termination_reason is EndReason.NO_SHOW_TIMEOUT
    assert not meetings.open_meetings()
    with pytest.raises(ConditionFailed):
        meetings.update(MEETING_ID, changes.seat_healthy(TEACHER, "teacher-1", MEET_TIME))
    meetings.update(MEETING_ID, changes.seat_ended(TEACHER, "teacher-1", "gone", MEET_TIME))
    assert field.text(MEETING_ID, "status") == "TERMINATED"


# --- history -------------------------------------------------------------------------------------------------------


def test_a_long_history_is_cut_back_and_no_line_of_anybodys_is_lost(
    meetings: DynamoMeetings, field: FieldTable
) -> None:
    meetings.create(a_meeting(history=lines(TRIM_ABOVE - 3)))
    start = threading.Barrier(THREADS)

    def write(number: int) -> None:
        start.wait()
        meetings.update(MEETING_ID, noted(f"new {number}"))

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(write, range(THREADS)))
    kept = [line["M"]["what"]["S"] for line in field.row(MEETING_ID)["history"]["L"]]
    assert HISTORY_LENGTH <= len(kept) <= TRIM_ABOVE
    assert sorted(kept[-THREADS:]) == sorted(f"new {number}" for number in range(THREADS))
    assert kept[:-THREADS] == [f"old {number}" for number in range(TRIM_ABOVE - 3)][-(len(kept) - THREADS) :]
    assert [line.what for line in meetings.get(MEETING_ID).history] == kept[-HISTORY_LENGTH:]


def test_two_trims_at_once_cut_once(meetings: DynamoMeetings, wire: Wire, field: FieldTable) -> None:
    meetings.create(a_meeting(history=lines(TRIM_ABOVE)))
    # Between the change and its trim another one is made, and trims.
    wire.before("UpdateItem", 2, lambda: meetings.update(MEETING_ID, noted("second")))
    meetings.update(MEETING_ID, noted("first"))
    kept = [line["M"]["what"]["S"] for line in field.row(MEETING_ID)["history"]["L"]]
    assert len(kept) == HISTORY_LENGTH
    assert kept[-2:] == ["first", "second"]


# --- answers that are lost -----------------------------------------------------------------------------------------


def test_what_was_carried_out_and_not_answered_is_no_conflict_with_itself(meetings: DynamoMeetings, wire: Wire) -> None:
    wire.lose_answer("PutItem")
    meetings.create(a_meeting())
    wire.lose_answer("UpdateItem")
    after = meetings.update(MEETING_ID, launched())
    assert after.seats[0].machine_id == "i-1"
    assert [line.what for line in after.history] == ["machine launched"]
    assert meetings.get(MEETING_ID) == after


def test_a_conflict_is_one_even_where_the_answer_was_lost(meetings: DynamoMeetings, wire: Wire) -> None:
    meetings.create(a_meeting())
    meetings.update(MEETING_ID, launched())
    wire.lose_answer("UpdateItem")
    with pytest.raises(ConditionFailed):
        meetings.update(MEETING_ID, launched(machine_id="i-2"))
    wire.lose_answer("PutItem")
    with pytest.raises(MeetingExists):
        meetings.create(a_meeting(duration_minutes=5.0))


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
