"""The table's stream, read from moto and handed to a function in batches, as Lambda does.

What moto lacks and this supplies: moto calls functions in Docker alone, and it also tells of writes that changed
nothing, which DynamoDB does not. Lambda's rules are those of "Configuring partial batch response with DynamoDB": a
batch is tried again from the lowest record that failed, one that raised is halved, which counts as no attempt, nothing
later passes it, and after the last attempt what is left of it goes to the failure destination.
"""

import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.support.frail_ports import Crash

if TYPE_CHECKING:
    from tests.support.aws_server import AwsServer

Record = dict[str, Any]


@dataclass
class _Batch:
    records: list[Record]
    attempts: int = 0


@dataclass
class TableStream:
    """The stream from its beginning on. `invoke` calls the function; `abandoned` is the failure destination."""

    server: "AwsServer"
    table_name: str
    invoke: Callable[[dict[str, Any]], dict[str, Any]]
    batch_size: int = 10
    most_attempts: int = 4
    abandoned: list[Record] = field(default_factory=list)
    _batches: deque[_Batch] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._client = self.server.client("dynamodbstreams")
        (stream,) = self._client.list_streams(TableName=self.table_name)["Streams"]
        (shard,) = self._client.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]
        self._iterator = self._client.get_shard_iterator(
            StreamArn=stream["StreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]

    def new_records(self) -> list[Record]:
        """What was written since the last time, in Lambda's shape."""
        answer = self._client.get_records(ShardIterator=self._iterator)
        self._iterator = answer["NextShardIterator"]
        records: list[Record] = json.loads(json.dumps(answer["Records"], default=_timestamp))
        return [each for each in records if each["dynamodb"].get("NewImage") != each["dynamodb"].get("OldImage")]

    def add(self, records: Sequence[Record]) -> None:
        """Put records into batches that wait for their turn."""
        for start in range(0, len(records), self.batch_size):
            self._batches.append(_Batch(list(records[start : start + self.batch_size])))

    def deliver(self) -> bool:
        """Hand over what waits, until a batch fails; False where it is to be tried again in a while."""
        while self._batches:
            batch = self._batches.popleft()
            rest = self._tried(batch)
            self._batches.extendleft(reversed(rest))
            if rest:
                return False
        return True

    def _tried(self, batch: _Batch) -> list[_Batch]:
        """What is left of a batch after one attempt."""
        attempts = batch.attempts + 1
        try:
            answer = self.invoke({"Records": batch.records})
        except (Exception, Crash):  # noqa: BLE001  as Lambda does
            middle = len(batch.records) // 2
            if middle:
                return [_Batch(half, batch.attempts) for half in (batch.records[:middle], batch.records[middle:])]
            left = batch.records
        else:
            failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
            numbers = [each["dynamodb"]["SequenceNumber"] for each in batch.records]
            assert failed <= set(numbers), "Lambda takes an unknown number for the failure of all"
            left = batch.records[min(map(numbers.index, failed)) :] if failed else []
        if left and attempts >= self.most_attempts:
            self.abandoned.extend(left)
            return []
        return [_Batch(left, attempts)] if left else []


def _timestamp(value: object) -> float:
    assert isinstance(value, datetime)
    return value.timestamp()
