"""When another certificate is wanted, and what is said about it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.domain.certificate import (
    RENEW_BEFORE,
    days_left,
    expiry_warning,
    how_long,
    names_of,
    renewal_reason,
)
from tests.support.builders import a_certificate

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)
NAMES = names_of("desks.example")
BY = "the authority"


def test_it_is_for_the_root_and_one_level_below_it() -> None:
    assert NAMES == ("desks.example", "*.desks.example")


@pytest.mark.parametrize(
    ("days", "why"),
    [
        (60, None),
        (30.001, None),
        (30, "ends on 2026-12-21, in 30 days"),
        (1.5, "ends on 2026-11-23, in 1 day"),
        (0.5, "ends on 2026-11-22, within a day"),
        (0, "ended on 2026-11-21"),
        (-3, "ended on 2026-11-18"),
    ],
)
def test_another_is_wanted_in_the_last_thirty_days(days: float, why: str | None) -> None:
    assert renewal_reason(a_certificate(days_left=days, now=NOW), NAMES, BY, NOW) == why


def test_a_short_life_is_not_all_renewal() -> None:
    held = a_certificate(days_left=5, now=NOW, not_before=NOW - timedelta(days=1))
    assert renewal_reason(held, NAMES, BY, NOW) is None
    assert held.renew_from == NOW + timedelta(days=3)


def test_another_is_wanted_for_other_names_and_of_another_authority() -> None:
    held = a_certificate(days_left=60, now=NOW)
    assert renewal_reason(None, NAMES, BY, NOW) == "there is none yet"
    other = renewal_reason(held, names_of("lab.example"), BY, NOW)
    assert other == "it is not for *.lab.example and lab.example"
    assert renewal_reason(held, NAMES, "another", NOW) == f"it is by {BY}, and another is set"
    assert renewal_reason(held, NAMES[:1], BY, NOW) is None


@given(st.timedeltas(timedelta(hours=1), timedelta(days=6000)), st.timedeltas(timedelta(-9), timedelta(days=7000)))
def test_a_warning_comes_exactly_when_another_is_wanted(life: timedelta, since: timedelta) -> None:
    held = a_certificate(days_left=0, now=NOW + life, not_before=NOW)
    now = NOW + since
    warned = bool(expiry_warning(held, now))
    assert warned == (renewal_reason(held, NAMES, BY, now) is not None)
    assert warned or held.not_after - now > min(RENEW_BEFORE, life / 3)
    assert (days_left(held, now) < 0) == (now > held.not_after)
    assert not warned or how_long(held, now) in expiry_warning(held, now)


def test_keys_are_in_no_picture_of_a_certificate() -> None:
    assert "the key" not in repr(a_certificate(days_left=1, now=NOW))
