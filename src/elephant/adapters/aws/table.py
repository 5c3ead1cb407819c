"""The table of the meetings as data: for the stack, for the tests, and for whoever looks for an index's name.

An installation from before has this table without the indexes. CloudFormation and UpdateTable add one index at a time
(https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/229); the order does not matter.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import CreateTableInputTypeDef, GlobalSecondaryIndexTypeDef

TABLE_NAME_SETTING = "TABLE_NAME"

KEY = "id"
OPEN_SHARD = "open_shard"
ENDED_SHARD = "ended_shard"
BY_MEET_TIME = "by_meet_time"
"""`{meet_time}#{id}` in the one shape of time that sorts; the sort key of every index."""

LEDGER_PREFIX = "hours/"
"""How the keys of those rows begin that are no meetings: which of a host's meetings count in a month."""

SHARDS = 8
"""How many partitions each index is spread over, by id: about a thousand writes a second each."""

OPEN_INDEX = "open-meetings"
ENDED_INDEX = "ended-meetings"
HOST = "host"
HOST_INDEX = "host-meetings"
"""The meetings of each host, open and over; of nobody's where there is no host."""

SHARD_OF_INDEX = {OPEN_INDEX: OPEN_SHARD, ENDED_INDEX: ENDED_SHARD}
PARTITION_OF_INDEX = {**SHARD_OF_INDEX, HOST_INDEX: HOST}


def table_definition(table_name: str) -> "CreateTableInputTypeDef":
    """The arguments of CreateTable."""
    return {
        "TableName": table_name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": KEY, "KeyType": "HASH"}],
        "AttributeDefinitions": [
            {"AttributeName": KEY, "AttributeType": "S"},
            {"AttributeName": OPEN_SHARD, "AttributeType": "N"},
            {"AttributeName": ENDED_SHARD, "AttributeType": "N"},
            {"AttributeName": BY_MEET_TIME, "AttributeType": "S"},
            {"AttributeName": HOST, "AttributeType": "S"},
        ],
        "GlobalSecondaryIndexes": [_index(name, key) for name, key in PARTITION_OF_INDEX.items()],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    }


def _index(name: str, partition: str) -> "GlobalSecondaryIndexTypeDef":
    """Keys only: an index entry is written when a meeting is booked, moved or ended, and by nothing else."""
    return {
        "IndexName": name,
        "KeySchema": [
            {"AttributeName": partition, "KeyType": "HASH"},
            {"AttributeName": BY_MEET_TIME, "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
