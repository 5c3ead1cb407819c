"""Machines' names in a zone."""

import pytest

from elephant.adapters.dns.zone_addresses import ZoneAddresses
from elephant.adapters.memory.zone import MemoryZone
from elephant.domain.machine import Machine, MachineState, Record
from elephant.domain.meeting import DEFAULT_ROLES
from elephant.ports.errors import AddressTaken, Permanent, Temporary
from elephant.ports.zone import ZoneRecord
from tests.contract.examples import NOW

ID, OLD_ID = "i-0123456789abcdef0", "i-0123abcd"
ROOT = "desks.example.com"


def a_machine(machine_id: str = ID, ip_address: str | None = "192.0.2.10") -> Machine:
    return Machine(
        id=machine_id,
        meeting_id="abcdefgh12345678",
        role=DEFAULT_ROLES[0],
        state=MachineState.RUNNING,
        launched_at=NOW,
        ip_address=ip_address,
    )


@pytest.fixture
def zone() -> MemoryZone:
    return MemoryZone()


@pytest.fixture
def addresses(zone: MemoryZone) -> ZoneAddresses:
    return ZoneAddresses(zone, ROOT)


@pytest.mark.parametrize("machine_id", [ID, OLD_ID])
def test_a_machine_s_name_is_its_id_below_the_root(addresses: ZoneAddresses, zone: MemoryZone, machine_id: str) -> None:
    assert addresses.publish(a_machine(machine_id)) == f"https://{machine_id}.{ROOT}:8443"
    assert list(zone.records()) == [ZoneRecord(f"{machine_id}.{ROOT}", "192.0.2.10", ours=True)]
    assert list(addresses.published()) == [Record(name=f"{machine_id}.{ROOT}", machine_id=machine_id, ours=True)]
    addresses.withdraw(machine_id)
    assert list(zone.records()) == []


def test_a_root_may_be_written_with_a_dot_and_in_capitals(zone: MemoryZone) -> None:
    addresses = ZoneAddresses(zone, "Desks.Example.COM.")
    assert addresses.publish(a_machine()) == f"https://{ID}.{ROOT}:8443"
    assert [record.machine_id for record in addresses.published()] == [ID]


def test_a_machine_without_an_address_is_to_be_tried_again(addresses: ZoneAddresses, zone: MemoryZone) -> None:
    with pytest.raises(Temporary, match="no public address yet"):
        addresses.publish(a_machine(ip_address=None))
    assert list(zone.records()) == []


@pytest.mark.parametrize("ip_address", ["2001:db8::7", "192.0.2", "", "elsewhere.example"])
def test_only_ipv4_addresses_are_published(addresses: ZoneAddresses, zone: MemoryZone, ip_address: str) -> None:
    with pytest.raises(Permanent, match="no IPv4 address"):
        addresses.publish(a_machine(ip_address=ip_address))
    assert list(zone.records()) == []


@pytest.mark.parametrize("machine_id", ["", "www", "*", "i-", "i-0123456789ABCDEF0", "i-0123abcd.www", f"{ID}1", "d-1"])
def test_what_is_no_instance_s_id_gets_no_name(addresses: ZoneAddresses, zone: MemoryZone, machine_id: str) -> None:
    zone.add(ZoneRecord(f"{machine_id}.{ROOT}", "192.0.2.10", ours=True))
    with pytest.raises(Permanent, match="no EC2 instance"):
        addresses.publish(a_machine(machine_id))
    addresses.withdraw(machine_id)
    assert len(zone.records()) == 1
    assert list(addresses.published()) == []


@pytest.mark.parametrize("name", [ROOT, ID, f"{ID}.example.com", f"{ID}.deeper.{ROOT}", f"www.{ROOT}", f"{ID}{ROOT}"])
def test_other_names_of_the_zone_are_not_shown(addresses: ZoneAddresses, zone: MemoryZone, name: str) -> None:
    zone.add(ZoneRecord(name, "192.0.2.10", ours=True))
    assert list(addresses.published()) == []


def test_a_name_that_is_taken_is_told(addresses: ZoneAddresses, zone: MemoryZone) -> None:
    zone.add(ZoneRecord(f"{ID}.{ROOT}", "198.51.100.7", ours=False))
    with pytest.raises(AddressTaken, match=ID):
        addresses.publish(a_machine())
    assert [record.ours for record in addresses.published()] == [False]


def test_a_mark_that_is_alone_is_shown_as_incomplete(addresses: ZoneAddresses, zone: MemoryZone) -> None:
    zone.add(ZoneRecord(f"{ID}.{ROOT}", None, ours=True))
    assert list(addresses.published()) == [
        Record(name=f"{ID}.{ROOT}", machine_id=ID, ours=True, is_complete=False),
    ]
