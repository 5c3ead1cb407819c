"""Batches of the table's stream."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from elephant.adapters.aws.dynamodb_items import stored_item
from elephant.adapters.aws.dynamodb_values import to_attributes
from elephant.domain.meeting import EndReason, Meeting, Status
from elephant.ports.errors import Temporary
from tests.support.builders import DATA_URL, MEETING_ID, STUDENT, TEACHER, a_meeting, a_seat, at
from tests.support.frail_ports import broken
from tests.support.memory_world import MemoryWorld
from tests.unit.entrypoints.lambdas.conftest import Installation

Call = Callable[[str, object], dict[str, Any]]
DONE: dict[str, Any] = {"batchItemFailures": []}


def a_done_meeting(meeting_id: str = MEETING_ID) -> Meeting:
    return a_meeting(a_seat(TEACHER, session_data=DATA_URL), a_seat(STUDENT, session_data=DATA_URL), id=meeting_id)


def a_record(number: int, meeting: Meeting, **changed: Any) -> dict[str, Any]:  # noqa: ANN401  any content
    image = to_attributes(stored_item(meeting))
    content = {"SequenceNumber": str(number), "Keys": {"id": {"S": meeting.id}}, "NewImage": image, **changed}
    return {"eventName": "MODIFY", "dynamodb": content}


def batch(*records: dict[str, Any]) -> dict[str, Any]:
    return {"Records": list(records)}


@pytest.fixture
def done(installation: Installation) -> list[Meeting]:
    """Ten meetings of which every seat has handed in its data, a quarter of an hour in."""
    installation.now = at(15)
    found = [a_done_meeting(f"meeting{number:09}") for number in range(10)]
    for meeting in found:
        installation.world.meetings.create(meeting)
    return found


def failed(answer: dict[str, Any]) -> list[str]:
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def test_all_data_and_a_quarter_of_an_hour_are_a_success(call: Call, world: MemoryWorld, done: list[Meeting]) -> None:
    event = batch(*(a_record(100 + number, meeting) for number, meeting in enumerate(done)))
    assert call("terminator", event) == DONE
    assert {world.meeting(meeting.id).termination_reason for meeting in done} == {EndReason.SUCCESS}


def test_before_that_it_waits_for_the_net(
    call: Call, installation: Installation, world: MemoryWorld, done: list[Meeting]
) -> None:
    installation.now = at(15) - timedelta(seconds=1)
    assert call("terminator", batch(a_record(1, done[0]))) == DONE
    assert not world.meeting(done[0].id).is_over


@pytest.mark.parametrize("poison", [{"NewImage": {"id": {"S": "x"}}}, {"NewImage": "x"}, {"NewImage": {"id": 7}}])
def test_a_poison_record_fails_alone_and_every_time(
    call: Call, world: MemoryWorld, done: list[Meeting], poison: dict[str, Any]
) -> None:
    event = batch(
        a_record(99, done[0]), a_record(100, a_meeting(id="poison0000000000"), **poison), a_record(101, done[1])
    )
    for _ in range(2):
        assert failed(call("terminator", event)) == ["100"]
    assert [world.meeting(meeting.id).status for meeting in done[:2]] == [Status.TERMINATED] * 2


def test_of_one_meeting_the_records_after_a_poison_one_are_dealt_with_too(
    call: Call, world: MemoryWorld, done: list[Meeting]
) -> None:
    event = batch(a_record(1, done[0], NewImage={"id": {"S": done[0].id}}), a_record(2, done[0]))
    assert failed(call("terminator", event)) == ["1"]
    assert world.meeting(done[0].id).is_over


def test_failures_are_named_in_the_order_of_the_stream(
    call: Call, installation: Installation, done: list[Meeting]
) -> None:
    installation.break_port(machines=broken(installation.world.machines, "of_meeting", error=Temporary("throttled")))
    records = [a_record(99, done[0]), a_record(100, done[1]), a_record(101, done[0])]
    assert failed(call("terminator", batch(*records))) == ["99", "100", "101"]


def test_a_failure_is_logged_with_its_meeting(
    call: Call, installation: Installation, done: list[Meeting], caplog: pytest.LogCaptureFixture
) -> None:
    installation.break_port(machines=broken(installation.world.machines, "of_meeting", error=Temporary("throttled")))
    call("terminator", batch(a_record(1, done[0])))
    assert len([line for line in caplog.records if "throttled" in line.getMessage()]) == 1
    assert done[0].id in caplog.text


def test_a_removed_meeting_and_an_empty_batch_are_fine(call: Call, done: list[Meeting]) -> None:
    assert call("terminator", batch(a_record(1, done[0], NewImage=None))) == DONE
    assert call("terminator", batch()) == DONE


def test_what_cannot_be_named_fails_the_whole_batch(call: Call) -> None:
    with pytest.raises(ValueError, match="SequenceNumber"):
        call("terminator", batch({"dynamodb": {}}))
