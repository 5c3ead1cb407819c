"""Every provider fails, hangs, answers late, twice or not at all, at every exchange of every call (I3, I7)."""

import contextlib
import time
from collections.abc import Callable

import pytest

from elephant.ports.errors import AddressTaken, Temporary
from elephant.ports.zone import Zone, ZoneRecord
from tests.integration.adapters.dns.conftest import TIMEOUT_SECONDS
from tests.support.frail_gate import Fault, FrailGate
from tests.support.zone_worlds import PATIENT_SECONDS, ROOT, ZoneWorld

pytestmark = pytest.mark.integration

NAME = f"i-0123456789abcdef0.{ROOT}"
IP, OTHER_IP, FOREIGN_IP = "192.0.2.10", "192.0.2.11", "198.51.100.7"
ATTEMPTS = 6
# only who hangs or is late has to be given up, and then a busy machine may take a few attempts more
LIMITS: dict[Fault, tuple[int, float]] = {Fault.HANGS: (10, TIMEOUT_SECONDS), Fault.LATE: (10, TIMEOUT_SECONDS)}
# more than any call needs; the loops end at the first exchange that there was not
MOST_EXCHANGES = 12

PUT = [ZoneRecord(NAME, OTHER_IP, ours=True)]
Step = Callable[[Zone], None]
STEPS: dict[str, tuple[Step, Step, list[ZoneRecord]]] = {
    "create": (lambda _: None, lambda zone: zone.put(NAME, OTHER_IP), PUT),
    "replace": (lambda zone: zone.put(NAME, IP), lambda zone: zone.put(NAME, OTHER_IP), PUT),
    "remove": (lambda zone: zone.put(NAME, IP), lambda zone: zone.remove(NAME), []),
}


def list_records(zone: Zone) -> None:
    assert zone.records()


def exchanges(world: ZoneWorld, gate: FrailGate, step: Step) -> int:
    gate.plan()
    step(world.connect(gate.port, 1, PATIENT_SECONDS))
    return gate.exchanges


@pytest.mark.timeout(240)
@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("name", STEPS)
def test_i3_one_fault_anywhere_is_overcome_within_the_call(
    zone_world: ZoneWorld, gate: FrailGate, name: str, fault: Fault
) -> None:
    prepare, step, expected = STEPS[name]
    direct = zone_world.zone()
    prepare(direct)
    count = exchanges(zone_world, gate, step)
    assert 1 <= count < MOST_EXCHANGES
    attempts, timeout_seconds = LIMITS.get(fault, (ATTEMPTS, PATIENT_SECONDS))
    for number in range(1, count + 1):
        direct.remove(NAME)
        prepare(direct)
        gate.plan({number: fault})
        step(zone_world.connect(gate.port, attempts, timeout_seconds))
        assert gate.exchanges >= number, "the fault came too late to befall it"
        assert list(direct.records()) == expected, f"{fault} at exchange {number}"


@pytest.mark.timeout(240)
@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.LOST, Fault.CUT])
@pytest.mark.parametrize("name", STEPS)
def test_i7_dying_before_or_after_any_exchange_is_mended_by_the_next_call(
    zone_world: ZoneWorld, gate: FrailGate, name: str, fault: Fault
) -> None:
    """A process that dies sends nothing more: every exchange from that one on fails, and nothing is tried again."""
    prepare, step, expected = STEPS[name]
    direct = zone_world.zone()
    prepare(direct)
    for number in range(1, exchanges(zone_world, gate, step) + 1):
        direct.remove(NAME)
        prepare(direct)
        gate.plan({**dict.fromkeys(range(1, number)), number: fault}, always=Fault.REFUSED)
        # an answer that is cut may have said enough: that the last change was made
        with contextlib.suppress(Temporary) if fault is Fault.CUT else pytest.raises(Temporary):
            step(zone_world.connect(gate.port, 1, PATIENT_SECONDS))
        assert {record.ours for record in direct.records()} <= {True}, f"{fault} at exchange {number}"
        step(direct)
        assert list(direct.records()) == expected
        direct.remove(NAME)
        assert zone_world.content() == set(), f"{fault} at exchange {number} left something behind"


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.HANGS, Fault.LOST])
@pytest.mark.parametrize("call", [*STEPS, "list"])
def test_i8_a_provider_that_stays_away_is_told_in_bounded_time(
    zone_world: ZoneWorld, gate: FrailGate, call: str, fault: Fault
) -> None:
    prepare, step, _ = {**STEPS, "list": (STEPS["remove"][0], list_records, PUT)}[call]
    prepare(zone_world.zone())
    zone = zone_world.connect(gate.port, ATTEMPTS, TIMEOUT_SECONDS)
    gate.plan(always=fault)
    began = time.monotonic()
    with pytest.raises(Temporary) as caught:
        step(zone)
    # botocore waits up to a second, then two, between its attempts; the rest is for a busy machine
    assert time.monotonic() - began < ATTEMPTS * TIMEOUT_SECONDS + 3.0 + 40.0
    assert caught.value.retry_after_seconds > 0
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.LOST, Fault.CUT, Fault.TWICE])
def test_i3_no_fault_makes_a_record_of_somebody_else_ours(zone_world: ZoneWorld, gate: FrailGate, fault: Fault) -> None:
    zone_world.add(NAME, "A", FOREIGN_IP)
    before = zone_world.content()
    for number in range(1, 6):
        zone = zone_world.connect(gate.port, ATTEMPTS, PATIENT_SECONDS)
        gate.plan({number: fault})
        with pytest.raises(AddressTaken):
            zone.put(NAME, IP)
        gate.plan({number: fault})
        zone.remove(NAME)
        assert zone_world.content() == before


def test_i8_a_listing_that_breaks_off_is_no_listing(zone_world: ZoneWorld, gate: FrailGate) -> None:
    names = {f"i-{number:017x}.{ROOT}" for number in range(6)}
    for name in names:
        zone_world.zone().put(name, IP)
    whole = exchanges(zone_world, gate, list_records)
    for number in range(1, whole + 1):
        gate.plan({number: Fault.CUT})
        with pytest.raises(Temporary):
            zone_world.connect(gate.port, 1, PATIENT_SECONDS).records()
        gate.plan({number: Fault.CUT})
        assert {record.name for record in zone_world.connect(gate.port, ATTEMPTS, PATIENT_SECONDS).records()} == names
