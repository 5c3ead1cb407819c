"""Images of the table's stream: what a desktop of the field wrote is folded in once, and nothing else costs a call."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from elephant.adapters.aws.dynamodb import DynamoMeetings
from elephant.adapters.aws.dynamodb_items import is_taken_over
from elephant.adapters.aws.dynamodb_values import from_attributes
from elephant.adapters.aws.stream_images import StreamImages
from elephant.domain import changes
from elephant.domain.meeting import EndReason, Meeting, SeatPhase
from elephant.ports.errors import Permanent
from tests.integration.adapters.aws.conftest import FieldTable, Wire
from tests.support.builders import DATA_URL, MEETING_ID, POLICY, STUDENT, TEACHER, a_meeting, a_serving_seat, at

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

pytestmark = pytest.mark.integration


@dataclass
class Stream:
    """The rows as the stream would show them, and how they are folded in."""

    images: StreamImages
    field: FieldTable
    wire: Wire

    def image(self) -> dict[str, Any]:
        """The row as it is now."""
        return self.field.row(MEETING_ID)

    def fold_in(self, image: dict[str, Any]) -> Meeting | None:
        """Fold an image in; from here on `calls` are its calls."""
        self.wire.calls.clear()
        return self.images.fold_in(image, at(-5))

    @property
    def calls(self) -> list[str]:
        """What folding in cost."""
        return self.wire.calls


@pytest.fixture
def stream(meetings: DynamoMeetings, field: FieldTable, wire: Wire) -> Stream:
    return Stream(StreamImages(meetings, POLICY), field, wire)


@pytest.fixture
def waiting(meetings: DynamoMeetings) -> DynamoMeetings:
    """A meeting whose two machines are reachable and have not said that they are warm."""
    phase = SeatPhase.DNS_WRITTEN
    meetings.create(a_meeting(a_serving_seat(TEACHER, phase), a_serving_seat(STUDENT, phase)))
    return meetings


def phases(meeting: Meeting | None) -> list[SeatPhase]:
    assert meeting is not None
    return [seat.phase for seat in meeting.seats]


def test_both_desktops_are_heard_although_the_second_overwrites_the_first(
    waiting: DynamoMeetings, field: FieldTable, stream: Stream
) -> None:
    field.warm(MEETING_ID, "teacher-1")
    first = stream.image()
    field.warm(MEETING_ID, "student-1")
    second = stream.image()
    assert phases(stream.fold_in(first)) == [SeatPhase.HEALTHY, SeatPhase.HEALTHY]
    assert phases(stream.fold_in(second)) == [SeatPhase.HEALTHY, SeatPhase.HEALTHY]
    assert field.text(MEETING_ID, "teacher_phase") == "HEALTHY"
    assert field.text(MEETING_ID, "student_phase") == "HEALTHY"
    assert [entry.what for entry in waiting.get(MEETING_ID).history] == ["desktop ready", "desktop ready"]


def test_our_own_writes_find_nothing_left_to_fold_in(
    waiting: DynamoMeetings, field: FieldTable, stream: Stream
) -> None:
    field.warm(MEETING_ID, "teacher-1")
    rounds = 0
    image: dict[str, Any] = {}
    while image != stream.image():
        image = stream.image()
        stream.fold_in(image)
        rounds += 1
    assert rounds == 2
    stream.fold_in(image)
    assert stream.calls == []


def test_an_old_image_undoes_nothing(waiting: DynamoMeetings, field: FieldTable, stream: Stream) -> None:
    field.warm(MEETING_ID, "teacher-1")
    old = stream.image()
    seat = waiting.get(MEETING_ID).seats[0]
    waiting.update(MEETING_ID, changes.seat_joined(seat, "teacher-1", at(0)))
    assert phases(stream.fold_in(old)) == [SeatPhase.IN_PROGRESS, SeatPhase.DNS_WRITTEN]
    assert field.text(MEETING_ID, "status") == "IN_PROGRESS"


def test_a_desktop_that_writes_over_a_meeting_in_progress_is_put_right(
    waiting: DynamoMeetings, field: FieldTable, stream: Stream
) -> None:
    seat = waiting.get(MEETING_ID).seats[0]
    waiting.update(MEETING_ID, changes.seat_joined(seat, "teacher-1", at(0)))
    field.warm(MEETING_ID, "teacher-1")
    assert phases(stream.fold_in(stream.image())) == [SeatPhase.IN_PROGRESS, SeatPhase.DNS_WRITTEN]
    assert stream.calls == ["UpdateItem"]
    assert field.text(MEETING_ID, "status") == "IN_PROGRESS"


def test_i4_a_late_healthy_after_the_end_is_put_right_and_nothing_else_changes(
    waiting: DynamoMeetings, field: FieldTable, stream: Stream
) -> None:
    over = waiting.update(MEETING_ID, changes.meeting_over(EndReason.CANCELLED, "a host asked", at(-8)))
    field.warm(MEETING_ID, "teacher-1")
    assert field.text(MEETING_ID, "status") == "HEALTHY"
    stream.fold_in(stream.image())
    assert field.text(MEETING_ID, "status") == "TERMINATED"
    assert field.text(MEETING_ID, "teacher_phase") == "DNS_WRITTEN"
    assert waiting.get(MEETING_ID).history == over.history
    assert stream.fold_in(stream.image()) is not None
    assert stream.calls == []


@pytest.mark.parametrize("machine_id", ["i-nobodys", "student-0"])
def test_the_word_of_a_machine_that_serves_no_seat_makes_none_ready(
    waiting: DynamoMeetings, field: FieldTable, stream: Stream, machine_id: str
) -> None:
    field.warm(MEETING_ID, machine_id)
    assert phases(stream.fold_in(stream.image())) == [SeatPhase.DNS_WRITTEN] * 2
    assert field.text(MEETING_ID, "status") == "DNS_WRITTEN"


def test_a_machine_that_its_seat_comes_to_know_later_is_heard_then(
    meetings: DynamoMeetings, field: FieldTable, stream: Stream
) -> None:
    meeting = a_meeting()
    meetings.create(meeting)
    field.warm(MEETING_ID, "teacher-1")
    assert phases(stream.fold_in(stream.image())) == [SeatPhase.PENDING] * 2
    meetings.update(MEETING_ID, changes.seat_launched(meeting.seats[0], "teacher-1", "adopted", at(-9)))
    assert phases(stream.fold_in(stream.image())) == [SeatPhase.HEALTHY, SeatPhase.PENDING]
    assert field.text(MEETING_ID, "teacher_phase") == "HEALTHY"


def test_session_data_costs_no_call(waiting: DynamoMeetings, field: FieldTable, stream: Stream) -> None:
    field.set(MEETING_ID, teacher_session_data=DATA_URL)
    meeting = stream.fold_in(stream.image())
    assert meeting is not None
    assert meeting.seats[0].session_data == DATA_URL
    assert stream.calls == []


def test_a_row_that_the_seeds_function_has_just_booked_is_taken_over(
    meetings: DynamoMeetings, field: FieldTable, stream: Stream
) -> None:
    field.put(id=MEETING_ID, meet_time="2026-03-02T14:00:00Z", status="SCHEDULED")
    assert phases(stream.fold_in(stream.image())) == [SeatPhase.PENDING] * 2
    assert is_taken_over(from_attributes(stream.image()))


def test_a_row_from_before_is_taken_over(meetings: DynamoMeetings, field: FieldTable, stream: Stream) -> None:
    field.put(
        id=MEETING_ID, meet_time="2026-03-02T14:00:00Z", status="HEALTHY", teacher_ec2_id="i-1", instance_id="i-1"
    )
    assert phases(stream.fold_in(stream.image())) == [SeatPhase.HEALTHY, SeatPhase.PENDING]
    assert is_taken_over(from_attributes(stream.image()))
    assert [each.id for each in meetings.open_meetings()] == [MEETING_ID]
    stream.fold_in(stream.image())
    assert stream.calls == []


@pytest.mark.parametrize("is_old", [True, False])
def test_a_meeting_that_was_deleted_is_nobodys(
    waiting: DynamoMeetings,
    field: FieldTable,
    stream: Stream,
    dynamodb: "DynamoDBClient",
    table_name: str,
    is_old: bool,
) -> None:
    field.warm(MEETING_ID, "teacher-1")
    image = stream.image()
    if is_old:
        del image["by_meet_time"]
    dynamodb.delete_item(TableName=table_name, Key={"id": {"S": MEETING_ID}})
    assert stream.fold_in(image) is None


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda image: image.update(deadline={"S": "soon"}), Permanent),
        (lambda image: image.update(deadline={"X": "soon"}), ValueError),
        (lambda image: image.pop("id"), ValueError),
    ],
)
def test_a_damaged_image_says_so(
    waiting: DynamoMeetings, stream: Stream, spoil: Callable[[dict[str, Any]], object], error: type[Exception]
) -> None:
    image = stream.image()
    spoil(image)
    with pytest.raises(error):
        stream.fold_in(image)
    assert stream.calls == []
