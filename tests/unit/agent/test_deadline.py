"""The deadline on a clock that never jumps."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from elephant.agent.deadline import Deadline

NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


def seconds_left(deadline: Deadline) -> float:
    return deadline.at - time.monotonic()


def test_it_is_as_far_away_as_the_wall_clock_says_at_first() -> None:
    assert seconds_left(Deadline(NOW + timedelta(minutes=5), NOW)) == pytest.approx(300, abs=5)


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(hours=1)])
def test_hearing_the_same_again_from_a_wall_clock_that_jumped_changes_nothing(jump: timedelta) -> None:
    deadline = Deadline(NOW + timedelta(minutes=5), NOW)
    before = deadline.at
    deadline.hear(NOW + timedelta(minutes=5), NOW + jump)
    assert deadline.at == before


def test_one_that_moved_counts_from_now() -> None:
    deadline = Deadline(NOW + timedelta(minutes=5), NOW)
    deadline.hear(NOW + timedelta(minutes=20), NOW)
    assert seconds_left(deadline) == pytest.approx(1200, abs=5)
    deadline.hear(NOW + timedelta(minutes=1), NOW)
    assert seconds_left(deadline) == pytest.approx(60, abs=5)
