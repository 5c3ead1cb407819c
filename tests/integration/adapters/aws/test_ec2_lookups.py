"""Looking up what is there on EC2 (I1, I8): what the contract does not ask about."""

from typing import TYPE_CHECKING

import pytest

from elephant.adapters.aws import ec2_instances
from elephant.adapters.aws.ec2 import Ec2Machines
from elephant.domain.machine import MachineState
from elephant.ports.errors import MachineNotFound, Temporary
from tests.integration.adapters.aws.ec2_orders import THRICE, launched
from tests.support.builders import MEET_TIME, MEETING_ID, STUDENT

if TYPE_CHECKING:
    from mypy_boto3_ec2.client import EC2Client

    from tests.support.ec2_rules import Ec2Rules
    from tests.support.ec2_wire import Ec2Wire

pytestmark = pytest.mark.integration


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
