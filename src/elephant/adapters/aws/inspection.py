"""Looking at what an installation consists of, for whoever wants to know whether it is well.

Every method makes a call or two, and raises Temporary and Permanent; nothing is kept, and nothing changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from elephant.adapters.aws.ec2_instances import whole
from elephant.adapters.aws.errors import translating
from elephant.ports.errors import Permanent

_EVERYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, slots=True)
class Image:
    """An image's `state`, such as available, and the processors that it is for."""

    state: str
    architecture: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table's state, what its stream shows ("" for none), and the indexes that are not ready."""

    status: str
    stream_view: str
    busy_indexes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inspection:
    """Clients of botocore, by the service's name there."""

    clients: Mapping[str, Any]

    def account(self) -> str:
        """The account that the credentials are of."""
        with translating("sts", "the credentials"):
            answer = self.clients["sts"].get_caller_identity()
        with whole("GetCallerIdentity"):
            account: str = answer["Account"]
        return account

    def image(self, image_id: str) -> Image:
        """The desktops' image."""
        with translating("ec2", f"the image {image_id}"):
            answer = self.clients["ec2"].describe_images(ImageIds=[image_id])
        with whole("DescribeImages"):
            if not answer["Images"]:
                raise Permanent(f"the image {image_id} is not shown to this account")
            return Image(answer["Images"][0]["State"], answer["Images"][0]["Architecture"])

    def architectures(self, instance_types: Sequence[str]) -> dict[str, list[str]]:
        """The processors of each instance type."""
        with translating("ec2", f"the instance types {', '.join(instance_types)}"):
            answer = self.clients["ec2"].describe_instance_types(InstanceTypes=list(instance_types))
        with whole("DescribeInstanceTypes"):
            return {
                each["InstanceType"]: list(each["ProcessorInfo"]["SupportedArchitectures"])
                for each in answer["InstanceTypes"]
            }

    def without_a_way_out(self, subnet_ids: Sequence[str]) -> list[str]:
        """The subnets from which no route leads to an internet gateway, so that no public address there is reached."""
        with translating("ec2", "the subnets"):
            subnets = self.clients["ec2"].describe_subnets(SubnetIds=list(subnet_ids))
            with whole("DescribeSubnets"):
                vpcs = {each["SubnetId"]: each["VpcId"] for each in subnets["Subnets"]}
            filters = [{"Name": "vpc-id", "Values": sorted(set(vpcs.values()))}]
            answer = self.clients["ec2"].describe_route_tables(Filters=filters)
        leads_out: dict[str, bool] = {}
        with whole("DescribeRouteTables"):
            for table in answer["RouteTables"]:
                for association in table["Associations"]:
                    place = association.get("SubnetId") or (table["VpcId"] if association.get("Main") else "")
                    leads_out[place] = any(map(_leads_out, table["Routes"]))
        # a subnet with no table of its own has the main one of its VPC
        return [each for each in subnet_ids if not leads_out.get(each, leads_out.get(vpcs[each], False))]

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
                busy_indexes=tuple(
                    each["IndexName"]
                    for each in described.get("GlobalSecondaryIndexes", [])
                    if each["IndexStatus"] != "ACTIVE"
                ),
            )


def _leads_out(route: Mapping[str, Any]) -> bool:
    return (
        route.get("DestinationCidrBlock") == _EVERYWHERE
        and str(route.get("GatewayId", "")).startswith("igw-")
        and route.get("State") == "active"
    )


def _ports(permission: Mapping[str, Any]) -> str:
    if permission["IpProtocol"] == "-1":
        return "all"
    first, last = permission.get("FromPort"), permission.get("ToPort")
    return f"{permission['IpProtocol']} {first}" + ("" if first == last else f"-{last}")
