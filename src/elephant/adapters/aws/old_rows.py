"""Rows from before this project, which no index knows: found by reading the whole table once, after an installation.

Whoever touches such a row takes it over as well, the stream's function included; this is for those that nobody touches,
so that the sweep ends them too. It costs a read of the whole table, and may be stopped and run again at any time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from elephant.adapters.aws.errors import translating
from elephant.adapters.aws.table import BY_MEET_TIME, KEY, TABLE_NAME_SETTING
from elephant.ports.errors import MeetingNotFound, Permanent

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import ScanInputTypeDef

    from elephant.ports.meetings import Meetings


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """How many rows are ours now, and why which were not: by id, a sentence each."""

    rows: int
    failures: Mapping[str, str]


def take_over_old_rows(client: "DynamoDBClient", table_name: str, meetings: "Meetings") -> TakenOver:
    """Take over every row that no index knows; one that is damaged keeps none of the others.

    `meetings` is the DynamoMeetings of the same table. Raises Temporary and Permanent.
    """
    rows = 0
    failures: dict[str, str] = {}
    for meeting_id in _unknown_ids(client, table_name):
        try:
            meetings.get(meeting_id)
            rows += 1
        except MeetingNotFound:
            continue  # deleted since
        except Permanent as error:
            failures[meeting_id] = str(error)
    return TakenOver(rows=rows, failures=failures)


def _unknown_ids(client: "DynamoDBClient", table_name: str) -> Iterator[str]:
    request: ScanInputTypeDef = {
        "TableName": table_name,
        "FilterExpression": "attribute_not_exists(#by)",
        "ProjectionExpression": "#id",
        "ExpressionAttributeNames": {"#by": BY_MEET_TIME, "#id": KEY},
    }
    while True:
        with translating("dynamodb", f"the table {table_name} ({TABLE_NAME_SETTING})"):
            answer = client.scan(**request)
        yield from (item[KEY]["S"] for item in answer["Items"])
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
