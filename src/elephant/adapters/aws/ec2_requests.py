"""What an order asks of EC2: where it is tried, under which token, and every argument of RunInstances. Pure."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from elephant.domain.meeting_item import time_text
from elephant.ports.machines import LaunchOrder

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import (
        InstanceNetworkInterfaceSpecificationTypeDef,
        RunInstancesRequestTypeDef,
        TagTypeDef,
    )

PROJECT_TAG = "Project"
PROJECT = "Elephant"
MEETING_TAG = "MeetingID"
ROLE_TAG = "Role"
ATTEMPT_TAG = "Attempt"
INSTALLATION_TAG = "Installation"
"""Tells the machines of several installations in one account apart; see docs/decisions/0020."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ec2Settings:
    """What every machine of an installation has in common; an empty text or tuple is left to EC2.

    `instance_types` and `subnet_ids` are in the order to try; without subnets EC2 chooses one of the default VPC.
    `instance_profile` is a name or an ARN. `installation` is "" for the only one of its account and region, whose
    machines then carry no such tag. `user_data_for` gives at most 16 KB, the same for the same order.
    """

    image_id: str
    instance_types: tuple[str, ...]
    user_data_for: Callable[[LaunchOrder], str]
    key_name: str = ""
    instance_profile: str = ""
    security_group_ids: tuple[str, ...] = ()
    subnet_ids: tuple[str, ...] = ()
    installation: str = ""


class Candidate(NamedTuple):
    """A type of machine and the subnet to have it in, None for whichever EC2 chooses."""

    instance_type: str
    subnet_id: str | None

    def __str__(self) -> str:
        return f"{self.instance_type} in {self.subnet_id or 'any default subnet'}"


def candidates(settings: Ec2Settings) -> tuple[Candidate, ...]:
    """Everything to try, in order: the first type in each subnet, then the next type."""
    subnets = settings.subnet_ids or (None,)
    return tuple(Candidate(each, subnet) for each in settings.instance_types for subnet in subnets)


def client_token(order: LaunchOrder, candidate: Candidate, request: "Mapping[str, Any] | None" = None) -> str:
    """The token of an order at one candidate: 64 characters, the same whoever repeats it, of any process.

    With `request`, a token that covers its arguments too.
    """
    parts = [order.meeting_id, order.role, order.attempt, *candidate, request]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def run_request(
    settings: Ec2Settings, order: LaunchOrder, candidate: Candidate, root_device_name: str
) -> "RunInstancesRequestTypeDef":
    """The arguments of RunInstances, but for the token."""
    tags = _tags(order, settings.installation)
    request: RunInstancesRequestTypeDef = {
        "ImageId": settings.image_id,
        "InstanceType": candidate.instance_type,  # type: ignore[typeddict-item]  # a setting, newer than any list
        "MinCount": 1,
        "MaxCount": 1,
        "InstanceInitiatedShutdownBehavior": "terminate",
        "MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        "BlockDeviceMappings": [
            {
                "DeviceName": root_device_name,
                "Ebs": {"Encrypted": True, "VolumeType": "gp3", "DeleteOnTermination": True},
            }
        ],
        "TagSpecifications": [
            {"ResourceType": "instance", "Tags": tags},
            {"ResourceType": "volume", "Tags": tags},
        ],
    }
    if settings.key_name:
        request["KeyName"] = settings.key_name
    if settings.instance_profile:
        key = "Arn" if settings.instance_profile.startswith("arn:") else "Name"
        request["IamInstanceProfile"] = {key: settings.instance_profile}  # type: ignore[misc]  # one of its two keys
    user_data = settings.user_data_for(order)
    if user_data:
        request["UserData"] = user_data
    _put_in_network(request, settings.security_group_ids, candidate.subnet_id)
    return request


def _put_in_network(
    request: "RunInstancesRequestTypeDef", security_group_ids: tuple[str, ...], subnet_id: str | None
) -> None:
    """A public address is asked for with the network interface, which then has the subnet and the groups in it.

    A default subnet gives public addresses unasked (RunInstances, AssociatePublicIpAddress), and EC2 chooses it only
    where none of this is said.
    """
    groups = list(security_group_ids)
    if subnet_id is None:
        if groups:
            request["SecurityGroupIds"] = groups
        return
    interface: InstanceNetworkInterfaceSpecificationTypeDef = {
        "DeviceIndex": 0,
        "SubnetId": subnet_id,
        "AssociatePublicIpAddress": True,
        "DeleteOnTermination": True,
    }
    if groups:
        interface["Groups"] = groups
    request["NetworkInterfaces"] = [interface]


def _tags(order: LaunchOrder, installation: str) -> "list[TagTypeDef]":
    tags = {
        PROJECT_TAG: PROJECT,
        MEETING_TAG: order.meeting_id,
        ROLE_TAG: order.role,
        ATTEMPT_TAG: str(order.attempt),
        "Deadline": time_text(order.deadline),
        "Name": f"{PROJECT} {order.meeting_id} {order.role}",
    }
    if installation:
        tags[INSTALLATION_TAG] = installation
    return [{"Key": key, "Value": value} for key, value in tags.items()]
