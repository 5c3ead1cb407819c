"""What is the fakes' own; what every store and clock must do is in the contract suites."""

from datetime import datetime

import pytest

from elephant.adapters.memory.addresses import MemoryAddresses
from elephant.adapters.memory.alarms import MemoryAlarms
from elephant.adapters.memory.machines import MemoryMachines
from elephant.adapters.memory.meetings import MemoryMeetings
from elephant.domain.machine import MachineState, Record
from elephant.domain.meeting import Role
from elephant.ports.addresses import Addresses
from elephant.ports.alarms import AlarmClock, AlarmKind
from elephant.ports.errors import AddressTaken, MachineNotFound
from elephant.ports.machines import LaunchOrder, Machines
from elephant.ports.meetings import Meetings
from tests.support.builders import MEETING_ID, STUDENT, TEACHER, a_machine, at

meetings_port: Meetings = MemoryMeetings()
machines_port: Machines = MemoryMachines()
addresses_port: Addresses = MemoryAddresses()
alarms_port: AlarmClock = MemoryAlarms()


def an_order(attempt: int = 1, role: Role = TEACHER) -> LaunchOrder:
    """An order for one of the ordinary meeting's machines."""
    return LaunchOrder(meeting_id=MEETING_ID, role=role, attempt=attempt, deadline=at(75), jitsi_url="")


def launched(machines: MemoryMachines, order: LaunchOrder, now: datetime) -> str:
    """The id of the machine that the order gives."""
    [outcome] = machines.launch([order], now)
    assert not isinstance(outcome, Exception)
    return outcome.id


def test_the_same_order_gives_the_same_machine_in_whatever_state_it_is() -> None:
    machines = MemoryMachines()
    first = launched(machines, an_order(), at(-10))
    machines.move(first, MachineState.TERMINATED)
    assert launched(machines, an_order(), at(-5)) == first
    assert machines.get(first).state is MachineState.TERMINATED
    assert machines.get(first).launched_at == at(-10)
    others = {launched(machines, an_order(2), at(-5)), launched(machines, an_order(1, STUDENT), at(-5))}
    assert len({first, *others}) == 3


def test_a_machine_is_found_by_its_meeting_until_the_world_forgets_it() -> None:
    machines = MemoryMachines()
    machines.add(a_machine("m-1"))
    machines.add(a_machine("m-2", meeting_id="other"))
    assert [machine.id for machine in machines.of_meeting(MEETING_ID)] == ["m-1"]
    assert len(machines.owned()) == 2
    with pytest.raises(MachineNotFound):
        machines.get("m-3")


def test_terminating_passes_over_what_is_unknown_or_gone() -> None:
    machines = MemoryMachines()
    for machine_id, state in (("m-1", MachineState.STOPPED), ("m-2", MachineState.TERMINATED)):
        machines.add(a_machine(machine_id, state=state))
    machines.terminate(["m-1", "m-2", "m-unknown"], at(0))
    assert machines.get("m-1").state is MachineState.SHUTTING_DOWN
    assert machines.get("m-2").state is MachineState.TERMINATED


def test_i3_a_record_that_is_not_ours_is_neither_overwritten_nor_removed() -> None:
    addresses = MemoryAddresses()
    theirs = Record(name="theirs.example.test", machine_id="teacher-1", ours=False)
    addresses.add(theirs)
    with pytest.raises(AddressTaken):
        addresses.publish(a_machine())
    addresses.withdraw("teacher-1")
    addresses.withdraw("m-unknown")
    assert addresses.published() == [theirs]


def test_publishing_twice_gives_the_same_link_and_one_record() -> None:
    addresses = MemoryAddresses()
    assert addresses.publish(a_machine()) == addresses.publish(a_machine())
    assert [(record.machine_id, record.ours) for record in addresses.published()] == [("teacher-1", True)]
    addresses.withdraw("teacher-1")
    assert addresses.published() == []


def test_taking_what_is_due_takes_it_once() -> None:
    alarms = MemoryAlarms()
    alarms.set(AlarmKind.LAUNCH, MEETING_ID, at(-10), at(-60))
    alarms.set(AlarmKind.SAFETY_NET, MEETING_ID, at(15), at(-60))
    assert alarms.take_due(at(-10.01)) == []
    assert alarms.take_due(at(-10)) == [(AlarmKind.LAUNCH, MEETING_ID)]
    assert alarms.take_due(at(0)) == []
    assert alarms.take_due(at(99)) == [(AlarmKind.SAFETY_NET, MEETING_ID)]
