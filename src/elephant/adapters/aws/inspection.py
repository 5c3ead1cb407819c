"""Looking at what an installation consists of, for whoever wants to know whether it is well.

Every method makes a call or two, and raises Temporary and Permanent; nothing is kept, and nothing changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from elephant.adapters.aws.ec2_instances import whole
from elephant.adapters.aws.errors import translating


@dataclass(frozen=True, slots=True)
class Table:
    """A table's state, what its stream shows ("" for none), and the indexes that are not ready.

    `stream_arn` is that of its newest stream, which may be off; "" where there never was one.
    """

    status: str
    stream_view: str
    stream_arn: str
    busy_indexes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StreamReader:
    """What hands the changes of a table to a function; `state` and `last_result` are Lambda's words."""

    id: str
    function_name: str
    state: str
    last_result: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """Clients of botocore, by the service's name there."""

    clients: Mapping[str, Any]

    def open_ports(self, group_id: str) -> set[str]:
        """What a security group lets in, such as `tcp 8443`, `udp 1-1024` or `all`."""
        with translating("ec2", f"the security group {group_id}"):
            answer = self.clients["ec2"].describe_security_groups(GroupIds=[group_id])
        with whole("DescribeSecurityGroups"):
            return {_ports(each) for each in answer["SecurityGroups"][0]["IpPermissions"]}

    def waiting(self, queue_url: str) -> int:
        """How many messages wait in a queue, about."""
        with translating("sqs", f"the queue {queue_url.rpartition('/')[2]}"):
            answer = self.clients["sqs"].get_queue_attributes(
                QueueUrl=queue_url, AttributeNames=["ApproximateNumberOfMessages"]
            )
        with whole("GetQueueAttributes"):
            return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def alarms(self, names: Sequence[str]) -> dict[str, str]:
        """The state of each of these alarms that there is: OK, ALARM or INSUFFICIENT_DATA."""
        with translating("cloudwatch", "the alarms"):
            answer = self.clients["cloudwatch"].describe_alarms(AlarmNames=list(names), MaxRecords=100)
        with whole("DescribeAlarms"):
            return {each["AlarmName"]: each["StateValue"] for each in answer["MetricAlarms"]}

    def samples(self, namespace: str, metric: str, dimension: tuple[str, str], now: datetime, within: timedelta) -> int:
        """How often a metric was written in that time."""
        name, value = dimension
        with translating("cloudwatch", f"the metric {namespace}/{metric}"):
            answer = self.clients["cloudwatch"].get_metric_statistics(
                Namespace=namespace,
                MetricName=metric,
                Dimensions=[{"Name": name, "Value": value}],
                StartTime=now - within,
                EndTime=now,
                Period=60,
                Statistics=["SampleCount"],
            )
        with whole("GetMetricStatistics"):
            return int(sum(each["SampleCount"] for each in answer["Datapoints"]))

    def table(self, name: str) -> Table:
        """The table of the meetings."""
        with translating("dynamodb", f"the table {name}"):
            answer = self.clients["dynamodb"].describe_table(TableName=name)
        with whole("DescribeTable"):
            described = answer["Table"]
            stream = described.get("StreamSpecification", {})
            return Table(
                status=described["TableStatus"],
                stream_view=stream.get("StreamViewType", "") if stream.get("StreamEnabled") else "",
                stream_arn=described.get("LatestStreamArn", ""),
                busy_indexes=tuple(
                    each["IndexName"]
                    for each in described.get("GlobalSecondaryIndexes", [])
                    if each["IndexStatus"] != "ACTIVE"
                ),
            )

    def stream_readers(self, stream_arn: str) -> list[StreamReader]:
        """Every event source mapping of a table's stream."""
        found: list[StreamReader] = []
        following: dict[str, str] = {}
        while True:
            with translating("lambda", f"the readers of {stream_arn}"):
                page = self.clients["lambda"].list_event_source_mappings(EventSourceArn=stream_arn, **following)
            with whole("ListEventSourceMappings"):
                found += [_stream_reader(each) for each in page["EventSourceMappings"]]
            if not page.get("NextMarker"):
                return found
            following = {"Marker": page["NextMarker"]}


def _stream_reader(mapping: Mapping[str, Any]) -> StreamReader:
    # arn:aws:lambda:REGION:ACCOUNT:function:NAME, and an alias behind it or none
    function_name = mapping["FunctionArn"].split(":")[6]
    return StreamReader(mapping["UUID"], function_name, mapping["State"], mapping.get("LastProcessingResult") or "")


def _ports(permission: Mapping[str, Any]) -> str:
    if permission["IpProtocol"] == "-1":
        return "all"
    first, last = permission.get("FromPort"), permission.get("ToPort")
    return f"{permission['IpProtocol']} {first}" + ("" if first == last else f"-{last}")
