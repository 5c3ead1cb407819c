"""`terminator`: the stream ends a meeting whose data is all in, and shows what desktops of the field wrote."""

from collections.abc import Sequence
from functools import partial
from itertools import chain
from typing import Any

from elephant.bootstrap.aws import Aws, aws
from elephant.entrypoints.lambdas.failures import failures_logged
from elephant.entrypoints.lambdas.starting import start
from elephant.usecases.terminator import terminator
from elephant.wire.aws_events import StreamRecord, partial_failure, stream_records

start()


def handler(event: object, _context: object) -> dict[str, Any]:
    """Deal with every record, those of different meetings at once, and name those that failed.

    The stream is read again from the lowest of those on, so whatever worked may come twice and changes nothing then.
    A record that can never work fails each time, until the stream's own limit hands it to its failure destination.
    """
    records = stream_records(event)
    by_meeting: dict[str, list[StreamRecord]] = {}
    for record in records:
        by_meeting.setdefault(record.key, []).append(record)
    installation = aws()
    calls = [partial(_failed, own, installation) for own in by_meeting.values()]
    failed = set(chain.from_iterable(installation.service.overlap(calls)))
    return partial_failure(record.sequence_number for record in records if record.sequence_number in failed)


def _failed(records: Sequence[StreamRecord], installation: Aws) -> list[str]:
    """The numbers of those that failed of one meeting's records, each of which is tried, in their order."""
    numbers = []
    for record in records:
        try:
            with failures_logged(f"record {record.sequence_number} of the item {record.key}"):
                _handle(record, installation)
        except Exception:  # noqa: BLE001  logged above, and told to the stream
            numbers.append(record.sequence_number)
    return numbers


def _handle(record: StreamRecord, installation: Aws) -> None:
    service, now = installation.service, installation.service.now()
    meeting = None if record.image is None else installation.stream_images.fold_in(record.image, now)
    if meeting is not None:
        terminator(
            meeting,
            meetings=service.meetings,
            machines=service.machines,
            alarms=service.alarms,
            policy=service.policy,
            now=now,
            overlap=service.overlap,
        )
