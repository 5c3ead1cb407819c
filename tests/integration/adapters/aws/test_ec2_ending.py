"""Ending on EC2: whatever is wrong with one of the ids, the others end."""

import socket
from typing import TYPE_CHECKING

import pytest
from botocore.config import Config

from elephant.adapters.aws import ec2_ending
from elephant.adapters.aws.ec2 import Ec2Machines, Ec2Settings
from elephant.domain.machine import MachineState
from elephant.ports.errors import ElephantError, Permanent, Temporary
from tests.integration.adapters.aws.ec2_orders import THRICE, launched, refused
from tests.support.aws_clients import client_at
from tests.support.builders import MEET_TIME, MEETING_ID, STUDENT
from tests.support.ec2_wire import FOR_EVER

if TYPE_CHECKING:
    from mypy_boto3_ec2.client import EC2Client

    from tests.support.ec2_rules import Ec2Rules
    from tests.support.ec2_wire import Ec2Wire

pytestmark = pytest.mark.integration

UNKNOWN = "i-00000000000000000"


@pytest.fixture
def seats(ec2_machines: Ec2Machines) -> list[str]:
    """The ids of two machines of a meeting."""
    return [launched(ec2_machines).id, launched(ec2_machines, role=STUDENT).id]


def test_ending_is_one_call_where_nothing_is_wrong(
    ec2_machines: Ec2Machines, ec2_rules: "Ec2Rules", ec2_wire: "Ec2Wire", seats: list[str]
) -> None:
    ec2_wire.sent.clear()
    ec2_machines.terminate(seats, MEET_TIME)
    # and again, when it is under way and when it is done
    ec2_machines.terminate(seats, MEET_TIME)
    ec2_rules.settle()
    ec2_machines.terminate([*seats, *seats, "", "unknown"], MEET_TIME)
    assert ec2_wire.calls == ["TerminateInstances"] * 3
    ec2_machines.terminate([], MEET_TIME)
    ec2_machines.terminate(["unknown"], MEET_TIME)
    assert len(ec2_wire.calls) == 3
    assert not ec2_rules.live()


def test_i1_one_unknown_id_keeps_none_of_the_others(
    ec2_machines: Ec2Machines, ec2_rules: "Ec2Rules", seats: list[str]
) -> None:
    ec2_machines.terminate([seats[0], UNKNOWN, seats[1]], MEET_TIME)
    assert not ec2_rules.live()


def test_foreign_ones_are_passed_over_and_keep_none_of_ours(
    ec2_machines: Ec2Machines, ec2_rules: "Ec2Rules", foreign: list[str], seats: list[str]
) -> None:
    ec2_machines.terminate([seats[0], *foreign, UNKNOWN, seats[1]], MEET_TIME)
    assert sorted(each.id for each in ec2_rules.live()) == sorted(foreign)
    ec2_machines.terminate(foreign, MEET_TIME)
    assert len(ec2_rules.live()) == len(foreign)


def test_i1_what_was_just_launched_is_not_taken_for_unknown(
    ec2_machines: Ec2Machines, ec2_rules: "Ec2Rules", seats: list[str]
) -> None:
    ec2_rules.unseen_looks = 2
    seats.append(launched(ec2_machines, attempt=2).id)
    ec2_machines.terminate(seats, MEET_TIME)
    assert not ec2_rules.live()


def test_i1_a_protected_machine_is_named_and_keeps_none_of_the_others(
    ec2: "EC2Client", ec2_machines: Ec2Machines, ec2_rules: "Ec2Rules", seats: list[str]
) -> None:
    ec2.modify_instance_attribute(InstanceId=seats[0], DisableApiTermination={"Value": True})
    with pytest.raises(Permanent, match=f"{seats[0]}.*termination protection"):
        ec2_machines.terminate(seats, MEET_TIME)
    assert [each.id for each in ec2_rules.live()] == [seats[0]]


def test_i1_a_stopped_machine_is_ended(
    ec2: "EC2Client", ec2_machines: Ec2Machines, ec2_rules: "Ec2Rules", seats: list[str]
) -> None:
    ec2_rules.settle()
    ec2.stop_instances(InstanceIds=seats)
    assert {machine.state for machine in ec2_machines.of_meeting(MEETING_ID)} == {MachineState.STOPPED}
    ec2_machines.terminate(seats, MEET_TIME)
    assert not ec2_rules.live()


def test_many_are_ended_in_several_calls(
    ec2_machines: Ec2Machines,
    ec2_rules: "Ec2Rules",
    ec2_wire: "Ec2Wire",
    seats: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ec2_ending, "_AT_ONCE", 1)
    ec2_wire.sent.clear()
    ec2_machines.terminate(seats, MEET_TIME)
    assert ec2_wire.calls == ["TerminateInstances"] * 2
    assert not ec2_rules.live()


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("RequestLimitExceeded", 503, Temporary),
        ("InternalError", 500, Temporary),
        ("UnauthorizedOperation", 403, Permanent),
    ],
)
def test_i8_what_could_not_be_ended_is_an_error(
    ec2_machines: Ec2Machines, ec2_wire: "Ec2Wire", seats: list[str], code: str, status: int, kind: type[ElephantError]
) -> None:
    ec2_wire.refuse("TerminateInstances", code, status=status, times=FOR_EVER)
    with pytest.raises(kind, match="ec2:TerminateInstances"):
        ec2_machines.terminate(seats, MEET_TIME)


def test_i8_ids_that_could_not_be_looked_at_are_an_error(
    ec2_machines: Ec2Machines, ec2_wire: "Ec2Wire", seats: list[str]
) -> None:
    ec2_wire.refuse("DescribeInstances", "Unavailable", status=503, times=THRICE)
    with pytest.raises(Temporary, match="DescribeInstances"):
        ec2_machines.terminate([*seats, UNKNOWN], MEET_TIME)


def test_an_end_whose_answer_was_lost_is_asked_for_again(
    ec2_machines: Ec2Machines, ec2_rules: "Ec2Rules", ec2_wire: "Ec2Wire", seats: list[str]
) -> None:
    ec2_wire.lose_answer("TerminateInstances")
    ec2_machines.terminate(seats, MEET_TIME)
    assert ec2_wire.calls.count("TerminateInstances") == 2
    assert not ec2_rules.live()


def test_an_answer_cut_off_in_its_headers_ended_nothing_for_sure(
    ec2_machines: Ec2Machines, ec2_wire: "Ec2Wire", seats: list[str]
) -> None:
    ec2_wire.cut_off_answer("TerminateInstances")
    with pytest.raises(Temporary):
        ec2_machines.terminate(seats, MEET_TIME)


def test_an_ec2_that_hangs_is_given_up(ec2_settings: Ec2Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config = Config(connect_timeout=1, read_timeout=0.2, retries={"mode": "standard", "total_max_attempts": 1})
        client = client_at(f"http://127.0.0.1:{silent.getsockname()[1]}", "ec2", config)
        machines = Ec2Machines(client, ec2_settings)
        assert isinstance(refused(machines), Temporary)
        for call in (
            machines.owned,
            lambda: machines.get(UNKNOWN),
            lambda: machines.of_meeting(MEETING_ID),
            lambda: machines.terminate([UNKNOWN], MEET_TIME),
        ):
            with pytest.raises(Temporary, match="could not be reached"):
                call()
        client.close()
