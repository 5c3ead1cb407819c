"""When a machine has to be gone."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from elephant.agent.ec2.lifetime import BOOT_REASON, DEADLINE_REASON, Lifetime, end_of

KNOWN = Lifetime(began=100.0, started=150.0, deadline_at=1000.0, margin_seconds=60.0, is_heard=False)
BOOT, ASK = 900.0, 90.0


def test_without_a_meeting_it_lives_its_time_to_boot_from_the_first_agent_on() -> None:
    assert end_of(replace(KNOWN, deadline_at=None), BOOT, ASK) == (1000.0, BOOT_REASON)


def test_with_one_it_lives_until_the_deadline_and_its_margin() -> None:
    assert end_of(KNOWN, BOOT, ASK) == (1060.0, DEADLINE_REASON)


def test_a_deadline_that_has_passed_at_the_start_is_asked_about_first_and_believed_once_heard() -> None:
    late = replace(KNOWN, started=5000.0)
    assert end_of(late, BOOT, ASK) == (5090.0, DEADLINE_REASON)
    assert end_of(replace(late, is_heard=True), BOOT, ASK) == (1060.0, DEADLINE_REASON)


@given(
    st.floats(0, 1e6),
    st.floats(0, 1e6),
    st.none() | st.floats(-1e6, 1e6),
    st.floats(0, 1e4),
    st.booleans(),
)
def test_it_always_has_an_end_and_no_meeting_is_cut_short(
    began: float, ran: float, deadline_at: float | None, margin: float, is_heard: bool
) -> None:
    lifetime = Lifetime(
        began=began, started=began + ran, deadline_at=deadline_at, margin_seconds=margin, is_heard=is_heard
    )
    at, _ = end_of(lifetime, BOOT, ASK)
    if deadline_at is None:
        assert at <= began + BOOT
    else:
        assert deadline_at + margin <= at <= max(deadline_at + margin, began + ran + ASK)
