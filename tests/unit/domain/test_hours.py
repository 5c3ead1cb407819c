"""What a meeting takes of its host's month, and what is left of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.domain.hours import (
    INSTALLATION,
    NAME_LENGTH,
    Allowance,
    Host,
    counted_minutes,
    is_host_name,
    minutes_text,
    month_of,
    used_minutes,
)
from elephant.domain.meeting import EndReason, Meeting
from elephant.domain.timetable import first_deadline
from tests.support.builders import POLICY, a_meeting, at, minutes
from tests.support.strategies import any_meeting

OTHER_ENDS = [reason for reason in EndReason if reason is not EndReason.LAUNCH_FAILED]


def test_an_open_meeting_takes_its_length_and_not_the_grace() -> None:
    assert counted_minutes(a_meeting(), POLICY) == 60


def test_what_an_open_meeting_was_given_beyond_its_length_counts() -> None:
    assert counted_minutes(a_meeting(deadline=at(75 + 30)), POLICY) == 90


def test_the_grace_that_the_cap_cuts_off_is_nothing_given() -> None:
    assert counted_minutes(a_meeting(duration_minutes=240.0, deadline=at(240)), POLICY) == 240


@pytest.mark.parametrize("reason", OTHER_ENDS)
@pytest.mark.parametrize(("ended", "taken"), [(-20, 0), (-0.001, 0), (0, 0), (20, 20), (60, 60), (75, 60)])
def test_a_meeting_that_is_over_takes_what_it_took_and_no_more_than_it_was_given(
    reason: EndReason, ended: float, taken: float
) -> None:
    over = a_meeting(ended_at=at(ended), termination_reason=reason)
    assert counted_minutes(over, POLICY) == taken


def test_a_longer_one_takes_what_it_was_given_too() -> None:
    over = a_meeting(deadline=at(105), ended_at=at(80), termination_reason=EndReason.SUCCESS)
    assert counted_minutes(over, POLICY) == 80


def test_desktops_that_could_not_be_started_take_nothing() -> None:
    over = a_meeting(ended_at=at(15), termination_reason=EndReason.LAUNCH_FAILED)
    assert counted_minutes(over, POLICY) == 0


@given(meeting=any_meeting())
def test_it_is_never_less_than_nothing_nor_more_than_to_the_deadline(meeting: Meeting) -> None:
    usual = first_deadline(meeting.meet_time, meeting.duration_minutes, POLICY)
    given_more = max((meeting.deadline - usual) / minutes(1), 0)
    assert 0 <= counted_minutes(meeting, POLICY) <= meeting.duration_minutes + given_more + 1e-6


@given(meeting=any_meeting(is_open=True), ended=st.integers(-60, 400))
def test_ending_never_takes_more_than_going_on(meeting: Meeting, ended: int) -> None:
    over = replace(meeting, ended_at=at(ended), termination_reason=EndReason.CANCELLED)
    assert counted_minutes(over, POLICY) <= counted_minutes(meeting, POLICY)


@given(length=st.floats(1, 240), more=st.floats(0, 60))
def test_more_time_never_takes_less(length: float, more: float) -> None:
    usual = a_meeting(duration_minutes=length)
    longer = a_meeting(duration_minutes=length, deadline=usual.deadline + minutes(more))
    assert counted_minutes(longer, POLICY) == pytest.approx(length + more, abs=1e-4)
    assert first_deadline(usual.meet_time, length, POLICY) == usual.deadline


def test_together() -> None:
    assert used_minutes([], POLICY) == 0
    assert used_minutes([a_meeting(), a_meeting(ended_at=at(30))], POLICY) == 90


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        (datetime(2026, 11, 30, 23, 59, 59, 999999, tzinfo=UTC), "2026-11"),
        (datetime(2026, 12, 1, tzinfo=UTC), "2026-12"),
        (datetime(2026, 12, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))), "2026-11"),
        (datetime(2026, 11, 30, 20, tzinfo=timezone(timedelta(hours=-5))), "2026-12"),
        (datetime(987, 1, 1, tzinfo=UTC), "0987-01"),
    ],
)
def test_a_month_is_that_of_utc(moment: datetime, month: str) -> None:
    assert month_of(moment) == month


@pytest.mark.parametrize(
    ("used", "minutes_", "words"),
    [
        (0, 1200, "20 h of 20 h are left in 2026-11"),
        (1110, 1200, "1 h 30 min of 20 h are left in 2026-11"),
        (1170.5, 1200, "29 min of 20 h are left in 2026-11"),
        (1200, 1200, "0 min of 20 h are left in 2026-11"),
        (1300, 1200, "0 min of 20 h are left in 2026-11"),
        (0, 0, "0 min of 0 min are left in 2026-11"),
        (0.1 * 3, 1.3, "1 min of 1 min are left in 2026-11"),
    ],
)
def test_what_is_left_in_words(used: float, minutes_: float, words: str) -> None:
    assert str(Allowance(month="2026-11", minutes=minutes_, used=used)) == words


@given(st.lists(st.floats(0.1, 240), min_size=1, max_size=30))
def test_what_adds_up_to_the_allowance_is_covered_however_it_is_added(parts: list[float]) -> None:
    *before, last = parts
    allowance = Allowance(month="2026-11", minutes=sum(sorted(parts)), used=sum(before))
    assert allowance.covers(last)
    assert not allowance.covers(last + 0.1)


def test_minutes_in_words() -> None:
    assert [minutes_text(each) for each in (0, 0.9, 59.9999999, 61, 120, 744 * 60)] == [
        "0 min", "0 min", "1 h", "1 h 1 min", "2 h", "744 h",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["ana", "ana@example.org", "李小龍", "a b", "x" * NAME_LENGTH, "-"])
def test_what_can_name_a_host(name: str) -> None:
    assert is_host_name(name)


@pytest.mark.parametrize("name", ["", " ", "ana ", "\tana", "a\nb", "a\x00b", "x" * (NAME_LENGTH + 1), "\ud800"])
def test_what_cannot(name: str) -> None:
    assert not is_host_name(name)


def test_who_sees_which_meeting() -> None:
    ours, of_ana = a_meeting(), a_meeting(host="ana")
    assert [INSTALLATION.sees(each) for each in (ours, of_ana)] == [True, True]
    assert [Host(name="ana").sees(each) for each in (ours, of_ana)] == [False, True]
    assert [Host(name="Ana").sees(each) for each in (ours, of_ana)] == [False, False]
    assert Host(name="ben", sees_all=True).sees(of_ana)
