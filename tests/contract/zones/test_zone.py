"""What every zone promises (ports/zone.py), at servers that run here: a stand-in for Cloudflare, moto, BIND 9."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from elephant.adapters.memory.zone import MemoryZone
from elephant.ports.errors import AddressTaken
from elephant.ports.zone import Zone, ZoneRecord
from tests.support.zone_worlds import ROOT, Content, ZoneWorld

ONE, OTHER = f"i-0123456789abcdef0.{ROOT}", f"i-0123456789abcdef1.{ROOT}"
IP, OTHER_IP, FOREIGN_IP = "192.0.2.10", "192.0.2.11", "198.51.100.7"


@dataclass
class World:
    """A zone, what stands in it, and a way to put something there that is not ours."""

    zone: Zone
    content: Callable[[], object]
    add: Callable[[str, str, str], object]


@pytest.fixture(params=["memory", "cloudflare", "route53", "rfc2136"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "memory":
        memory = MemoryZone()
        return World(memory, memory.records, lambda name, _, value: memory.add(ZoneRecord(name, value, ours=False)))
    found: ZoneWorld = request.getfixturevalue(f"{request.param}_world")
    return World(found.zone(), found.content, found.add)


def records(world: World) -> Content:
    found = world.zone.records()
    assert len(set(found)) == len(found)
    return {(record.name, record.ip_address or "", "ours" if record.ours else "theirs") for record in found}


def test_a_zone_is_empty_at_first(world: World) -> None:
    assert list(world.zone.records()) == []


def test_what_is_put_is_there_and_ours(world: World) -> None:
    world.zone.put(ONE, IP)
    world.zone.put(OTHER, OTHER_IP)
    assert records(world) == {(ONE, IP, "ours"), (OTHER, OTHER_IP, "ours")}


def test_putting_again_changes_nothing(world: World) -> None:
    world.zone.put(ONE, IP)
    before = world.content()
    world.zone.put(ONE, IP)
    assert world.content() == before


def test_our_own_address_is_replaced(world: World) -> None:
    world.zone.put(ONE, IP)
    world.zone.put(OTHER, IP)
    world.zone.put(ONE, OTHER_IP)
    assert records(world) == {(ONE, OTHER_IP, "ours"), (OTHER, IP, "ours")}


def test_what_is_removed_leaves_nothing_and_can_be_put_again(world: World) -> None:
    before = world.content()
    world.zone.put(ONE, IP)
    world.zone.remove(ONE)
    assert world.content() == before
    world.zone.remove(ONE)
    world.zone.put(ONE, OTHER_IP)
    assert records(world) == {(ONE, OTHER_IP, "ours")}


def test_removing_what_is_not_there_does_nothing(world: World) -> None:
    world.zone.put(ONE, IP)
    before = world.content()
    world.zone.remove(OTHER)
    assert world.content() == before


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("A", FOREIGN_IP),
        ("A", IP),
        ("AAAA", "2001:db8::7"),
        ("CNAME", "elsewhere.example."),
        ("TXT", '"v=spf1 -all"'),
        ("TXT", '"heritage=elephant,address=nowhere"'),
        ("MX", "10 mail.example."),
    ],
)
def test_what_is_not_ours_is_neither_changed_nor_removed(world: World, kind: str, value: str) -> None:
    world.add(ONE, kind, value)
    before = world.content()
    with pytest.raises(AddressTaken, match=ONE):
        world.zone.put(ONE, IP)
    world.zone.remove(ONE)
    assert world.content() == before
    assert {record.ours for record in world.zone.records()} <= {False}


@pytest.mark.parametrize(("kind", "value"), [("A", FOREIGN_IP), ("AAAA", "2001:db8::7"), ("TXT", '"v=spf1 -all"')])
def test_what_came_to_stand_beside_ours_stays_when_ours_goes(world: World, kind: str, value: str) -> None:
    world.zone.put(ONE, IP)
    world.add(ONE, kind, value)
    before = world.content()
    with pytest.raises(AddressTaken, match=ONE):
        world.zone.put(ONE, OTHER_IP)
    assert world.content() == before
    assert (ONE, IP, "ours") in records(world)
    world.zone.remove(ONE)
    alone = world.content()
    assert {record.ours for record in world.zone.records()} <= {False}
    with pytest.raises(AddressTaken, match=ONE):
        world.zone.put(ONE, IP)
    assert world.content() == alone


def test_what_is_expected_is_put_all_the_same(world: World) -> None:
    before = world.content()
    world.zone.expect(ONE)
    world.zone.expect(OTHER)
    assert world.content() == before
    world.zone.put(ONE, IP)
    assert records(world) == {(ONE, IP, "ours")}
    world.zone.expect(ONE)
    world.zone.put(ONE, OTHER_IP)
    world.zone.expect(ONE)
    world.zone.remove(ONE)
    assert world.content() == before
    world.zone.put(ONE, IP)
    assert records(world) == {(ONE, IP, "ours")}


def test_what_is_expected_at_a_taken_name_is_not_put(world: World) -> None:
    world.add(ONE, "A", FOREIGN_IP)
    before = world.content()
    world.zone.expect(ONE)
    with pytest.raises(AddressTaken, match=ONE):
        world.zone.put(ONE, IP)
    assert world.content() == before


def test_a_listing_is_whole(world: World) -> None:
    ours = {(f"i-{number:017x}.{ROOT}", f"192.0.2.{number}", "ours") for number in range(1, 12)}
    theirs = {(f"www-{number}.{ROOT}", FOREIGN_IP, "theirs") for number in range(11)}
    for name, ip_address, _ in ours:
        world.zone.put(name, ip_address)
    for name, ip_address, _ in theirs:
        world.add(name, "A", ip_address)
    assert records(world) == ours | theirs


def test_a_wildcard_is_no_record_of_each_name(world: World) -> None:
    world.add(f"*.{ROOT}", "A", FOREIGN_IP)
    before = world.content()
    world.zone.put(ONE, IP)
    assert (ONE, IP, "ours") in records(world)
    world.zone.put(ONE, OTHER_IP)
    world.zone.remove(ONE)
    world.zone.remove(ONE)
    assert world.content() == before
