"""Fixtures of the tests that need an EC2; imported where a conftest or a test offers them."""

from typing import TYPE_CHECKING

import pytest

from elephant.adapters.aws.ec2 import Ec2Machines, Ec2Settings
from tests.support.aws_fixtures import aws_server
from tests.support.builders import MEETING_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_ec2.client import EC2Client

    from tests.support.aws_server import AwsServer
    from tests.support.ec2_rules import Ec2Rules
    from tests.support.ec2_wire import Ec2Wire

ROOT_DEVICE_NAME = "/dev/sdq7"

__all__ = ["aws_server", "desktop_image", "ec2", "ec2_machines", "ec2_rules", "ec2_settings", "ec2_wire", "foreign"]


@pytest.fixture
def ec2_rules() -> "Iterator[Ec2Rules]":
    """EC2's rules in moto, over a region without instances."""
    from tests.support import ec2_rules  # noqa: PLC0415  moto takes a second to import

    with ec2_rules.ec2_rules() as rules:
        yield rules


@pytest.fixture
def ec2(aws_server: "AwsServer", ec2_rules: "Ec2Rules") -> "EC2Client":
    """A client of its own for each test, so that hooks and the quota of retries are too."""
    client: EC2Client = aws_server.client("ec2")
    return client


@pytest.fixture(scope="session")
def desktop_image(aws_server: "AwsServer") -> str:
    """The id of an image whose root device has a name that nobody would guess."""
    from tests.support.ec2_rules import name_root_device  # noqa: PLC0415  moto takes a second to import

    client: EC2Client = aws_server.client("ec2")
    image_id = client.register_image(Name="desktop")["ImageId"]
    name_root_device(image_id, ROOT_DEVICE_NAME)
    return image_id


@pytest.fixture
def ec2_settings(ec2: "EC2Client", desktop_image: str) -> Ec2Settings:
    """Two types in three subnets."""
    # those that every account has: other tests of this process may have made more
    of_the_account = ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])
    subnets = sorted(subnet["SubnetId"] for subnet in of_the_account["Subnets"])
    groups = [group["GroupId"] for group in ec2.describe_security_groups(GroupNames=["default"])["SecurityGroups"]]
    return Ec2Settings(
        image_id=desktop_image,
        instance_types=("m5.large", "m5a.large"),
        user_data_for=lambda order: f"seat {order.role}",
        subnet_ids=tuple(subnets),
        security_group_ids=tuple(groups),
    )


@pytest.fixture
def ec2_machines(ec2: "EC2Client", ec2_settings: Ec2Settings) -> Ec2Machines:
    """Machines that wait for nothing."""
    return Ec2Machines(ec2, ec2_settings, pause=lambda _: None)


@pytest.fixture
def ec2_wire(ec2: "EC2Client", ec2_settings: Ec2Settings) -> "Ec2Wire":
    """After the settings, so that only calls of the test are seen."""
    from tests.support.ec2_wire import Ec2Wire  # noqa: PLC0415  botocore

    return Ec2Wire(ec2)


@pytest.fixture
def foreign(ec2: "EC2Client", desktop_image: str) -> list[str]:
    """Instances of somebody else's, and a template, which has only the first of our tags."""
    made = []
    for tags in ({}, {"Project": "Elephant"}, {"Project": "Other", "MeetingID": MEETING_ID}):
        answer = ec2.run_instances(ImageId=desktop_image, MinCount=1, MaxCount=1)
        made.append(answer["Instances"][0]["InstanceId"])
        if tags:
            ec2.create_tags(Resources=made[-1:], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    return made
