"""Marks and addresses that somebody took apart, and several that write at once."""

import threading

import pytest

from elephant.ports.errors import AddressTaken, Temporary
from elephant.ports.zone import ZoneRecord
from tests.support.zone_worlds import PATIENT_SECONDS, ROOT, ZoneWorld

pytestmark = pytest.mark.integration

NAME, IP, OTHER_IP, FOREIGN_IP = f"i-0123456789abcdef0.{ROOT}", "192.0.2.10", "192.0.2.11", "198.51.100.7"


@pytest.fixture(params=["route53", "rfc2136"])
def marked(request: pytest.FixtureRequest) -> ZoneWorld:
    """A zone where ownership is a record of its own."""
    world: ZoneWorld = request.getfixturevalue(f"{request.param}_world")
    world.zone().put(NAME, IP)
    return world


@pytest.mark.parametrize("ip_address", [IP, OTHER_IP])
def test_i3_a_mark_without_its_address_is_shown_and_mended(marked: ZoneWorld, ip_address: str) -> None:
    marked.delete(NAME, "A")
    zone = marked.zone()
    assert list(zone.records()) == [ZoneRecord(NAME, None, ours=True)]
    zone.put(NAME, ip_address)
    assert list(zone.records()) == [ZoneRecord(NAME, ip_address, ours=True)]
    zone.remove(NAME)
    assert marked.content() == set()


def test_i3_a_mark_without_its_address_is_removed(marked: ZoneWorld) -> None:
    marked.delete(NAME, "A")
    marked.zone().remove(NAME)
    assert marked.content() == set()


def test_i3_an_address_without_its_mark_is_not_ours_any_more(marked: ZoneWorld) -> None:
    marked.delete(NAME, "TXT")
    before = marked.content()
    with pytest.raises(AddressTaken):
        marked.zone().put(NAME, IP)
    marked.zone().remove(NAME)
    assert marked.content() == before == {(NAME, "A", IP)}


def test_i3_a_mark_left_over_makes_nobody_else_s_address_ours(marked: ZoneWorld) -> None:
    marked.delete(NAME, "A")
    marked.add(NAME, "A", FOREIGN_IP)
    zone = marked.zone()
    assert set(zone.records()) == {ZoneRecord(NAME, FOREIGN_IP, ours=False), ZoneRecord(NAME, None, ours=True)}
    with pytest.raises(AddressTaken):
        zone.put(NAME, IP)
    zone.remove(NAME)
    assert marked.content() == {(NAME, "A", FOREIGN_IP)}


def test_i7_several_that_put_and_remove_at_once_leave_one_record_or_none(zone_world: ZoneWorld) -> None:
    """Two copies of a function, and the sweep between them; who gives up may be asked again."""
    failures: list[Exception] = []

    def work(ip_address: str, *, remove: bool) -> None:
        zone = zone_world.connect(zone_world.port, 5, PATIENT_SECONDS)
        for _ in range(4):
            try:
                zone.put(NAME, ip_address)
                if remove:
                    zone.remove(NAME)
            except Temporary:
                continue
            except Exception as error:  # noqa: BLE001  told by the thread that waits
                failures.append(error)

    workers = [
        threading.Thread(target=work, args=(ip_address,), kwargs={"remove": remove})
        for ip_address, remove in [(IP, False), (OTHER_IP, False), (IP, True)]
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    zone = zone_world.zone()
    assert all(record.ours for record in zone.records())
    zone.put(NAME, OTHER_IP)
    assert list(zone.records()) == [ZoneRecord(NAME, OTHER_IP, ours=True)]
    zone.remove(NAME)
    assert zone_world.content() == set()
