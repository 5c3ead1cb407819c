"""Launching on EC2 and looking up what is there: what the contract does not ask about."""

import base64
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from elephant.adapters.aws import ec2_instances
from elephant.adapters.aws.ec2 import Ec2Machines, Ec2Settings
from elephant.domain.machine import Machine, MachineState
from elephant.ports.errors import ElephantError, MachineNotFound, Permanent, Temporary
from elephant.ports.machines import LaunchOrder
from tests.support.builders import MEET_TIME, MEETING_ID, STUDENT, TEACHER
from tests.support.ec2_fixtures import (
    ROOT_DEVICE_NAME,
    aws_server,
    desktop_image,
    ec2,
    ec2_machines,
    ec2_rules,
    ec2_settings,
    ec2_wire,
)
from tests.support.ec2_wire import FOR_EVER

if TYPE_CHECKING:
    from mypy_boto3_ec2.client import EC2Client

    from tests.support.ec2_rules import Ec2Rules
    from tests.support.ec2_wire import Ec2Wire

__all__ = ["aws_server", "desktop_image", "ec2", "ec2_machines", "ec2_rules", "ec2_settings", "ec2_wire"]

pytestmark = pytest.mark.integration

NO_ROOM = "InsufficientInstanceCapacity"
THRICE = 3


def an_order(**values: object) -> LaunchOrder:
    order = LaunchOrder(
        meeting_id=MEETING_ID,
        role=TEACHER,
        attempt=1,
        deadline=MEET_TIME + timedelta(hours=1),
        jitsi_url="https://meet.example.test/room",
    )
    return replace(order, **values)  # type: ignore[arg-type]  # any field


def launched(machines: Ec2Machines, **values: object) -> Machine:
    (outcome,) = machines.launch([an_order(**values)], MEET_TIME)
    assert isinstance(outcome, Machine), outcome
    return outcome


def refused(machines: Ec2Machines, **values: object) -> ElephantError:
    (outcome,) = machines.launch([an_order(**values)], MEET_TIME)
    assert isinstance(outcome, ElephantError), outcome
    return outcome


def tried(wire: "Ec2Wire") -> list[tuple[str, str]]:
    """Type and subnet of each RunInstances."""
    runs = [request for request in wire.sent if request["Action"] == "RunInstances"]
    return [(request["InstanceType"], request["NetworkInterface.1.SubnetId"]) for request in runs]


def places(settings: Ec2Settings) -> list[tuple[str, str]]:
    return [(each, subnet) for each in settings.instance_types for subnet in settings.subnet_ids]


def fill(rules: "Ec2Rules", settings: Ec2Settings, but: int | None = None, code: str = NO_ROOM) -> None:
    """No room at any candidate, but for the one of this number."""
    full = places(settings)
    rules.refused = {place: code for number, place in enumerate(full) if number != but}


def together() -> Callable[[object], None]:
    """Lets two requests pass when both are under way, and fails otherwise."""
    barrier = threading.Barrier(2)

    def wait(_: object) -> None:
        barrier.wait(timeout=10)

    return wait


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


# --- once per order --------------------------------------------------------------------------------------------------


def test_i2_a_repetition_is_known_by_its_token(ec2_machines: Ec2Machines, ec2_wire: "Ec2Wire") -> None:
    first = launched(ec2_machines)
    # no look helps here
    ec2_wire.refuse("DescribeInstances", "InvalidParameterValue", times=FOR_EVER)
    assert launched(ec2_machines).id == first.id


def test_i2_an_answer_that_was_lost_doubles_nothing(
    ec2_machines: Ec2Machines, ec2_rules: "Ec2Rules", ec2_wire: "Ec2Wire"
) -> None:
    ec2_wire.lose_answer("RunInstances")
    machine = launched(ec2_machines)
    assert [each.id for each in ec2_rules.instances] == [machine.id]
    tokens = {request["ClientToken"] for request in ec2_wire.sent if "ClientToken" in request}
    assert len(tokens) == 1


def test_i2_an_outcome_that_is_not_known_is_temporary_and_the_repetition_finds_it(
    ec2_machines: Ec2Machines, ec2_rules: "Ec2Rules", ec2_wire: "Ec2Wire"
) -> None:
    ec2_wire.lose_answer("RunInstances", times=THRICE)
    assert isinstance(refused(ec2_machines), Temporary)
    (only,) = ec2_rules.instances
    assert launched(ec2_machines).id == only.id
    assert len(ec2_rules.instances) == 1


def test_i2_an_answer_cut_off_in_its_headers_is_no_machine_and_no_other_candidate(
    ec2_machines: Ec2Machines, ec2_rules: "Ec2Rules", ec2_wire: "Ec2Wire"
) -> None:
    ec2_wire.cut_off_answer("RunInstances")
    assert isinstance(refused(ec2_machines), Temporary)
    (only,) = ec2_rules.instances
    assert launched(ec2_machines).id == only.id


def test_i2_a_deadline_that_moved_gives_the_machine_of_then(ec2_machines: Ec2Machines, ec2_rules: "Ec2Rules") -> None:
    ec2_rules.unseen_looks = 2
    machine = launched(ec2_machines)
    assert launched(ec2_machines, deadline=MEET_TIME + timedelta(hours=2)).id == machine.id
    assert len(ec2_rules.instances) == 1


def test_a_deadline_that_moved_while_there_was_no_room_keeps_nobody_waiting(
    ec2_machines: Ec2Machines, ec2_settings: Ec2Settings, ec2_rules: "Ec2Rules"
) -> None:
    fill(ec2_rules, ec2_settings)
    refused(ec2_machines)
    ec2_rules.refused.clear()
    later = MEET_TIME + timedelta(hours=2)
    machine = launched(ec2_machines, deadline=later)
    assert launched(ec2_machines, deadline=later).id == machine.id
    assert len(ec2_rules.instances) == 1


def test_i2_what_an_earlier_run_launched_elsewhere_is_found_before_going_on(
    ec2: "EC2Client",
    ec2_machines: Ec2Machines,
    ec2_settings: Ec2Settings,
    ec2_rules: "Ec2Rules",
    ec2_wire: "Ec2Wire",
) -> None:
    fill(ec2_rules, ec2_settings, but=4)
    machine = launched(ec2_machines)
    ec2_rules.refused.pop(places(ec2_settings)[2])
    ec2_wire.sent.clear()
    # another process, in which the first candidates are full as before
    again = launched(Ec2Machines(ec2, ec2_settings))
    assert again.id == machine.id
    assert tried(ec2_wire) == places(ec2_settings)[:1]


def test_i2_what_an_earlier_run_launched_elsewhere_stays_when_there_is_room_again(
    ec2_machines: Ec2Machines, ec2_settings: Ec2Settings, ec2_rules: "Ec2Rules"
) -> None:
    fill(ec2_rules, ec2_settings, but=4)
    first = launched(ec2_machines)
    first_instance = ec2_rules.live()[0]
    first_instance.launch_time -= timedelta(minutes=1)
    ec2_rules.settle()
    ec2_rules.refused.clear()
    assert launched(ec2_machines).id == first.id
    assert [each.id for each in ec2_rules.live()] == [first.id]
    assert len(ec2_rules.instances) == 2, "there was room at the first candidate"


def test_an_order_of_another_seat_or_attempt_is_no_earlier_run(
    ec2_machines: Ec2Machines, ec2_settings: Ec2Settings, ec2_rules: "Ec2Rules"
) -> None:
    ids = {launched(ec2_machines).id, launched(ec2_machines, role=STUDENT).id, launched(ec2_machines, attempt=2).id}
    fill(ec2_rules, ec2_settings, but=1)
    assert launched(ec2_machines, attempt=3).id not in ids
    assert len(ec2_rules.live()) == 4


def test_a_look_that_fails_keeps_from_going_on_but_hides_no_machine(
    ec2_machines: Ec2Machines, ec2_settings: Ec2Settings, ec2_rules: "Ec2Rules", ec2_wire: "Ec2Wire"
) -> None:
    ec2_wire.refuse("DescribeInstances", "InvalidParameterValue")
    machine = launched(ec2_machines)
    assert machine.state is MachineState.PENDING
    fill(ec2_rules, ec2_settings, but=1)
    ec2_wire.sent.clear()
    ec2_wire.refuse("DescribeInstances", "RequestLimitExceeded", status=503, times=THRICE)
    error = refused(ec2_machines, role=STUDENT)
    assert isinstance(error, Temporary)
    assert "DescribeInstances" in str(error)
    assert tried(ec2_wire) == places(ec2_settings)[:1]


def test_i2_of_two_the_second_is_left_to_the_sweep_where_it_cannot_be_ended(
    ec2_machines: Ec2Machines, ec2_settings: Ec2Settings, ec2_rules: "Ec2Rules", ec2_wire: "Ec2Wire"
) -> None:
    fill(ec2_rules, ec2_settings, but=1)
    first = launched(ec2_machines)
    ec2_rules.live()[0].launch_time -= timedelta(minutes=1)
    ec2_rules.refused.clear()
    ec2_wire.refuse("TerminateInstances", "RequestLimitExceeded", status=503, times=THRICE)
    assert launched(ec2_machines).id == first.id
    assert len(ec2_rules.live()) == 2
    # the next repetition tries again
    assert launched(ec2_machines).id == first.id
    assert [each.id for each in ec2_rules.live()] == [first.id]


def test_an_image_that_is_not_there_is_named_for_each_seat(ec2: "EC2Client", ec2_settings: Ec2Settings) -> None:
    machines = Ec2Machines(ec2, replace(ec2_settings, image_id="ami-0123456789abcdef0"))
    for outcome in machines.launch([an_order(), an_order(role=STUDENT)], MEET_TIME):
        assert isinstance(outcome, Permanent)
        assert "ami-0123456789abcdef0 (AMI_ID)" in str(outcome)


# --- what is there ---------------------------------------------------------------------------------------------------


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


def test_only_what_has_both_tags_is_ours(ec2_machines: Ec2Machines, foreign: list[str]) -> None:
    for machine_id in foreign:
        with pytest.raises(MachineNotFound):
            ec2_machines.get(machine_id)
    assert not ec2_machines.owned()
    assert not ec2_machines.of_meeting(MEETING_ID)
    machine = launched(ec2_machines)
    assert [each.id for each in ec2_machines.owned()] == [machine.id]


def test_text_that_is_no_id_is_not_asked_for(ec2_machines: Ec2Machines, ec2_wire: "Ec2Wire") -> None:
    for text in ("", "i-", "i-1234567g", "i-0123456789abcdef01", "i-01234567,i-01234568", "i-01234567\n"):
        with pytest.raises(MachineNotFound):
            ec2_machines.get(text)
    assert not ec2_wire.calls


@pytest.mark.parametrize("looks", [0, 1, 2])
def test_a_machine_just_launched_is_found_before_every_look_shows_it(
    ec2_machines: Ec2Machines, ec2_rules: "Ec2Rules", looks: int
) -> None:
    machine = launched(ec2_machines)
    ec2_rules.unseen_looks = looks
    other = launched(ec2_machines, role=STUDENT)
    assert ec2_machines.get(other.id).id == other.id
    assert ec2_machines.get(machine.id).id == machine.id


def test_a_machine_without_an_address_has_none(ec2: "EC2Client", ec2_machines: Ec2Machines) -> None:
    machine = launched(ec2_machines)
    ec2.terminate_instances(InstanceIds=[machine.id])
    found = ec2_machines.get(machine.id)
    assert (found.state, found.ip_address) == (MachineState.SHUTTING_DOWN, None)


def test_i1_every_machine_that_is_not_gone_is_owned(
    ec2: "EC2Client", ec2_machines: Ec2Machines, ec2_rules: "Ec2Rules"
) -> None:
    running, stopped, ending, gone = (launched(ec2_machines, attempt=attempt).id for attempt in (1, 2, 3, 4))
    ec2_machines.terminate([gone], MEET_TIME)
    ec2_rules.settle()
    ec2.stop_instances(InstanceIds=[stopped])
    ec2_machines.terminate([ending], MEET_TIME)
    for found in (ec2_machines.owned(), ec2_machines.of_meeting(MEETING_ID)):
        assert {machine.id: machine.state for machine in found} == {
            running: MachineState.RUNNING,
            stopped: MachineState.STOPPED,
            ending: MachineState.SHUTTING_DOWN,
        }


def test_i1_every_page_is_read(ec2_machines: Ec2Machines, monkeypatch: pytest.MonkeyPatch, ec2_wire: "Ec2Wire") -> None:
    ids = {launched(ec2_machines, attempt=attempt).id for attempt in range(1, 6)}
    monkeypatch.setattr(ec2_instances, "_PAGE", 2)
    ec2_wire.sent.clear()
    assert {machine.id for machine in ec2_machines.owned()} == ids
    assert ec2_wire.calls == ["DescribeInstances"] * 3


def test_i1_a_machine_whose_role_makes_no_sense_is_ours_and_can_be_ended(
    ec2: "EC2Client", ec2_machines: Ec2Machines, ec2_rules: "Ec2Rules"
) -> None:
    odd, none = launched(ec2_machines), launched(ec2_machines, role=STUDENT)
    ec2.create_tags(Resources=[odd.id], Tags=[{"Key": "Role", "Value": "No such, role!"}])
    ec2.delete_tags(Resources=[none.id], Tags=[{"Key": "Role"}])
    owned = ec2_machines.owned()
    assert {machine.id: machine.role for machine in owned} == {odd.id: "No such, role!", none.id: ""}
    ec2_machines.terminate([machine.id for machine in owned], MEET_TIME)
    assert not ec2_rules.live()


def test_a_star_finds_no_other_meeting(ec2_machines: Ec2Machines) -> None:
    launched(ec2_machines)
    assert not ec2_machines.of_meeting(f"{MEETING_ID[:-1]}*")


@pytest.mark.parametrize("fault", ["throttled", "broken", "lost", "cut off"])
def test_i8_what_could_not_be_read_is_not_gone(ec2_machines: Ec2Machines, ec2_wire: "Ec2Wire", fault: str) -> None:
    machine = launched(ec2_machines)
    for look in (lambda: ec2_machines.get(machine.id), ec2_machines.owned, lambda: ec2_machines.of_meeting(MEETING_ID)):
        if fault == "cut off":
            ec2_wire.cut_off_answer("DescribeInstances")
        elif fault == "lost":
            ec2_wire.lose_answer("DescribeInstances", times=THRICE)
        else:
            code, status = {"throttled": ("RequestLimitExceeded", 503), "broken": ("Unavailable", 503)}[fault]
            ec2_wire.refuse("DescribeInstances", code, status=status, times=THRICE)
        with pytest.raises(Temporary):
            look()
