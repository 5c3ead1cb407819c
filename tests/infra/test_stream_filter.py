"""What the stack's filter keeps from the terminator is what the terminator has nothing to do for.

That it keeps nothing else back, every scenario of tests/integration/aws shows, whose stream has the filter.
"""

from typing import Any

import pytest

from elephant.adapters.aws.dynamodb_items import stored_item
from elephant.adapters.aws.dynamodb_values import to_attributes
from elephant.domain.meeting import Meeting
from tests.support.builders import DATA_URL, STUDENT, TEACHER, a_meeting, a_serving_seat
from tests.support.stack import translated
from tests.support.stream_filter import filters, passes


def record(image: dict[str, Any] | None, name: str = "MODIFY") -> dict[str, Any]:
    return {
        "eventName": name,
        "dynamodb": {"Keys": {"id": {"S": "x"}}, **({} if image is None else {"NewImage": image})},
    }


def image_of(meeting: Meeting, **written: str) -> dict[str, Any]:
    return dict(to_attributes({**stored_item(meeting), **written}))


SERVING = a_meeting(seats=(a_serving_seat(TEACHER), a_serving_seat(STUDENT)))
BOTH = {"teacher_session_data": DATA_URL, "student_session_data": DATA_URL}


@pytest.mark.parametrize(
    ("image", "is_handed_over"),
    [
        (image_of(a_meeting()), False),
        (image_of(SERVING), False),
        (image_of(SERVING, teacher_session_data=DATA_URL), False),
        (image_of(SERVING, **BOTH), True),
        (image_of(SERVING, status="HEALTHY", instance_id="i-0123456789abcdef0"), True),
        (image_of(SERVING, ended_at="2026-03-02T15:00:00.000000Z"), True),
        ({"id": {"S": "oldstyle00000000"}, "status": {"S": "SCHEDULED"}}, True),
    ],
    ids=["booked", "heartbeat", "one has handed in", "both have", "a field desktop", "over", "of the seeds"],
)
@pytest.mark.parametrize("name", ["INSERT", "MODIFY"])
def test_what_is_handed_over(image: dict[str, Any], is_handed_over: bool, name: str) -> None:
    assert passes(record(image, name)) is is_handed_over


def test_what_was_deleted_is_nobodys_business() -> None:
    assert not passes(record(None, "REMOVE"))


def test_lambda_takes_five_filters_of_one_mapping_and_no_more() -> None:
    (mapping,) = (
        each["Properties"]
        for each in translated()["Resources"].values()
        if each["Type"] == "AWS::Lambda::EventSourceMapping"
    )
    assert len(mapping["FilterCriteria"]["Filters"]) == len(filters()) <= 5
