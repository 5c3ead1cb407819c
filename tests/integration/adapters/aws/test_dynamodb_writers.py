"""Those who write one row at once: ours, images in the field, and whoever is not answered."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from elephant.adapters.aws.dynamodb import DynamoMeetings
from elephant.adapters.aws.dynamodb_expressions import TRIM_ABOVE
from elephant.domain import changes
from elephant.domain.change import HISTORY_LENGTH
from elephant.domain.meeting import EndReason, SeatPhase
from elephant.ports.errors import ConditionFailed, MeetingExists, Temporary
from tests.integration.adapters.aws.conftest import FieldTable, Wire
from tests.integration.adapters.aws.meeting_changes import launched, lines, noted
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
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

pytestmark = pytest.mark.integration

THREADS = 8


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
