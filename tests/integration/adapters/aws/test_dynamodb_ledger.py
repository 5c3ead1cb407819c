"""The ledger in the table: what the contract does not ask about."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from elephant.adapters.aws.dynamodb import DynamoMeetings
from elephant.adapters.aws.dynamodb_index import MeetingIndex
from elephant.adapters.aws.dynamodb_ledger import DynamoLedger
from elephant.adapters.aws.old_rows import take_over_old_rows
from elephant.adapters.memory.alarms import MemoryAlarms
from elephant.domain.hours import Host, used_minutes
from elephant.domain.meeting import EndReason, Meeting
from elephant.ports.errors import HoursExceeded, MeetingExists, MeetingNotFound, Permanent, Temporary
from elephant.ports.ledger import HostLedger
from elephant.usecases.extend_meeting import extend_meeting
from elephant.usecases.host_meetings import HostMeetings
from elephant.usecases.reschedule_meeting import Move, reschedule_meeting
from tests.integration.adapters.aws.conftest import FieldTable, Wire
from tests.support.builders import MEET_TIME, POLICY, a_meeting, at
from tests.support.stream_filter import passes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

pytestmark = pytest.mark.integration

ANA = Host(name="ana", minutes_per_month=120)
ROW = "hours/2026-03/ana"


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def ledger(dynamodb: "DynamoDBClient", table_name: str, meetings: DynamoMeetings, pauses: list[float]) -> DynamoLedger:
    return DynamoLedger(dynamodb, table_name, meetings, policy=POLICY, pause=pauses.append)


def view(host: Host, meetings: DynamoMeetings, ledger: HostLedger) -> HostMeetings:
    return HostMeetings(meetings, ledger, host, POLICY, at(-60))


def of_ana(meeting_id: str = "m1", **values: Any) -> Meeting:  # noqa: ANN401  any field
    return a_meeting(id=meeting_id, host="ana", **values)


def anything(_others: Sequence[Meeting]) -> None:
    """A judge who lets everything pass."""


def listed(field: FieldTable) -> list[str]:
    return [each["S"] for each in field.row(ROW)["meetings"]["L"]]


def test_a_host_without_a_limit_costs_no_call_more(meetings: DynamoMeetings, ledger: DynamoLedger, wire: Wire) -> None:
    mine = view(Host(name="ana"), meetings, ledger)
    mine.create(of_ana())
    extend_meeting("m1", 5, meetings=mine, policy=POLICY, now=at(-60))
    assert wire.calls == ["PutItem", "GetItem", "UpdateItem"]


def test_with_a_limit_a_booking_takes_four_calls_and_three_the_first_time(
    meetings: DynamoMeetings, ledger: DynamoLedger, wire: Wire
) -> None:
    mine = view(ANA, meetings, ledger)
    mine.create(of_ana())
    assert wire.calls == ["GetItem", "Query", "TransactWriteItems"]
    wire.calls.clear()
    mine.create(of_ana("m2"))
    assert wire.calls == ["GetItem", "Query", "BatchGetItem", "TransactWriteItems"]
    wire.calls.clear()
    with pytest.raises(HoursExceeded):
        mine.create(of_ana("m3"))
    assert "TransactWriteItems" not in wire.calls


def test_whoever_else_moves_a_meeting_to_another_month_leaves_it_counted_there(
    meetings: DynamoMeetings, ledger: DynamoLedger
) -> None:
    view(ANA, meetings, ledger).create(of_ana(meet_time=at(60 * 24 * 40)))
    everybody_s = view(Host(name="", sees_all=True), meetings, ledger)
    reschedule_meeting(
        "m1",
        Move(meet_time=at(60).isoformat()),
        meetings=everybody_s,
        alarms=MemoryAlarms(),
        policy=POLICY,
        now=at(-60),
    )
    assert used_minutes(ledger.counted("ana", "2026-03"), POLICY) == 60
    with pytest.raises(HoursExceeded, match="1 h of 2 h"):
        view(ANA, meetings, ledger).create(of_ana("m2", duration_minutes=61.0))


def test_of_what_is_over_and_took_nothing_the_row_is_kept_short(
    meetings: DynamoMeetings, ledger: DynamoLedger, field: FieldTable
) -> None:
    for number in range(3):
        ledger.create(of_ana(f"over{number}", ended_at=at(-9), termination_reason=EndReason.CANCELLED), anything)
    ledger.create(of_ana("took", ended_at=at(9), termination_reason=EndReason.SUCCESS), anything)
    ledger.create(of_ana("open"), anything)
    assert listed(field) == ["took", "open"]
    assert {each.id for each in ledger.counted("ana", "2026-03")} == {"over0", "over1", "over2", "took", "open"}


def test_what_the_index_does_not_show_yet_is_in_the_row_and_what_neither_does_comes_a_second_later(
    meetings: DynamoMeetings, ledger: DynamoLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.create(of_ana(), anything)
    meetings.create(of_ana("m2"))
    with monkeypatch.context() as late:
        late.setattr(MeetingIndex, "places_in_month", lambda *_: [])
        assert [each.id for each in ledger.counted("ana", "2026-03")] == ["m1"]
    assert sorted(each.id for each in ledger.counted("ana", "2026-03")) == ["m1", "m2"]


def test_i8_an_index_that_does_not_answer_is_no_month_without_meetings(ledger: DynamoLedger, wire: Wire) -> None:
    def throttled() -> None:
        error: Any = {"Error": {"Code": "ThrottlingException", "Message": "slow down"}}
        raise ClientError(error, "Query")

    for work in (lambda: ledger.counted("ana", "2026-03"), lambda: ledger.create(of_ana(), anything)):
        wire.before("Query", 1, throttled)
        with pytest.raises(Temporary):
            work()


# --- faults -----------------------------------------------------------------------------------------------------------


def test_an_answer_that_was_lost_is_no_second_booking(
    meetings: DynamoMeetings, ledger: DynamoLedger, wire: Wire, field: FieldTable
) -> None:
    wire.lose_answer("TransactWriteItems")
    ledger.create(of_ana(), anything)
    assert meetings.get("m1") == of_ana()
    assert listed(field) == ["m1"]


def test_a_taken_id_is_one_even_where_the_answer_was_lost(
    meetings: DynamoMeetings, ledger: DynamoLedger, wire: Wire
) -> None:
    meetings.create(a_meeting(id="m1", host="ben"))
    wire.lose_answer("TransactWriteItems")
    with pytest.raises(MeetingExists):
        ledger.create(of_ana(), anything)


class ProcessDiedError(BaseException):
    pass


@pytest.mark.parametrize(
    ("operation", "number"), [("GetItem", 1), ("Query", 1), ("BatchGetItem", 1), ("TransactWriteItems", 1)]
)
def test_a_process_that_dies_before_any_call_has_booked_nothing(
    meetings: DynamoMeetings, ledger: DynamoLedger, wire: Wire, operation: str, number: int
) -> None:
    ledger.create(of_ana("before"), anything)

    def die() -> None:
        raise ProcessDiedError

    wire.before(operation, number, die)
    with pytest.raises(ProcessDiedError):
        view(ANA, meetings, ledger).create(of_ana())
    with pytest.raises(MeetingNotFound):
        meetings.get("m1")
    # neither an hour lost nor one won
    view(ANA, meetings, ledger).create(of_ana())
    with pytest.raises(HoursExceeded, match="0 min of 2 h"):
        view(ANA, meetings, ledger).create(of_ana("m2", duration_minutes=1.0))


def test_a_booking_in_between_is_seen(meetings: DynamoMeetings, ledger: DynamoLedger, wire: Wire) -> None:
    mine = view(ANA, meetings, ledger)
    mine.create(of_ana("before"))
    wire.before("TransactWriteItems", 1, lambda: view(ANA, meetings, ledger).create(of_ana("other")))
    with pytest.raises(HoursExceeded, match="0 min of 2 h"):
        mine.create(of_ana())
    with pytest.raises(MeetingNotFound):
        meetings.get("m1")


def cancelled(*codes: str) -> Callable[[], None]:
    def cancel() -> None:
        error: Any = {
            "Error": {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"},
            "CancellationReasons": [{"Code": code} for code in codes],
        }
        raise ClientError(error, "TransactWriteItems")

    return cancel


def test_a_transaction_of_another_in_the_same_moment_is_waited_for(
    meetings: DynamoMeetings, ledger: DynamoLedger, wire: Wire, pauses: list[float]
) -> None:
    wire.before("TransactWriteItems", 1, cancelled("None", "TransactionConflict"))
    # the first of the request after that one, which never got this far
    wire.before("TransactWriteItems", 1, cancelled("TransactionConflict", "None"))
    ledger.create(of_ana(), anything)
    assert meetings.get("m1") == of_ana()
    assert len(pauses) == 2
    assert all(0 <= pause < 1 for pause in pauses)


def test_one_who_always_comes_second_is_told_to_try_again(
    ledger: DynamoLedger, wire: Wire, pauses: list[float]
) -> None:
    for _ in range(100):
        wire.before("TransactWriteItems", 1, cancelled("None", "ConditionalCheckFailed"))
    with pytest.raises(Temporary, match="try again"):
        ledger.create(of_ana(), anything)
    assert 5 < len(pauses) < 20


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        (("None", "ThrottlingError"), Temporary),
        (("ProvisionedThroughputExceeded", "None"), Temporary),
        (("ValidationError", "None"), Permanent),
        ((), Permanent),
    ],
)
def test_what_is_nobody_else_s_write_is_not_tried_again(
    ledger: DynamoLedger, wire: Wire, pauses: list[float], codes: Sequence[str], kind: type[Exception]
) -> None:
    wire.before("TransactWriteItems", 1, cancelled(*codes))
    with pytest.raises(kind):
        ledger.create(of_ana(), anything)
    assert pauses == []


def test_i8_a_damaged_row_is_no_month_without_meetings(ledger: DynamoLedger, field: FieldTable) -> None:
    field.put(id=ROW, version="many")
    with pytest.raises(Permanent, match=ROW):
        ledger.counted("ana", "2026-03")
    with pytest.raises(Permanent, match=ROW):
        ledger.create(of_ana(), anything)


def test_a_row_that_somebody_wrote_without_a_version_is_mended(ledger: DynamoLedger, field: FieldTable) -> None:
    field.put(id=ROW, note="by hand")
    ledger.create(of_ana(), anything)
    assert listed(field) == ["m1"]
    ledger.create(of_ana("m2"), anything)
    assert listed(field) == ["m1", "m2"]


# --- the row is no meeting --------------------------------------------------------------------------------------------


def test_nobody_takes_the_row_for_a_meeting(
    dynamodb: "DynamoDBClient", table_name: str, meetings: DynamoMeetings, ledger: DynamoLedger, field: FieldTable
) -> None:
    ledger.create(of_ana(), anything)
    row = field.row(ROW)
    with pytest.raises(MeetingNotFound):
        meetings.get(ROW)
    assert [each.id for each in meetings.open_meetings()] == ["m1"]
    assert [each.id for each in meetings.page(is_open=None, before=None, limit=9)] == ["m1"]
    assert [each.id for each in meetings.page(is_open=None, before=None, limit=9, host="ana")] == ["m1"]
    assert take_over_old_rows(dynamodb, table_name, meetings).rows == 0
    # nor is the terminator told of it
    assert not passes({"eventName": "INSERT", "dynamodb": {"NewImage": row}})
    assert field.row(ROW) == row
    assert MEET_TIME.month == 3
