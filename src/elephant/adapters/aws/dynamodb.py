"""The meetings in a DynamoDB table that others write into as well; see docs/decisions/0012."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from botocore.exceptions import ClientError

from elephant.adapters.aws.dynamodb_changes import checked_assignments, is_made, status_after
from elephant.adapters.aws.dynamodb_expressions import (
    Expressions,
    change_expressions,
    mend_expressions,
    trim_expressions,
)
from elephant.adapters.aws.dynamodb_index import MeetingIndex
from elephant.adapters.aws.dynamodb_index import Place as IndexPlace
from elephant.adapters.aws.dynamodb_items import by_meet_time, is_key, is_taken_over, meeting_of, stored_item
from elephant.adapters.aws.dynamodb_seen import SeenMeetings
from elephant.adapters.aws.dynamodb_values import from_attributes, to_attributes
from elephant.adapters.aws.errors import code_of, translating, was_retried
from elephant.adapters.aws.table import ENDED_INDEX, HOST, KEY, OPEN_INDEX, TABLE_NAME_SETTING
from elephant.domain.change import Change
from elephant.domain.meeting import Meeting
from elephant.domain.meeting_item import Item
from elephant.domain.timetable import Policy
from elephant.ports.errors import (
    ConditionFailed,
    ElephantError,
    MeetingDamaged,
    MeetingExists,
    MeetingNotFound,
    MeetingsDamaged,
    Temporary,
)
from elephant.ports.meetings import Place, all_read, as_far_as_readable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

logger = logging.getLogger(__name__)

_TAKE_OVER_ATTEMPTS = 3
_INDEXES = {None: (OPEN_INDEX, ENDED_INDEX), True: (OPEN_INDEX,), False: (ENDED_INDEX,)}


class _Answer(NamedTuple):
    """An item after a write, or as it stands in the way of one (None where there is none)."""

    item: dict[str, Any] | None
    is_written: bool
    was_retried: bool = False


class DynamoMeetings:
    """See Meetings; every method may also raise Permanent, as the errors of AWS are translated.

    The client brings the time limits and the repeated attempts, for which botocore's Config(connect_timeout=2,
    read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3}) is meant: bounded, with jitter, and short
    enough for a function that answers a person. It may be shared between threads; so may this. `policy` says what a
    row from before leaves out.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        *,
        policy: Policy,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._policy = policy
        self._resource = f"the table {table_name} ({TABLE_NAME_SETTING})"
        self._index = MeetingIndex(client, table_name, self._resource, pause)
        self._seen = SeenMeetings()

    def create(self, meeting: Meeting) -> None:
        """See Meetings.create."""
        item = stored_item(meeting)
        with translating("dynamodb", self._resource):
            try:
                self._client.put_item(
                    TableName=self._table_name,
                    Item=to_attributes(item),
                    ConditionExpression="attribute_not_exists(#id)",
                    ExpressionAttributeNames={"#id": KEY},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as error:
                answer = _stood_in_the_way(error)
                # Our own first attempt, whose answer was lost on the way.
                if not (answer.was_retried and answer.item == item):
                    raise MeetingExists(meeting.id) from error
        self._seen.note(meeting)

    def get(self, meeting_id: str) -> Meeting:
        """See Meetings.get; a row from before is taken over by the way, in one more write."""
        if not is_key(meeting_id):
            raise MeetingNotFound(meeting_id)
        with translating("dynamodb", self._resource):
            answer = self._client.get_item(
                TableName=self._table_name, Key={KEY: {"S": meeting_id}}, ConsistentRead=True
            )
        if "Item" not in answer:
            raise MeetingNotFound(meeting_id)
        item = from_attributes(answer["Item"])
        if not is_taken_over(item):
            item = self._mended(meeting_id, item)
        return self._meeting(item)

    def update(self, meeting_id: str, change: Change) -> Meeting:
        """See Meetings.update."""
        if not is_key(meeting_id):
            raise MeetingNotFound(meeting_id)
        assign = checked_assignments(change)
        status = status_after(change, self._seen.of(meeting_id))
        expressions = change_expressions(meeting_id, change, assign, status)
        answer = self._write(meeting_id, expressions)
        for _ in range(_TAKE_OVER_ATTEMPTS):
            if answer.is_written or answer.item is None or is_taken_over(answer.item):
                break
            self._mended(meeting_id, answer.item)
            answer = self._write(meeting_id, expressions)
        if answer.item is None:
            raise MeetingNotFound(meeting_id)
        if not answer.is_written and not (answer.was_retried and is_made(change, assign, answer.item)):
            if not is_taken_over(answer.item):
                raise Temporary(f"others keep writing into the row of meeting {meeting_id}, which is not ours yet")
            raise ConditionFailed(self._meeting(answer.item))
        return self._meeting(self._tidied(meeting_id, answer.item))

    def settle(self, item: Item) -> Meeting:
        """The meeting of an item as it once was, after what follows from it was written down, if that still holds."""
        return self._meeting(self._mended(item[KEY], dict(item)))

    def open_meetings(self) -> Sequence[Meeting]:
        """See Meetings.open_meetings."""
        items = self._index.items(self._index.places(OPEN_INDEX))
        # What has just ended may still be in the index, whole or damaged.
        found = all_read((item for item in items if item.get("ended_at") is None), self._meeting)
        return sorted((each for each in found if not each.is_over), key=Place.of)

    def page(
        self, *, is_open: bool | None, before: Place | None, limit: int, host: str | None = None
    ) -> Sequence[Meeting]:
        """See Meetings.page. Costs a query of each shard, and the meetings read; nothing for those later or earlier."""
        found: dict[str, Meeting] = {}
        damaged: dict[str, MeetingDamaged] = {}
        until = None if before is None else by_meet_time(before.meeting_id, before.meet_time)
        while len(found) + len(damaged) < limit:
            places = self._places(is_open, host, until, limit)
            items = [item for item in self._index.items(places) if host in {None, item.get(HOST)}]
            readable, unreadable = as_far_as_readable(partial(all_read, items, self._meeting))
            damaged |= {error.meeting_id: error for error in unreadable}
            for meeting in readable:
                # What has just ended or moved may still be where it was in an index.
                fits = is_open is None or meeting.is_over != is_open
                if fits and (before is None or Place.of(meeting) < before):
                    found[meeting.id] = meeting
            if len(places) < limit:
                break
            until = places[-1].by_meet_time
        on_page = sorted(found.values(), key=Place.of, reverse=True)[:limit]
        if damaged:
            raise MeetingsDamaged(list(damaged.values()), on_page)
        return on_page

    def _places(self, is_open: bool | None, host: str | None, before: str | None, latest: int) -> list[IndexPlace]:
        # What is open is little, whoever it belongs to; what is over is not.
        if host is None or is_open is True:
            return self._index.places(*_INDEXES[is_open], before=before, latest=latest)
        return self._index.places_of(host, before=before, latest=latest)

    def _meeting(self, item: dict[str, Any]) -> Meeting:
        meeting = meeting_of(item, self._policy)
        self._seen.note(meeting)
        return meeting

    def _tidied(self, meeting_id: str, item: dict[str, Any]) -> dict[str, Any]:
        """Put the status right and the history short: at most a write each, and the change stands without them.

        Whoever writes next does what is left undone here, and reading looks at neither.
        """
        try:
            item = self._mended(meeting_id, item)
            trim = trim_expressions(item)
            if trim is not None:
                self._write(meeting_id, trim)
        except ElephantError:
            logger.warning("meeting %s was changed, but not tidied up; the next change will", meeting_id, exc_info=True)
        return item

    def _mended(self, meeting_id: str, item: dict[str, Any]) -> dict[str, Any]:
        """The item with what follows from it written down too.

        Somebody else's write in between wins, and mends what it has led to itself.
        """
        mend = mend_expressions(item, self._policy)
        if mend is None:
            return item
        answer = self._write(meeting_id, mend)
        return item if answer.item is None or not answer.is_written else answer.item

    def _write(self, meeting_id: str, expressions: Expressions) -> _Answer:
        with translating("dynamodb", self._resource):
            try:
                written = self._client.update_item(
                    TableName=self._table_name,
                    Key={KEY: {"S": meeting_id}},
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **expressions,
                )
            except ClientError as error:
                return _stood_in_the_way(error)
        return _Answer(from_attributes(written["Attributes"]), is_written=True)


def _stood_in_the_way(error: ClientError) -> _Answer:
    """The item that a condition did not hold for; raises the error again where it says something else."""
    if code_of(error) != "ConditionalCheckFailedException":
        raise error
    item = cast("Mapping[str, Any] | None", error.response.get("Item"))
    return _Answer(None if item is None else from_attributes(item), is_written=False, was_retried=was_retried(error))
