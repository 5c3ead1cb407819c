"""EC2's events, in any order and number."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from elephant.domain.machine import MachineState, Record
from elephant.domain.meeting import EndReason, SeatPhase
from elephant.ports.errors import MachineNotFound, Temporary
from tests.support.builders import MEETING_ID, STUDENT, TEACHER, at
from tests.support.frail_ports import broken
from tests.support.memory_world import MemoryWorld
from tests.unit.entrypoints.lambdas.conftest import Installation

Call = Callable[[str, object], dict[str, Any]]
GOING = [MachineState.STOPPING, MachineState.SHUTTING_DOWN, MachineState.TERMINATED]


def event(machine_id: str, state: str) -> dict[str, Any]:
    return {
        "source": "aws.ec2",
        "detail-type": "EC2 Instance State-change Notification",
        "detail": {"instance-id": machine_id, "state": state},
    }


@pytest.fixture
def machine_id(world: MemoryWorld) -> str:
    """The first seat's machine, which has just come up."""
    world.launch(at(-10))
    machine_id = world.machine_of().id
    world.machines.move(machine_id, MachineState.RUNNING)
    return machine_id


def test_a_running_machine_gets_its_address_and_its_seat_the_link(
    call: Call, world: MemoryWorld, machine_id: str
) -> None:
    call("dns_watchdog", event(machine_id, "running"))
    assert [record.machine_id for record in world.addresses.published()] == [machine_id]
    assert (world.seat().phase, world.seat(STUDENT).phase) == (SeatPhase.DNS_WRITTEN, SeatPhase.LAUNCHED)


def test_no_address_yet_is_tried_again(
    call: Call, installation: Installation, machine_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    addresses = installation.world.addresses
    installation.break_port(addresses=broken(addresses, "publish", error=Temporary("no public address yet")))
    with pytest.raises(Temporary):
        call("dns_watchdog", event(machine_id, "running"))
    assert machine_id in caplog.text
    installation.break_port(addresses=addresses)
    call("dns_watchdog", event(machine_id, "running"))
    assert installation.world.seat().link is not None


def test_i1_a_machine_that_comes_up_after_the_end_is_ended(call: Call, world: MemoryWorld, machine_id: str) -> None:
    world.end(EndReason.CANCELLED, at(-9))
    world.machines.move(machine_id, MachineState.RUNNING)
    call("dns_watchdog", event(machine_id, "running"))
    assert not world.machines.get(machine_id).state.is_live
    assert not world.addresses.published()


@pytest.mark.parametrize("state", GOING)
def test_a_machine_that_goes_loses_its_address_and_the_other_seat_goes_on(
    call: Call, world: MemoryWorld, machine_id: str, state: MachineState
) -> None:
    other = world.machine_of(STUDENT)
    world.run(other.id, at(-9))
    call("dns_watchdog", event(machine_id, "running"))
    world.machines.move(machine_id, state)
    answer = call("dns_watchdog", event(machine_id, state))
    assert MEETING_ID in answer["done"]
    assert TEACHER in answer["done"]
    assert (world.seat().phase, world.seat().link) == (SeatPhase.ENDED, None)
    assert world.seat(STUDENT).phase is SeatPhase.DNS_WRITTEN
    assert [record.machine_id for record in world.addresses.published()] == [other.id]
    assert not world.meeting().is_over


@pytest.mark.parametrize(
    "order", sorted(set(itertools.permutations(["running", "shutting-down", "terminated", "terminated"])))
)
def test_i3_in_whatever_order_they_come_nothing_is_left(
    call: Call, world: MemoryWorld, machine_id: str, order: tuple[str, ...]
) -> None:
    call("dns_watchdog", event(machine_id, "running"))
    world.machines.move(machine_id, MachineState.TERMINATED)
    for state in order:
        call("dns_watchdog", event(machine_id, state))
    assert not world.addresses.published()
    assert world.seat().phase is SeatPhase.ENDED


def test_i6_a_late_word_of_stopping_does_nothing_to_a_machine_that_runs_again(
    call: Call, world: MemoryWorld, machine_id: str
) -> None:
    call("dns_watchdog", event(machine_id, "running"))
    assert "started again" in call("dns_watchdog", event(machine_id, "stopping"))["done"]
    assert world.seat().phase is SeatPhase.DNS_WRITTEN
    assert world.addresses.published()


def test_an_end_is_believed_even_if_the_description_lags_behind(
    call: Call, world: MemoryWorld, machine_id: str
) -> None:
    call("dns_watchdog", event(machine_id, "running"))
    call("dns_watchdog", event(machine_id, "shutting-down"))
    assert not world.addresses.published()
    assert world.seat().phase is SeatPhase.ENDED


@pytest.mark.parametrize("state", ["pending", "running", "stopping", "stopped", "shutting-down", "hibernating"])
def test_a_machine_of_somebody_else_is_not_touched(call: Call, installation: Installation, state: str) -> None:
    unused = AssertionError("not for a machine of somebody else")
    installation.break_port(
        addresses=broken(installation.world.addresses, "publish", "withdraw", "published", error=unused),
        meetings=broken(installation.world.meetings, "get", "update", error=unused),
    )
    assert "done" in call("dns_watchdog", event("i-foreign", state))


@pytest.mark.parametrize("is_ours", [True, False])
def test_what_ec2_has_forgotten_loses_its_address_if_that_was_ours(
    call: Call, installation: Installation, machine_id: str, is_ours: bool
) -> None:
    world = installation.world
    world.addresses.add(Record(name=f"{machine_id}.example.test", machine_id=machine_id, ours=is_ours))
    installation.break_port(machines=broken(world.machines, "get", error=MachineNotFound(machine_id)))
    call("dns_watchdog", event(machine_id, "terminated"))
    assert bool(world.addresses.published()) is not is_ours


@pytest.mark.parametrize("state", ["running", "terminated"])
def test_a_machine_that_could_not_be_looked_up_is_tried_again(
    call: Call, installation: Installation, machine_id: str, state: str
) -> None:
    installation.break_port(machines=broken(installation.world.machines, "get", error=Temporary("throttled")))
    with pytest.raises(Temporary):
        call("dns_watchdog", event(machine_id, state))
