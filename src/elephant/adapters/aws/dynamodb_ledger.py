"""A ledger of hosts beside the meetings, in the same table; see docs/decisions/0024.

One row for each host and month lists the meetings that were written here, and has a version. A meeting is written in
one transaction with that row, on the condition that the row is the one that was read: of two at the same time one finds
another version and judges anew. Those that were written elsewhere, while nothing limited the host, are found in the
index of the host's meetings, which may be a second late. Nothing is ever counted in either, so there is nothing that
could be counted wrongly; see docs/decisions/0033.

"Amazon DynamoDB Transactions: How it works" (Developer Guide): all or nothing, repeatable with the same token for ten
minutes, which botocore makes for each call; cancelled where another transaction writes the same row just then.
"""

import random
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from botocore.exceptions import ClientError

from elephant.adapters.aws.dynamodb_changes import checked_assignments
from elephant.adapters.aws.dynamodb_expressions import change_expressions
from elephant.adapters.aws.dynamodb_index import MeetingIndex, Place
from elephant.adapters.aws.dynamodb_items import meeting_of, stored_item
from elephant.adapters.aws.dynamodb_values import from_attributes, to_attributes
from elephant.adapters.aws.errors import code_of, translating, was_retried
from elephant.adapters.aws.table import BY_MEET_TIME, KEY, LEDGER_PREFIX, TABLE_NAME_SETTING
from elephant.domain.change import Change
from elephant.domain.hours import counted_minutes, month_of
from elephant.domain.meeting import Meeting
from elephant.domain.timetable import Policy
from elephant.ports.errors import ConditionFailed, MeetingExists, Permanent, Temporary
from elephant.ports.ledger import Judge
from elephant.ports.meetings import Meetings, all_read
from elephant.ports.overlap import Overlap, in_turn

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_MEETINGS = "meetings"
_VERSION = "version"
_ATTEMPTS = 12
_CONDITION = "ConditionalCheckFailed"
_OF_OTHERS = frozenset({_CONDITION, "TransactionConflict"})
"""Because of what others write: to be tried again after another reading ("TransactWriteItems", API Reference)."""

_LATER = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError"})


class _Row(NamedTuple):
    """One month of a host as it was read; version 0 where there is no row yet."""

    key: str
    version: int
    meetings: tuple[str, ...]


class _Outcome(NamedTuple):
    """What became of a transaction; `reasons` is why each part of it was not written, by its place."""

    is_written: bool
    was_retried: bool = False
    reasons: Sequence[str] = ()


class DynamoLedger:
    """See HostLedger; `meetings` are those of the same table, and may be shared between threads like this."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        meetings: Meetings,
        *,
        policy: Policy,
        overlap: Overlap = in_turn,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._meetings = meetings
        self._policy = policy
        self._overlap = overlap
        self._pause = pause
        self._resource = f"the table {table_name} ({TABLE_NAME_SETTING})"
        self._index = MeetingIndex(client, table_name, self._resource, pause)

    def counted(self, host: str, month: str) -> Sequence[Meeting]:
        """See HostLedger.counted."""
        return self._read(host, month)[1]

    def create(self, meeting: Meeting, judge: Judge) -> None:
        """See HostLedger.create."""
        put: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": self._table_name,
                "Item": to_attributes(stored_item(meeting)),
                "ConditionExpression": "attribute_not_exists(#id)",
                "ExpressionAttributeNames": {"#id": KEY},
            }
        }
        outcome = self._written(meeting, put, judge)
        # Our own first attempt, whose answer was lost on the way and whose token was forgotten.
        if not (outcome.is_written or (outcome.was_retried and self._meetings.get(meeting.id) == meeting)):
            raise MeetingExists(meeting.id)

    def update(self, after: Meeting, change: Change, judge: Judge) -> Meeting:
        """See HostLedger.update; reads the meeting once more afterwards."""
        expressions = change_expressions(after.id, change, checked_assignments(change), None)
        update = {"Update": {"TableName": self._table_name, "Key": {KEY: {"S": after.id}}, **expressions}}
        outcome = self._written(after, cast("TransactWriteItemTypeDef", update), judge)
        meeting = self._meetings.get(after.id)
        if not (outcome.is_written or (outcome.was_retried and meeting == after)):
            raise ConditionFailed(meeting)
        return meeting

    def _written(self, meeting: Meeting, write: "TransactWriteItemTypeDef", judge: Judge) -> _Outcome:
        """Not written where the meeting's own condition does not hold; raises what the judge raises."""
        month = month_of(meeting.meet_time)
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._pause(random.uniform(0, 0.02 * 2 ** min(attempt, 5)))  # noqa: S311  jitter, no secret
            row, found = self._read(meeting.host, month)
            others = [each for each in found if each.id != meeting.id]
            judge(others)
            outcome = self._try([write, self._entry(row, meeting, others)])
            if outcome.is_written or outcome.reasons[0] == _CONDITION:
                return outcome
        raise Temporary("others book for the same host just now; try again", retry_after_seconds=1)

    def _read(self, host: str, month: str) -> tuple[_Row, list[Meeting]]:
        """The row, and the host's meetings in that month: those of the row and of the index, read consistently."""
        rows: list[_Row] = []
        places: list[Place] = []
        self._overlap(
            [
                lambda: rows.append(self._row(host, month)),
                lambda: places.extend(self._index.places_in_month(host, month)),
            ]
        )
        items = self._index.items([*(Place("", meeting_id) for meeting_id in rows[0].meetings), *places])
        found = all_read(items, lambda item: meeting_of(item, self._policy))
        return rows[0], [each for each in found if each.host == host and month_of(each.meet_time) == month]

    def _row(self, host: str, month: str) -> _Row:
        key = f"{LEDGER_PREFIX}{month}/{host}"
        with translating("dynamodb", self._resource):
            answer = self._client.get_item(TableName=self._table_name, Key={KEY: {"S": key}}, ConsistentRead=True)
        item = from_attributes(answer.get("Item", {}))
        try:
            return _Row(key, int(item.get(_VERSION, 0)), tuple(map(str, item.get(_MEETINGS, ()))))
        except (TypeError, ValueError) as error:
            raise Permanent(f"the row {key} of {self._resource} is damaged; mend or delete it ({error})") from error

    def _entry(self, row: _Row, meeting: Meeting, others: Sequence[Meeting]) -> "TransactWriteItemTypeDef":
        """The row with this meeting in it, and without those that are over and took nothing."""
        kept = [each.id for each in others if not each.is_over or counted_minutes(each, self._policy) > 0]
        item: dict[str, Any] = {
            KEY: row.key,
            _VERSION: row.version + 1,
            _MEETINGS: [*kept, meeting.id],
            # In no index, which wants a shard or a host too; but whoever looks for rows that no index knows passes by.
            BY_MEET_TIME: row.key,
        }
        put: dict[str, Any] = {"TableName": self._table_name, "Item": to_attributes(item)}
        if row.version:
            put["ConditionExpression"] = "#version = :read"
            put["ExpressionAttributeNames"] = {"#version": _VERSION}
            put["ExpressionAttributeValues"] = {":read": {"N": str(row.version)}}
        else:
            # of the version and not of the row: one that somebody wrote by hand has none, and is mended
            put["ConditionExpression"] = "attribute_not_exists(#version)"
            put["ExpressionAttributeNames"] = {"#version": _VERSION}
        return cast("TransactWriteItemTypeDef", {"Put": put})

    def _try(self, writes: "list[TransactWriteItemTypeDef]") -> _Outcome:
        """Everything is written, or nothing is; raises for causes that another reading cannot mend."""
        with translating("dynamodb", self._resource):
            try:
                self._client.transact_write_items(TransactItems=writes)
            except ClientError as error:
                reasons = [str(each.get("Code", "")) for each in error.response.get("CancellationReasons", ())]
                if code_of(error) != "TransactionCanceledException":
                    raise
                if _LATER.intersection(reasons):
                    raise Temporary(f"{self._resource} is throttled ({', '.join(reasons)})") from error
                if not _OF_OTHERS.intersection(reasons):
                    raise
                return _Outcome(is_written=False, was_retried=was_retried(error), reasons=reasons)
        return _Outcome(is_written=True)
