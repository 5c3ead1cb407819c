from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.adapters.signing import SignedPasses, SignedSeatKeys
from elephant.ports.passes import Pass, Purpose
from tests.support.builders import STUDENT, TEACHER, a_meeting, a_seat

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)
KEYS = SignedSeatKeys("one secret of thirty-two characters")
PASSES = SignedPasses("one secret of thirty-two characters")


def test_every_seat_meeting_issue_and_secret_has_a_key_of_its_own() -> None:
    meeting = a_meeting()
    again = a_meeting(a_seat(TEACHER, key_issue=1), a_seat(STUDENT))
    other = a_meeting(id="zzzzzzzz12345678")
    keys = [
        KEYS.key(meeting, TEACHER),
        KEYS.key(meeting, STUDENT),
        KEYS.key(again, TEACHER),
        KEYS.key(other, TEACHER),
        SignedSeatKeys("another secret of thirty-two characters").key(meeting, TEACHER),
    ]
    assert len(set(keys)) == len(keys)
    for key in keys:
        assert KEYS.opens(meeting, TEACHER, key) is (key == keys[0])
        assert len(key) == 43
        assert key.replace("-", "").replace("_", "").isalnum()
    assert KEYS.opens(again, STUDENT, keys[1])


@given(st.text())
def test_no_text_opens_by_chance(text: str) -> None:
    assert not KEYS.opens(a_meeting(), TEACHER, text)


@given(st.integers(0, 42), st.characters(codec="ascii"))
def test_only_exactly_the_key_opens(place: int, character: str) -> None:
    key = KEYS.key(a_meeting(), TEACHER)
    changed = key[:place] + character + key[place + 1 :]
    assert KEYS.opens(a_meeting(), TEACHER, changed) is (changed == key)
    assert not KEYS.opens(a_meeting(), TEACHER, key[:place] + character + key[place:])


passes = st.builds(
    Pass,
    purpose=st.sampled_from(Purpose),
    meeting_id=st.text(max_size=20),
    role=st.text(max_size=20),
    machine_id=st.text(max_size=20),
    key_issue=st.integers(0, 1000),
    expires_at=st.none() | st.datetimes(datetime(2027, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
)


@given(passes)
def test_a_pass_comes_back_for_its_own_purpose_only(issued: Pass) -> None:
    text = PASSES.sign(issued)
    assert text.replace("-", "").replace("_", "").replace(".", "").isalnum()
    for purpose in Purpose:
        assert PASSES.read(purpose, text, NOW) == (issued if purpose is issued.purpose else None)
    assert SignedPasses("another secret of thirty-two characters").read(issued.purpose, text, NOW) is None


def test_a_pass_ends_on_time() -> None:
    text = PASSES.sign(Pass(purpose=Purpose.ENTRY, expires_at=NOW))
    assert PASSES.read(Purpose.ENTRY, text, NOW - timedelta(microseconds=1)) is not None
    assert PASSES.read(Purpose.ENTRY, text, NOW) is None
    for_ever = PASSES.sign(Pass(purpose=Purpose.MACHINE))
    assert PASSES.read(Purpose.MACHINE, for_ever, NOW + timedelta(days=36_500)) is not None


@given(st.text())
def test_no_text_is_a_pass_by_chance(text: str) -> None:
    for purpose in Purpose:
        assert PASSES.read(purpose, text, NOW) is None


@pytest.mark.parametrize("text", ["", ".", "a.b", "x" * 100_000, "W10.W10", "\ud800", "ключ.ключ"])
def test_rubbish_is_no_pass(text: str) -> None:
    assert PASSES.read(Purpose.HOST, text, NOW) is None


@given(passes, st.integers(0, 400), st.characters(codec="utf-8"))
def test_only_exactly_the_pass_is_one(issued: Pass, place: int, character: str) -> None:
    text = PASSES.sign(issued)
    place %= len(text) + 1
    for changed in (text[:place] + character + text[place + 1 :], text[:place] + character + text[place:]):
        assert (PASSES.read(issued.purpose, changed, NOW) is None) is (changed != text)


def test_a_changed_pass_is_none() -> None:
    text = PASSES.sign(Pass(purpose=Purpose.DESKTOP, meeting_id="abc", role=TEACHER, machine_id="d-1"))
    payload, _, signature = text.rpartition(".")
    for changed in (payload, f"{payload}.", f"{payload[1:]}.{signature}", f"A{text}", f"{payload}.{signature[5:]}"):
        assert PASSES.read(Purpose.DESKTOP, changed, NOW) is None
