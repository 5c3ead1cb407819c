"""What AWS sends to functions that answer no person; standard library only, because they start in a hurry.

Shapes: "Amazon EC2 instance state change events" (EC2 User Guide), "Using AWS Lambda with Amazon DynamoDB" and its
"partial batch responses" (Lambda Developer Guide). A Scheduler's payload is what we gave it. Whatever has another shape
is a ValueError that says what was expected; what an event says beyond that is not looked at.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_MEETING_ID = ("meeting_id", "meetingId")
"""Ours, and that of schedules which the seeds' function has made and which are still to fire."""


def meeting_id_of(event: object) -> str:
    """The meeting that an alarm is about; raises ValueError."""
    payload = _object(event, "the payload of an alarm")
    for name in _MEETING_ID:
        if name in payload:
            return _text(payload[name], name)
    raise ValueError(f"the payload of an alarm has neither {' nor '.join(_MEETING_ID)}")


def is_forced(event: object) -> bool:
    """True for the payload `{"force": true}`, which only somebody who invokes the sweep by hand sends."""
    return isinstance(event, Mapping) and event.get("force") is True


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """An `EC2 Instance State-change Notification`: an id and EC2's word for the state, and no tags at all."""

    machine_id: str
    state: str

    @classmethod
    def parse(cls, event: object) -> "StateChange":
        """Read an event of EventBridge; raises ValueError."""
        detail = _object(_object(event, "an event").get("detail"), "the detail of an event")
        return cls(
            machine_id=_text(detail.get("instance-id"), "detail.instance-id"),
            state=_text(detail.get("state"), "detail.state"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRecord:
    """One change of the table. Records with the same `key` are about the same item, in the order of the stream."""

    sequence_number: str
    key: str
    content: Mapping[str, Any]

    @property
    def image(self) -> Mapping[str, Any] | None:
        """The item after the change with DynamoDB's types, None where it was removed; raises ValueError."""
        image = self.content.get("NewImage")
        return None if image is None else _object(image, "NewImage")


def stream_records(event: object) -> list[StreamRecord]:
    """The records of a batch; one that could not even be named as failed is a ValueError for all of them.

    What is wrong further inside shows when that record is looked at, so that it fails alone.
    """
    records = _object(event, "a batch").get("Records")
    if not isinstance(records, list):
        raise ValueError("a batch must have a list of Records")  # noqa: TRY004  about an event's content
    return [_record(each) for each in records]


def _record(given: object) -> StreamRecord:
    content = _object(_object(given, "a record").get("dynamodb"), "the dynamodb of a record")
    number = _text(content.get("SequenceNumber"), "SequenceNumber")
    key = json.dumps(content.get("Keys"), sort_keys=True, default=repr)
    return StreamRecord(sequence_number=number, key=key, content=content)


def partial_failure(sequence_numbers: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    """The answer that has the stream try again from the lowest of these on; with none of them all is well."""
    return {"batchItemFailures": [{"itemIdentifier": number} for number in sequence_numbers]}


def _object(given: object, what: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise ValueError(f"{what} must be a JSON object")  # noqa: TRY004  about an event's content
    return given


def _text(given: object, what: str) -> str:
    if not isinstance(given, str) or not given:
        raise ValueError(f"{what} must be a text that is not empty")
    return given
