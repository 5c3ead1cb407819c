"""Launching on EC2: what is asked for, and where there is no room what else."""

import base64
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from elephant.adapters.aws.ec2 import Ec2Machines, Ec2Settings
from elephant.domain.machine import Machine
from elephant.ports.errors import ElephantError, Permanent, Temporary
from tests.integration.adapters.aws.ec2_orders import (
    NO_ROOM,
    THRICE,
    an_order,
    fill,
    launched,
    places,
    refused,
    together,
    tried,
)
from tests.support.builders import MEET_TIME, MEETING_ID, STUDENT, TEACHER
from tests.support.ec2_fixtures import ROOT_DEVICE_NAME
from tests.support.ec2_wire import FOR_EVER

if TYPE_CHECKING:
    from mypy_boto3_ec2.client import EC2Client

    from tests.support.ec2_rules import Ec2Rules
    from tests.support.ec2_wire import Ec2Wire

pytestmark = pytest.mark.integration


# --- what is asked for -----------------------------------------------------------------------------------------------


def test_a_launch_asks_once_for_each_seat_and_looks_once(ec2_machines: Ec2Machines, ec2_wire: "Ec2Wire") -> None:
    orders = [an_order(), an_order(role=STUDENT)]
    ec2_machines.launch(orders, MEET_TIME)
    assert sorted(ec2_wire.calls) == ["DescribeImages", "DescribeInstances", "RunInstances", "RunInstances"]
    ec2_wire.sent.clear()
    ec2_machines.launch([replace(order, attempt=2) for order in orders], MEET_TIME)
    assert sorted(ec2_wire.calls) == ["DescribeInstances", "RunInstances", "RunInstances"]


def test_what_is_prepared_is_not_read_again(ec2_machines: Ec2Machines, ec2_wire: "Ec2Wire") -> None:
    ec2_machines.prepare()
    assert ec2_wire.calls == ["DescribeImages"]
    launched(ec2_machines)
    assert ec2_wire.calls.count("DescribeImages") == 1


def test_both_seats_are_asked_for_at_once(ec2_machines: Ec2Machines, ec2_wire: "Ec2Wire") -> None:
    ec2_wire.meet("RunInstances", together())
    outcomes = ec2_machines.launch([an_order(), an_order(role=STUDENT)], MEET_TIME)
    assert [outcome.role for outcome in outcomes if isinstance(outcome, Machine)] == [TEACHER, STUDENT]


def test_the_look_goes_on_beside_the_first_request(ec2_machines: Ec2Machines, ec2_wire: "Ec2Wire") -> None:
    both = together()
    ec2_wire.meet("RunInstances", both)
    ec2_wire.meet("DescribeInstances", both)
    launched(ec2_machines)


def test_the_instance_is_as_designed(
    ec2: "EC2Client", ec2_machines: Ec2Machines, ec2_settings: Ec2Settings, ec2_wire: "Ec2Wire"
) -> None:
    machine = launched(ec2_machines)
    (instance,) = ec2.describe_instances(InstanceIds=[machine.id])["Reservations"][0]["Instances"]
    tags = {
        "Project": "Elephant",
        "MeetingID": MEETING_ID,
        "Role": TEACHER,
        "Name": f"Elephant {MEETING_ID} {TEACHER}",
        "Deadline": "2026-03-02T15:00:00.000000Z",
        "Attempt": "1",
    }
    assert {tag["Key"]: tag["Value"] for tag in instance["Tags"]} == tags
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    assert instance["MetadataOptions"]["HttpPutResponseHopLimit"] == 1
    (disk,) = instance["BlockDeviceMappings"]
    assert disk["DeviceName"] == ROOT_DEVICE_NAME
    assert disk["Ebs"]["DeleteOnTermination"]
    (volume,) = ec2.describe_volumes(VolumeIds=[disk["Ebs"]["VolumeId"]])["Volumes"]
    assert (volume["Encrypted"], volume["VolumeType"]) == (True, "gp3")
    assert {tag["Key"]: tag["Value"] for tag in volume["Tags"]} == tags
    asked = ec2_wire.sent[ec2_wire.calls.index("RunInstances")]
    assert asked["InstanceInitiatedShutdownBehavior"] == "terminate"
    assert base64.b64decode(asked["UserData"]) == b"seat teacher"
    assert machine.ip_address == instance["PublicIpAddress"]
    assert asked["NetworkInterface.1.SecurityGroupId.1"] == ec2_settings.security_group_ids[0]
    assert asked["NetworkInterface.1.AssociatePublicIpAddress"] == "true"


def test_without_subnets_ec2_chooses_a_default_one(
    ec2: "EC2Client", ec2_settings: Ec2Settings, ec2_wire: "Ec2Wire"
) -> None:
    machine = launched(Ec2Machines(ec2, replace(ec2_settings, subnet_ids=())))
    asked = ec2_wire.sent[ec2_wire.calls.index("RunInstances")]
    assert not [key for key in asked if "Subnet" in key or key.startswith("NetworkInterface")]
    assert asked["SecurityGroupId.1"] == ec2_settings.security_group_ids[0]
    assert machine.ip_address is not None


def test_an_image_that_is_not_there_is_named_for_each_seat(ec2: "EC2Client", ec2_settings: Ec2Settings) -> None:
    machines = Ec2Machines(ec2, replace(ec2_settings, image_id="ami-0123456789abcdef0"))
    for outcome in machines.launch([an_order(), an_order(role=STUDENT)], MEET_TIME):
        assert isinstance(outcome, Permanent)
        assert "ami-0123456789abcdef0 (AMI_ID)" in str(outcome)


# --- no room ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        NO_ROOM,
        "InsufficientHostCapacity",
        "InsufficientReservedInstanceCapacity",
        "InsufficientFreeAddressesInSubnet",
        "InsufficientVolumeCapacity",
        "Unsupported",
    ],
)
def test_where_there_is_no_room_the_next_subnet_and_then_the_next_type_is_tried(
    ec2_machines: Ec2Machines, ec2_settings: Ec2Settings, ec2_rules: "Ec2Rules", ec2_wire: "Ec2Wire", code: str
) -> None:
    fill(ec2_rules, ec2_settings, but=4, code=code)
    launched(ec2_machines)
    assert tried(ec2_wire) == places(ec2_settings)[:5]
    tokens = [request["ClientToken"] for request in ec2_wire.sent if "ClientToken" in request]
    assert len(set(tokens)) == 5


def test_a_status_of_500_for_no_room_is_not_asked_again(
    ec2_machines: Ec2Machines, ec2_settings: Ec2Settings, ec2_wire: "Ec2Wire"
) -> None:
    ec2_wire.refuse("RunInstances", NO_ROOM, status=500)
    launched(ec2_machines)
    assert tried(ec2_wire) == places(ec2_settings)[:2]


@pytest.mark.parametrize("code", ["InstanceLimitExceeded", "VcpuLimitExceeded"])
def test_a_quota_holds_in_every_subnet(
    ec2_machines: Ec2Machines, ec2_settings: Ec2Settings, ec2_rules: "Ec2Rules", ec2_wire: "Ec2Wire", code: str
) -> None:
    first, next_type = places(ec2_settings)[0], places(ec2_settings)[3]
    ec2_rules.refused = {first: code}
    launched(ec2_machines)
    assert tried(ec2_wire) == [first, next_type]


def test_no_room_anywhere_is_temporary_and_says_what_was_tried(
    ec2_machines: Ec2Machines, ec2_settings: Ec2Settings, ec2_rules: "Ec2Rules"
) -> None:
    fill(ec2_rules, ec2_settings)
    error = refused(ec2_machines)
    assert isinstance(error, Temporary)
    assert all(f"{each} in {subnet} ({NO_ROOM})" in str(error) for each, subnet in places(ec2_settings))
    assert not ec2_rules.instances
    fill(ec2_rules, ec2_settings, but=0)
    launched(ec2_machines)


def test_one_seat_without_room_takes_no_room_from_the_other(ec2_machines: Ec2Machines, ec2_wire: "Ec2Wire") -> None:
    ec2_wire.refuse("RunInstances", NO_ROOM, about=STUDENT, times=FOR_EVER)
    one, other = ec2_machines.launch([an_order(), an_order(role=STUDENT)], MEET_TIME)
    assert isinstance(one, Machine)
    assert isinstance(other, Temporary)


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("RequestLimitExceeded", 503, Temporary),
        ("InternalError", 500, Temporary),
        ("Whatever", 502, Temporary),
        ("UnauthorizedOperation", 403, Permanent),
        ("InvalidSubnetID.NotFound", 400, Permanent),
        ("InvalidParameterValue", 400, Permanent),
    ],
)
def test_i8_nothing_else_leads_to_another_candidate(
    ec2_machines: Ec2Machines,
    ec2_settings: Ec2Settings,
    ec2_wire: "Ec2Wire",
    code: str,
    status: int,
    kind: type[ElephantError],
) -> None:
    ec2_wire.refuse("RunInstances", code, status=status, times=THRICE)
    error = refused(ec2_machines)
    assert isinstance(error, kind)
    assert code in str(error)
    assert set(tried(ec2_wire)) == {places(ec2_settings)[0]}
