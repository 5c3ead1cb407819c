"""Rows that the seeds' functions wrote before this project was installed."""

from typing import TYPE_CHECKING

import pytest

from elephant.adapters.aws.dynamodb import DynamoMeetings
from elephant.adapters.aws.dynamodb_items import is_taken_over
from elephant.adapters.aws.dynamodb_values import from_attributes
from elephant.adapters.aws.old_rows import take_over_old_rows
from elephant.domain import changes
from elephant.domain.meeting import EndReason, Seat, SeatPhase
from elephant.ports.errors import ConditionFailed, Permanent
from tests.integration.adapters.aws.conftest import FieldTable, Wire
from tests.support.builders import MEET_TIME, MEETING_ID, TEACHER, at

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

pytestmark = pytest.mark.integration

MACHINE, LINK = "i-0123456789abcdef0", "https://i-0123456789abcdef0.example.test:8443"


def put_old(field: FieldTable, meeting_id: str = MEETING_ID, **values: str) -> None:
    row = {
        "teacher_name": "Ann",
        "student_name": "Ben",
        "meet_time": "2026-03-02T15:00:00+01:00",
        "created_at": "2026-03-02T13:00:00",
        "status": "SCHEDULED",
    }
    field.put(**{**row, "id": meeting_id, **values})


def test_reading_takes_it_over_once(meetings: DynamoMeetings, field: FieldTable, wire: Wire) -> None:
    put_old(field, teacher_ec2_id=MACHINE, status="LAUNCHED")
    assert not meetings.open_meetings()
    wire.calls.clear()
    meeting = meetings.get(MEETING_ID)
    assert meetings.get(MEETING_ID) == meeting
    assert wire.calls == ["GetItem", "UpdateItem", "GetItem"]
    assert (meeting.meet_time, meeting.deadline) == (MEET_TIME, at(195))
    assert [seat.phase for seat in meeting.seats] == [SeatPhase.LAUNCHED, SeatPhase.PENDING]
    assert is_taken_over(from_attributes(field.row(MEETING_ID)))
    assert list(meetings.open_meetings()) == [meeting]
    assert list(meetings.page(is_open=True, before=None, limit=5)) == [meeting]


def test_a_change_takes_it_over_first_so_that_its_requirements_have_something_to_ask(
    meetings: DynamoMeetings, field: FieldTable, wire: Wire
) -> None:
    put_old(field)
    seat = Seat(role=TEACHER, name="Ann")
    wire.calls.clear()
    after = meetings.update(MEETING_ID, changes.seat_launched(seat, MACHINE, "due", MEET_TIME))
    assert after.seats[0].machine_id == MACHINE
    assert wire.calls == ["UpdateItem"] * 3
    with pytest.raises(ConditionFailed):
        meetings.update(MEETING_ID, changes.seat_launched(seat, "i-2", "due", MEET_TIME))


def test_i4_one_that_was_over_keeps_its_reason(meetings: DynamoMeetings, field: FieldTable) -> None:
    put_old(field, status="TERMINATED", termination_reason="PARTIAL_NO_SHOW_TIMEOUT")
    field.warm(MEETING_ID, MACHINE)
    with pytest.raises(ConditionFailed) as refused:
        meetings.update(MEETING_ID, changes.meeting_over(EndReason.OVERTIME, "long past", at(300)))
    assert refused.value.current.termination_reason is EndReason.PARTIAL_NO_SHOW_TIMEOUT
    assert field.text(MEETING_ID, "status") == "TERMINATED"
    assert not meetings.open_meetings()
    assert [each.id for each in meetings.page(is_open=False, before=None, limit=5)] == [MEETING_ID]


def test_what_an_image_writes_in_between_is_kept(meetings: DynamoMeetings, field: FieldTable, wire: Wire) -> None:
    put_old(field, teacher_ec2_id=MACHINE, teacher_ec2_link=LINK, status="DNS_WRITTEN")
    wire.before("UpdateItem", 1, lambda: field.warm(MEETING_ID, MACHINE))
    # Nobody has taken it over yet: the write that would have done so saw that something had changed.
    meetings.get(MEETING_ID)
    assert not is_taken_over(from_attributes(field.row(MEETING_ID)))
    assert meetings.get(MEETING_ID).seats[0].is_ready
    assert is_taken_over(from_attributes(field.row(MEETING_ID)))
    assert field.text(MEETING_ID, "teacher_phase") == "HEALTHY"


def test_all_are_found_in_a_table_beyond_a_megabyte_and_a_damaged_one_keeps_none_back(
    dynamodb: "DynamoDBClient", table_name: str, meetings: DynamoMeetings, field: FieldTable, wire: Wire
) -> None:
    for number in range(6):
        put_old(field, f"m{number}", teacher_email="x" * 300_000)
    put_old(field, "broken", meet_time="soon")
    put_old(field, "over", status="TERMINATED", termination_reason="SUCCESS")
    taken = take_over_old_rows(dynamodb, table_name, meetings)
    assert taken.rows == 7
    assert list(taken.failures) == ["broken"]
    assert "damaged" in taken.failures["broken"]
    assert wire.calls.count("Scan") > 1
    assert len(meetings.open_meetings()) == 6
    # Again, there is nothing left to do but to say what is broken.
    assert take_over_old_rows(dynamodb, table_name, meetings).rows == 0
    with pytest.raises(Permanent, match="broken"):
        meetings.get("broken")
