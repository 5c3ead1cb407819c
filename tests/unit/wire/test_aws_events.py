"""The events of AWS as they are documented, and anything else that may come in their place."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.wire.aws_events import StateChange, is_forced, meeting_id_of, partial_failure, stream_records
from tests.support.any_json import ANY_JSON

EC2_EVENT: dict[str, Any] = {
    "version": "0",
    "id": "7bf73129-1428-4cd3-a780-95db273d1602",
    "detail-type": "EC2 Instance State-change Notification",
    "source": "aws.ec2",
    "account": "123456789012",
    "time": "2026-03-02T13:50:07Z",
    "region": "eu-central-1",
    "resources": ["arn:aws:ec2:eu-central-1:123456789012:instance/i-abcd1111abcd11112"],
    "detail": {"instance-id": "i-abcd1111abcd11112", "state": "running"},
}
ITEM = {"id": {"S": "abcdefgh12345678"}, "duration_minutes": {"N": "60"}}


def a_record(number: str = "111", *, meeting_id: str = "abcdefgh12345678", **content: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "eventID": "c4ca4238a0b923820dcc509a6f75849b",
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1772459407.0,
            "Keys": {"id": {"S": meeting_id}},
            "NewImage": {**ITEM, "id": {"S": meeting_id}},
            "SequenceNumber": number,
            "SizeBytes": 26,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
            **content,
        },
        "eventSourceARN": "arn:aws:dynamodb:eu-central-1:123456789012:table/elephant-meetings/stream/2026",
    }


@pytest.mark.parametrize("name", ["meeting_id", "meetingId"])
def test_an_alarm_names_its_meeting_in_our_way_and_in_the_seeds(name: str) -> None:
    assert meeting_id_of({name: "abcdefgh12345678"}) == "abcdefgh12345678"


@pytest.mark.parametrize("event", [None, [], "abc", {}, {"meeting_id": ""}, {"meeting_id": 7}, {"meetingId": None}])
def test_an_alarm_about_nothing_is_refused(event: object) -> None:
    with pytest.raises(ValueError, match=r"meeting_id|meetingId|payload"):
        meeting_id_of(event)


def test_a_state_change_is_an_id_and_a_word() -> None:
    assert StateChange.parse(EC2_EVENT) == StateChange(machine_id="i-abcd1111abcd11112", state="running")


@pytest.mark.parametrize("detail", [None, [], {}, {"state": "running"}, {"instance-id": "i-1"}, {"instance-id": 1}])
def test_a_state_change_without_either_is_refused(detail: object) -> None:
    with pytest.raises(ValueError, match="detail"):
        StateChange.parse({**EC2_EVENT, "detail": detail})


def test_a_batch_is_its_records_in_order() -> None:
    records = stream_records({"Records": [a_record("111"), a_record("112", meeting_id="m"), a_record("113")]})
    assert [record.sequence_number for record in records] == ["111", "112", "113"]
    assert records[0].key == records[2].key != records[1].key
    assert records[0].image == ITEM


def test_a_removed_item_has_no_image() -> None:
    (record,) = stream_records({"Records": [a_record(NewImage=None)]})
    assert record.image is None


def test_a_record_that_is_wrong_inside_fails_alone() -> None:
    bad, good = stream_records({"Records": [a_record(Keys=[float("nan")], NewImage="no item"), a_record()]})
    assert good.image == ITEM
    with pytest.raises(ValueError, match="NewImage must be a JSON object"):
        _ = bad.image


@pytest.mark.parametrize(
    "event", [{}, {"Records": {}}, {"Records": [None]}, {"Records": [{}]}, {"Records": [a_record("")]}]
)
def test_a_batch_with_a_record_that_has_no_number_is_refused(event: object) -> None:
    with pytest.raises(ValueError, match="must"):
        stream_records(event)


def test_the_answer_names_what_failed() -> None:
    assert partial_failure([]) == {"batchItemFailures": []}
    assert partial_failure(["111", "113"]) == {
        "batchItemFailures": [{"itemIdentifier": "111"}, {"itemIdentifier": "113"}]
    }


def test_only_true_is_force() -> None:
    assert is_forced({"force": True})
    assert not any(is_forced(event) for event in (None, EC2_EVENT, {"force": "true"}, {"force": 1}))


@given(event=ANY_JSON | st.fixed_dictionaries({"Records": st.lists(st.fixed_dictionaries({"dynamodb": ANY_JSON}))}))
@pytest.mark.parametrize("parse", [meeting_id_of, StateChange.parse, stream_records, is_forced])
def test_anything_is_read_or_a_value_error(parse: Callable[[object], object], event: object) -> None:
    with contextlib.suppress(ValueError):
        parse(event)


@given(numbers=st.lists(st.text("0123456789", min_size=1), max_size=5))
def test_every_record_can_be_named_as_failed(numbers: list[str]) -> None:
    records = stream_records({"Records": [a_record(number) for number in numbers]})
    failed = partial_failure(record.sequence_number for record in records)["batchItemFailures"]
    assert [each["itemIdentifier"] for each in failed] == numbers
