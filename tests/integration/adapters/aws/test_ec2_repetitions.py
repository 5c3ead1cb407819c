"""Launching on EC2 once per order (I2), whatever becomes of the requests and their answers."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from elephant.adapters.aws.ec2 import Ec2Machines, Ec2Settings
from elephant.domain.machine import MachineState
from elephant.ports.errors import Temporary
from tests.integration.adapters.aws.ec2_orders import THRICE, fill, launched, places, refused, tried
from tests.support.builders import MEET_TIME, STUDENT
from tests.support.ec2_wire import FOR_EVER

if TYPE_CHECKING:
    from mypy_boto3_ec2.client import EC2Client

    from tests.support.ec2_rules import Ec2Rules
    from tests.support.ec2_wire import Ec2Wire

pytestmark = pytest.mark.integration


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
