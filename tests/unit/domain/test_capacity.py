"""Warnings come for demand that finds no room, for what is not known, and for nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.domain.capacity import (
    Limit,
    Outlook,
    Peak,
    Window,
    capacity_warnings,
    has,
    passed,
    peak_within,
    peaks_over,
    window_of,
)
from elephant.domain.meeting import SeatPhase
from tests.support.builders import POLICY, STUDENT, TEACHER, a_meeting, a_serving_seat, at

QUOTA = Limit(unit="vCPUs", each=2, room=16, holder="the quota is", advice="ask AWS for more")
MOMENTS = 12


def a_window(begins: float = 0, ends: float = 60, desktops: int = 2, running: int = 0) -> Window:
    return Window(begins=at(begins), ends=at(ends), desktops=desktops, running=running)


def a_quota(**values: Any) -> Limit:  # noqa: ANN401  any field
    return replace(QUOTA, **values)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    begins = draw(st.integers(0, MOMENTS - 1))
    ends = draw(st.integers(begins + 1, MOMENTS))
    desktops = draw(st.integers(1, 4))
    return a_window(begins, ends, desktops, draw(st.integers(0, desktops)))


LIMITS = st.builds(
    a_quota, each=st.none() | st.integers(1, 4), room=st.none() | st.integers(0, 60), is_left=st.booleans()
)
OTHERS = st.lists(windows(), max_size=8)


def count_at(minute: float, some: Sequence[Window]) -> int:
    """The plain definition: how many desktops are wanted at that moment."""
    return sum(each.desktops for each in some if each.begins <= at(minute) < each.ends)


def test_the_words_say_what_is_wanted_when_what_there_is_and_what_to_do() -> None:
    others = [a_window(-60, 60, 10), a_window(60, 120, 12)]
    assert capacity_warnings(a_window(0, 61), others, [QUOTA]) == (
        "capacity at risk: 14 desktops would need 28 vCPUs at 15:00 UTC and the quota is 16; ask AWS for more",
    )


def test_what_ends_as_another_begins_makes_room_for_it() -> None:
    others = [a_window(-60, 0, 8), a_window(60, 120, 8)]
    assert peak_within(a_window(), others) == Peak(2, at(0))
    assert capacity_warnings(a_window(), others, [QUOTA]) == ()


def test_a_demand_that_is_just_met_is_no_risk() -> None:
    assert capacity_warnings(a_window(), [a_window(desktops=6)], [QUOTA]) == ()
    assert capacity_warnings(a_window(), [a_window(desktops=7)], [QUOTA]) != ()


@pytest.mark.parametrize("unknown", [{"room": None}, {"each": None}])
def test_what_is_not_known_is_said_to_be_not_known_and_is_not_without_limit(unknown: dict[str, None]) -> None:
    limit = a_quota(**unknown, problem="a secret reason")
    (said,) = capacity_warnings(a_window(), [], [limit])
    assert said == "capacity could not be checked: how many vCPUs there are is not known just now"
    with pytest.raises(ValueError, match="a secret reason"):
        passed(Peak(1, at(0)), 0, limit)


def test_what_our_own_desktops_took_already_is_not_counted_twice() -> None:
    addresses = Limit(unit="addresses", each=1, room=3, holder="the subnets have", advice="", is_left=True)
    running = [a_window(-10, 60, 4, running=4)]
    # three are free beside those four, so seven in all
    assert has(4, addresses) == "the subnets have 7"
    assert capacity_warnings(a_window(desktops=3), running, [addresses]) == ()
    assert capacity_warnings(a_window(desktops=4), running, [addresses]) != ()


def test_desktops_are_wanted_from_their_launch_to_the_deadline() -> None:
    seats = (a_serving_seat(TEACHER), replace(a_serving_seat(STUDENT), phase=SeatPhase.ENDED))
    assert window_of(a_meeting(*seats), POLICY) == a_window(-10, 75, 2, running=1)
    assert window_of(a_meeting(), POLICY).running == 0


def test_a_meeting_that_runs_has_its_own_room_already() -> None:
    addresses = a_quota(unit="addresses", each=1, room=0, is_left=True)
    assert capacity_warnings(a_window(desktops=2, running=2), [], [addresses]) == ()
    assert capacity_warnings(a_window(desktops=2, running=1), [], [addresses]) != ()


def test_what_is_long_past_when_a_meeting_is_given_more_time_is_no_risk() -> None:
    meeting = a_meeting()
    outlook = Outlook(windows={"earlier": a_window(-10, 60, 15), meeting.id: a_window(-10, 60)}, limits=[QUOTA])
    assert outlook.warnings(meeting, at(60), POLICY) == ()
    (said,) = outlook.warnings(meeting, at(59), POLICY)
    assert said.startswith("capacity at risk: 17 desktops would need 34 vCPUs at 14:59 UTC")


def test_the_greatest_peak_of_all() -> None:
    assert peaks_over([]) is None
    assert peaks_over([a_window(0, 60, 2), a_window(30, 90, 3), a_window(80, 95, 1)]) == Peak(5, at(30))


@given(windows(), OTHERS)
def test_the_peak_is_what_counting_every_moment_finds(window: Window, others: list[Window]) -> None:
    counts = {minute: count_at(minute, [window, *others]) for minute in range(MOMENTS + 1)}
    inside = [minute for minute in counts if window.begins <= at(minute) < window.ends]
    first = max(inside, key=lambda minute: (counts[minute], -minute))
    assert peak_within(window, others) == Peak(counts[first], at(first))


@given(windows(), OTHERS, st.lists(LIMITS, max_size=3), st.randoms(use_true_random=False))
def test_the_order_of_the_others_does_not_matter(window: Window, others: list[Window], limits: list[Limit], chance: Any) -> None:  # fmt: skip  # noqa: ANN401, E501
    shuffled = list(others)
    chance.shuffle(shuffled)
    assert capacity_warnings(window, shuffled, limits) == capacity_warnings(window, others, limits)


@given(windows(), LIMITS)
def test_a_booking_that_fits_alone_and_is_alone_is_no_risk(window: Window, limit: Limit) -> None:
    window = replace(window, running=0)
    if limit.each is not None and limit.room is not None and window.desktops * limit.each <= limit.room:
        assert capacity_warnings(window, [], [limit]) == ()
        later = replace(window, begins=window.ends, ends=window.ends + timedelta(hours=1), desktops=10**6)
        assert capacity_warnings(window, [later], [limit]) == ()
    else:
        assert len(capacity_warnings(window, [], [limit])) == 1


@given(windows(), OTHERS, windows(), LIMITS)
def test_more_meetings_make_no_risk_smaller_and_more_room_none_greater(
    window: Window, others: list[Window], one_more: Window, limit: Limit
) -> None:
    # those that run have their room already, which is what `is_left` says
    not_yet = replace(one_more, running=0)
    if capacity_warnings(window, others, [limit]):
        assert capacity_warnings(window, [*others, not_yet], [limit])
    elif limit.room is not None:
        assert capacity_warnings(window, others, [replace(limit, room=limit.room + 1)]) == ()
