"""What everything that publishes addresses promises (ports/addresses.py)."""

import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from elephant.adapters.dns.zone_addresses import ZoneAddresses
from elephant.adapters.embedded.addresses import PathAddresses
from elephant.adapters.memory.addresses import MemoryAddresses
from elephant.adapters.memory.zone import MemoryZone
from elephant.domain.machine import Machine, MachineState, Record
from elephant.domain.meeting import DEFAULT_ROLES
from elephant.ports.addresses import Addresses
from elephant.ports.errors import AddressTaken
from elephant.ports.zone import ZoneRecord
from tests.contract.examples import NOW

ONE_ID, OTHER_ID = "d-00000000000000001", "d-00000000000000002"
ROOT = "desks.example"


@dataclass
class Zone:
    """Addresses, ids of machines that may have some, and a way to put one there that is not ours."""

    addresses: Addresses
    put_foreign: Callable[[str], object]
    one: str = ONE_ID
    other: str = OTHER_ID


@pytest.fixture(params=["memory", "path", "zone"])
def zone(request: pytest.FixtureRequest) -> Iterator[Zone]:
    if request.param == "memory":
        memory = MemoryAddresses()
        yield Zone(memory, lambda name: memory.add(Record(name=name, machine_id=name, ours=False)))
        return
    if request.param == "zone":
        names = MemoryZone()
        yield Zone(
            ZoneAddresses(names, ROOT),
            lambda machine_id: names.add(ZoneRecord(f"{machine_id}.{ROOT}", "198.51.100.7", ours=False)),
            one="i-00000000000000001",
            other="i-00000000000000002",
        )
        return
    data_dir = Path(tempfile.mkdtemp()).resolve()
    sockets = []
    for machine_id in (ONE_ID, OTHER_ID):
        path = data_dir / "run/machines" / machine_id / "run/vnc.sock"
        path.parent.mkdir(parents=True)
        screen = socket.socket(socket.AF_UNIX)
        screen.bind(str(path))
        sockets.append(screen)
    folder = data_dir / "run/addresses"
    folder.mkdir()
    yield Zone(PathAddresses(data_dir, "http://127.0.0.1:8080"), lambda name: (folder / name).symlink_to("/etc"))
    for screen in sockets:
        screen.close()
    shutil.rmtree(data_dir)


def a_machine(machine_id: str) -> Machine:
    return Machine(
        id=machine_id,
        meeting_id="abcdefgh12345678",
        role=DEFAULT_ROLES[0],
        state=MachineState.RUNNING,
        launched_at=NOW,
        ip_address="192.0.2.10",
    )


def records(addresses: Addresses) -> set[tuple[str, bool]]:
    return {(record.machine_id, record.ours) for record in addresses.published()}


def test_nothing_is_published_at_first(zone: Zone) -> None:
    assert list(zone.addresses.published()) == []


def test_each_machine_gets_a_link_of_its_own(zone: Zone) -> None:
    links = [zone.addresses.publish(a_machine(machine_id)) for machine_id in (zone.one, zone.other)]
    assert zone.one in links[0]
    assert zone.other in links[1]
    assert records(zone.addresses) == {(zone.one, True), (zone.other, True)}
    assert len({record.name for record in zone.addresses.published()}) == 2


def test_publishing_again_changes_nothing(zone: Zone) -> None:
    assert zone.addresses.publish(a_machine(zone.one)) == zone.addresses.publish(a_machine(zone.one))
    assert records(zone.addresses) == {(zone.one, True)}


@pytest.mark.parametrize("machine_id", ["", "..", "unknown", OTHER_ID, "i-00000000000000002"])
def test_expecting_a_machine_publishes_nothing_and_keeps_nothing_from_it(zone: Zone, machine_id: str) -> None:
    zone.addresses.expect(machine_id)
    zone.addresses.expect(zone.one)
    assert list(zone.addresses.published()) == []
    zone.addresses.publish(a_machine(zone.one))
    assert records(zone.addresses) == {(zone.one, True)}


def test_what_is_withdrawn_is_gone_and_can_be_published_again(zone: Zone) -> None:
    zone.addresses.publish(a_machine(zone.one))
    zone.addresses.publish(a_machine(zone.other))
    zone.addresses.withdraw(zone.one)
    zone.addresses.withdraw(zone.one)
    assert records(zone.addresses) == {(zone.other, True)}
    zone.addresses.publish(a_machine(zone.one))
    assert records(zone.addresses) == {(zone.one, True), (zone.other, True)}


@pytest.mark.parametrize("machine_id", ["", "..", "unknown", OTHER_ID, "i-00000000000000002"])
def test_withdrawing_what_is_not_there_does_nothing(zone: Zone, machine_id: str) -> None:
    zone.addresses.publish(a_machine(zone.one))
    zone.addresses.withdraw(machine_id)
    assert records(zone.addresses) == {(zone.one, True)}


def test_what_is_not_ours_is_shown_so_and_left_alone(zone: Zone) -> None:
    zone.put_foreign(zone.one)
    assert records(zone.addresses) == {(zone.one, False)}
    with pytest.raises(AddressTaken):
        zone.addresses.publish(a_machine(zone.one))
    zone.addresses.withdraw(zone.one)
    assert records(zone.addresses) == {(zone.one, False)}
