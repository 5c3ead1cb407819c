"""Finding meetings through the indexes, and reading those found as they are now.

An index is written after its item, usually within a second, so it says only where to look: every meeting is read from
the table itself, consistently, and looked at again by whoever asked for it.
"""

import heapq
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from elephant.adapters.aws.dynamodb_values import from_attributes, to_value
from elephant.adapters.aws.errors import translating
from elephant.adapters.aws.table import BY_MEET_TIME, HOST_INDEX, KEY, PARTITION_OF_INDEX, SHARDS
from elephant.ports.errors import Temporary

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import KeysAndAttributesTypeDef, QueryInputTypeDef

_BATCH = 100
"""The most that BatchGetItem takes."""

_PAGE = 1000
_ROUNDS_WITHOUT_PROGRESS = 5


class Place(NamedTuple):
    """Where an index puts a meeting; the greatest is the latest."""

    by_meet_time: str
    meeting_id: str


class MeetingIndex:
    """Reads the indexes and the items; the shards at once, so that they take as long as the slowest one."""

    def __init__(
        self, client: "DynamoDBClient", table_name: str, resource: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._resource = resource
        self._pause = pause

    def places(self, *indexes: str, before: str | None = None, latest: int | None = None) -> list[Place]:
        """Every meeting of these indexes, or only the `latest` of them, before that sort key; latest first."""
        shards = [(index, shard, before, latest) for index in indexes for shard in range(SHARDS)]
        with ThreadPoolExecutor(SHARDS) as threads:
            found = [place for part in threads.map(self._places_of_partition, shards) for place in part]
        return heapq.nlargest(len(found) if latest is None else latest, found)

    def places_of(self, host: str, *, before: str | None = None, latest: int | None = None) -> list[Place]:
        """The meetings of one host, open and over, as `places` gives those of indexes."""
        return self._places_of_partition((HOST_INDEX, host, before, latest))

    def places_in_month(self, host: str, month: str) -> list[Place]:
        """The meetings of one host, open and over, that begin in that month (`month_of`)."""
        request = _query(self._table_name, HOST_INDEX, host, None, _PAGE)
        request["KeyConditionExpression"] = "#partition = :partition AND begins_with(#by, :month)"
        request["ExpressionAttributeNames"] = {"#partition": PARTITION_OF_INDEX[HOST_INDEX], "#by": BY_MEET_TIME}
        request["ExpressionAttributeValues"] = {
            ":partition": to_value(PARTITION_OF_INDEX[HOST_INDEX], host),
            ":month": {"S": month},
        }
        return self._places_found(request, None)

    def _places_of_partition(self, asked: tuple[str, int | str, str | None, int | None]) -> list[Place]:
        index, partition, before, latest = asked
        limit = _PAGE if latest is None else min(latest, _PAGE)
        return self._places_found(_query(self._table_name, index, partition, before, limit), latest)

    def _places_found(self, request: "QueryInputTypeDef", latest: int | None) -> list[Place]:
        found: list[Place] = []
        while latest is None or len(found) < latest:
            with translating("dynamodb", f"{self._resource}, index {request['IndexName']},"):
                answer = self._client.query(**request)
            found += [Place(item[BY_MEET_TIME]["S"], item[KEY]["S"]) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return found

    def items(self, places: Sequence[Place]) -> list[dict[str, Any]]:
        """The items of these meetings as they are now, in no order; one deleted meanwhile is left out."""
        ids = list(dict.fromkeys(place.meeting_id for place in places))
        if not ids:
            return []
        batches = [ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH)]
        with ThreadPoolExecutor(min(SHARDS, len(batches))) as threads:
            return [item for batch in threads.map(self._items_of_batch, batches) for item in batch]

    def _items_of_batch(self, ids: list[str]) -> list[dict[str, Any]]:
        """Ask again for what was left out: an answer holds at most 16 MB, 1 MB a partition, and what is not throttled.

        Raises Temporary when several rounds in a row bring nothing.
        """
        wanted: KeysAndAttributesTypeDef = {"Keys": [{KEY: {"S": each}} for each in ids], "ConsistentRead": True}
        found: list[dict[str, Any]] = []
        rounds = 0
        while True:
            with translating("dynamodb", self._resource):
                answer = self._client.batch_get_item(RequestItems={self._table_name: wanted})
            part = answer["Responses"].get(self._table_name, [])
            found += [from_attributes(item) for item in part]
            left = answer.get("UnprocessedKeys", {}).get(self._table_name)
            if left is None:
                return found
            wanted = {"Keys": left["Keys"], "ConsistentRead": True}
            rounds = 0 if part else rounds + 1
            if rounds == _ROUNDS_WITHOUT_PROGRESS:
                raise Temporary(f"{self._resource} leaves {len(left['Keys'])} meetings unread; it is throttled")
            if not part:
                self._pause(random.uniform(0, 0.05 * 2**rounds))  # noqa: S311  jitter, no secret


def _query(table_name: str, index: str, partition: int | str, before: str | None, limit: int) -> "QueryInputTypeDef":
    value = to_value(PARTITION_OF_INDEX[index], partition)
    request: QueryInputTypeDef = {
        "TableName": table_name,
        "IndexName": index,
        "KeyConditionExpression": "#partition = :partition",
        "ExpressionAttributeNames": {"#partition": PARTITION_OF_INDEX[index]},
        "ExpressionAttributeValues": {":partition": value},
        "ScanIndexForward": False,
        "Limit": limit,
    }
    if before is not None:
        request["KeyConditionExpression"] = "#partition = :partition AND #by < :before"
        request["ExpressionAttributeNames"] = {"#partition": PARTITION_OF_INDEX[index], "#by": BY_MEET_TIME}
        request["ExpressionAttributeValues"] = {":partition": value, ":before": {"S": before}}
    return request
