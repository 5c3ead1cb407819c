import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from elephant.domain.timetable import (
    MEET_TIME_TOLERANCE,
    Policy,
    anybody_present,
    check_duration,
    deadline_cap,
    first_deadline,
    is_kept_waiting,
    is_present,
    launch_at,
    parse_meet_time,
    safety_net_at,
)
from tests.support.builders import MEET_TIME, POLICY, STUDENT, TEACHER, a_meeting, a_seat, a_serving_seat, at, minutes

NOW = MEET_TIME

offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda count: timezone(timedelta(minutes=count)))
coming_times = st.timedeltas(min_value=minutes(-29), max_value=timedelta(days=5 * 365)).map(lambda ahead: NOW + ahead)


@given(coming_times, offsets, st.sampled_from(["seconds", "milliseconds", "microseconds"]), st.sampled_from("T tt"))
def test_a_time_with_any_offset_comes_back_in_utc(
    start: datetime, offset: timezone, precision: str, separator: str
) -> None:
    text = start.astimezone(offset).isoformat(sep=separator, timespec=precision)
    parsed = parse_meet_time(text, NOW)
    assert parsed.tzinfo is UTC
    assert timedelta() <= start - parsed < timedelta(seconds=1)
    assert parsed == datetime.fromisoformat(text)


@given(coming_times)
def test_what_was_parsed_parses_to_itself(start: datetime) -> None:
    text = start.isoformat().replace("+00:00", "Z")
    assert parse_meet_time(text, NOW) == start
    assert parse_meet_time(f"  {text}\n", NOW) == start


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T15:00:00+01:00", at(0)),
        ("2026-03-02T14:00:00Z", at(0)),
        ("2026-03-02T14:00Z", at(0)),
        ("2026-03-02t14:00:00z", at(0)),
        ("2026-03-02 14:00z", at(0)),
        ("2026-03-02 14:00:00Z", at(0)),
        ("2026-03-02T08:30:00.000-05:30", at(0)),
        ("2026-03-02T14:00:00.5Z", at(0) + timedelta(milliseconds=500)),
        ("2026-03-02T14:00:00.123456789Z", at(0) + timedelta(microseconds=123456)),
        ("20260302T140000Z", at(0)),
        ("2026-03-03T00:00:00+10:00", at(0)),
        ("2026-03-02T13:30:00Z", at(-30)),
    ],
)
def test_the_ways_to_write_a_start(text: str, expected: datetime) -> None:
    assert parse_meet_time(text, NOW) == expected


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("2026-03-02T14:00:00", "no offset"),
        ("2026-03-02", "no time of day"),
        ("20260302", "no time of day"),
        ("2026-W10-1", "no time of day"),
        ("", "not a date and time"),
        ("tomorrow at three", "not a date and time"),
        ("2026-02-30T14:00:00Z", "not a date and time"),
        ("2026-03-02T25:00:00Z", "not a date and time"),
        ("2026-03-02T14:00:00+99:00", "not a date and time"),
        ("2026-03-02T14:00:00Z; drop table", "not a date and time"),
        ("x" * 10_000, "not a date and time"),
        ("0001-01-01T00:00:00+14:00", "outside of the calendar"),
        ("9999-12-31T23:59:59-14:00", "outside of the calendar"),
        ("2026-03-02T13:29:59Z", "more than 30 minutes in the past"),
        ("1970-01-01T00:00:00Z", "more than 30 minutes in the past"),
        ("2062-03-02T14:00:00Z", "more than five years ahead"),
        (1_772_460_000, "must be text"),
        (None, "must be text"),
        (True, "must be text"),
        (["2026-03-02T14:00:00Z"], "must be text"),
        (datetime(2026, 3, 2, 14, tzinfo=UTC), "must be text"),
    ],
)
def test_what_is_no_start_is_refused_with_what_to_do(value: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_meet_time(value, NOW)


@given(coming_times)
def test_a_naive_time_is_refused_however_it_is_written(start: datetime) -> None:
    naive = start.replace(tzinfo=None)
    with pytest.raises(ValueError, match="offset"):
        parse_meet_time(naive.isoformat(), NOW)
    with pytest.raises(ValueError, match="time of day"):
        parse_meet_time(naive.date().isoformat(), NOW)


@given(st.one_of(st.text(), st.binary(), st.integers(), st.floats(), st.none(), st.lists(st.text())))
def test_anything_at_all_gives_a_time_or_a_sentence(value: object) -> None:
    try:
        parsed = parse_meet_time(value, NOW)
    except ValueError as error:
        assert str(error).split()[0] in {"must", "is", "has"}  # noqa: PT017  it completes "meet_time ..."
    else:
        assert NOW - parsed <= MEET_TIME_TOLERANCE


@given(st.timedeltas(min_value=timedelta(), max_value=timedelta(days=40)))
def test_late_by_more_than_the_tolerance_is_refused_and_by_less_is_not(late: timedelta) -> None:
    text = (NOW - late).isoformat()
    if late <= MEET_TIME_TOLERANCE:
        assert parse_meet_time(text, NOW) == NOW - late
    else:
        with pytest.raises(ValueError, match="30 minutes"):
            parse_meet_time(text, NOW)


@given(st.floats())
def test_a_duration_is_taken_as_it_is_or_refused_with_its_bounds(count: float) -> None:
    if math.isfinite(count) and 0 < count <= 240:
        assert check_duration(count, POLICY) == count
    else:
        with pytest.raises(ValueError, match="more than 0 and at most 240 minutes"):
            check_duration(count, POLICY)


def test_the_timetable_of_an_ordinary_meeting() -> None:
    assert launch_at(MEET_TIME, POLICY) == at(-10)
    assert safety_net_at(MEET_TIME, POLICY) == at(15)
    assert first_deadline(MEET_TIME, 60, POLICY) == at(75)
    assert first_deadline(MEET_TIME, 235, POLICY) == deadline_cap(MEET_TIME, POLICY) == at(240)


@given(coming_times, st.floats(0.001, 240), st.integers(1, 600), st.integers(0, 60))
def test_a_first_deadline_is_after_the_start_and_never_beyond_the_cap(
    start: datetime, duration: float, maximum: int, grace: int
) -> None:
    policy = Policy(maximum=minutes(maximum), grace=minutes(grace))
    deadline = first_deadline(start, duration, policy)
    assert start < deadline <= deadline_cap(start, policy)


@given(st.floats(-10, 600))
def test_presence_lasts_as_long_as_its_window(seconds: float) -> None:
    assume(abs(seconds - 120) > 0.001)
    seen = a_meeting(a_seat(), a_seat(STUDENT, seen_at=NOW))
    now = NOW + timedelta(seconds=seconds)
    assert anybody_present(seen, now, POLICY) == (seconds < 120)
    assert not is_present(a_seat(), now, POLICY)


def test_somebody_waits_until_they_are_let_in_or_give_up() -> None:
    assert is_kept_waiting(a_seat(waiting_at=NOW), NOW + timedelta(seconds=120), POLICY)
    assert not is_kept_waiting(a_seat(waiting_at=NOW), NOW + timedelta(seconds=121), POLICY)
    assert is_kept_waiting(a_serving_seat(TEACHER, waiting_at=NOW), NOW, POLICY)
    assert not is_kept_waiting(a_seat(), NOW, POLICY)
