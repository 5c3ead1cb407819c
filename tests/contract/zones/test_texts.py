"""What every provider's texts promise (ports/texts.py): at a stand-in for Cloudflare, moto and BIND 9, on loopback."""

import pytest

from elephant.ports.errors import Permanent, Temporary
from tests.support.frail_gate import Fault, FrailGate
from tests.support.zone_worlds import ROOT, ZoneWorld

pytestmark = pytest.mark.integration

NAME = f"_acme-challenge.{ROOT}"
ONE, OTHER, FOREIGN = "gfj9Xq...Rg85nM", "LPsIwTo7o8BoG0-vjCyGQGBWSVIPxI-i_X336eUOQZo", "somebody-else-s"
TIMEOUT_SECONDS = 0.5


def texts_in(world: ZoneWorld) -> set[str]:
    """The texts that stand at the name; nothing else may have changed."""
    content = world.content()
    assert {(name, kind) for name, kind, _ in content} <= {(NAME, "TXT")}
    return {value.strip('"') for _, _, value in content}


def test_both_texts_of_a_name_stand_side_by_side(zone_world: ZoneWorld) -> None:
    texts = zone_world.texts()
    texts.add(NAME, ONE)
    texts.add(NAME.upper(), OTHER)
    assert texts_in(zone_world) == {ONE, OTHER}
    texts.remove(NAME, ONE)
    assert texts_in(zone_world) == {OTHER}
    texts.remove(NAME, OTHER)
    assert texts_in(zone_world) == set()


def test_adding_and_removing_can_be_repeated(zone_world: ZoneWorld) -> None:
    texts = zone_world.texts()
    texts.remove(NAME, ONE)
    for _ in range(2):
        texts.add(NAME, ONE)
        assert texts_in(zone_world) == {ONE}
        assert len(zone_world.content()) == 1
    for _ in range(2):
        texts.remove(NAME, ONE)
        assert texts_in(zone_world) == set()


def test_somebody_else_s_text_at_the_name_stays(zone_world: ZoneWorld) -> None:
    zone_world.add(NAME, "TXT", f'"{FOREIGN}"')
    texts = zone_world.texts()
    texts.add(NAME, ONE)
    assert texts_in(zone_world) == {FOREIGN, ONE}
    texts.remove(NAME, OTHER)
    texts.remove(NAME, ONE)
    assert texts_in(zone_world) == {FOREIGN}


def test_a_name_that_leads_elsewhere_is_left_as_it_is(zone_world: ZoneWorld) -> None:
    zone_world.add(NAME, "CNAME", "elsewhere.example.")
    before = zone_world.content()
    with pytest.raises(Permanent, match=NAME):
        zone_world.texts().add(NAME, ONE)
    zone_world.texts().remove(NAME, ONE)
    assert zone_world.content() == before


def test_a_name_outside_of_the_zone_is_refused(zone_world: ZoneWorld) -> None:
    with pytest.raises(Permanent):
        zone_world.texts().add("_acme-challenge.other.example", ONE)
    assert zone_world.content() == set()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.HANGS, Fault.LOST, Fault.CUT])
def test_one_fault_anywhere_is_overcome_within_the_call(zone_world: ZoneWorld, fault: Fault) -> None:
    direct = zone_world.texts()
    # only who hangs has to be given up, and then a busy machine may take a few attempts more
    attempts, timeout_seconds = (8, TIMEOUT_SECONDS) if fault is Fault.HANGS else (3, 20.0)
    with FrailGate(zone_world.port, late_seconds=2 * TIMEOUT_SECONDS) as gate:
        for number in range(1, 9):
            zone_world.add(NAME, "TXT", f'"{FOREIGN}"')
            gate.plan({number: fault})
            zone_world.connect_texts(gate.port, attempts, timeout_seconds).add(NAME, ONE)
            assert texts_in(zone_world) == {FOREIGN, ONE}, f"{fault} at exchange {number}"
            overcome = gate.exchanges < number
            gate.plan({number: fault})
            zone_world.connect_texts(gate.port, attempts, timeout_seconds).remove(NAME, ONE)
            assert texts_in(zone_world) == {FOREIGN}, f"{fault} at exchange {number}"
            direct.remove(NAME, FOREIGN)
            if overcome and gate.exchanges < number:
                return
        pytest.fail("there is always another exchange")


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.LOST, Fault.HANGS])
def test_what_lasts_is_temporary(zone_world: ZoneWorld, fault: Fault) -> None:
    with FrailGate(zone_world.port, late_seconds=2 * TIMEOUT_SECONDS) as gate:
        gate.plan(always=fault)
        texts = zone_world.connect_texts(gate.port, 2, TIMEOUT_SECONDS)
        with pytest.raises(Temporary):
            texts.add(NAME, ONE)
        with pytest.raises(Temporary):
            texts.remove(NAME, ONE)
