"""The verdicts; `meetings` are in any state at all that an open or ended one can be in."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.domain.endings import (
    End,
    Extend,
    Keep,
    deadline_verdict,
    launch_failed_verdict,
    safety_net_verdict,
    terminator_verdict,
)
from elephant.domain.meeting import EndReason, Meeting, SeatPhase
from elephant.domain.timetable import Policy, anybody_present, deadline_cap, is_kept_waiting
from tests.support.builders import DATA_URL, POLICY, STUDENT, TEACHER, a_meeting, a_seat, a_serving_seat, at, minutes
from tests.support.strategies import any_meeting, moments

HANDED_IN: dict[str, Any] = {"session_data": DATA_URL}
ARRIVED: dict[str, Any] = {"joined_at": at(1), "phase": SeatPhase.IN_PROGRESS}


def every_verdict(meeting: Meeting, now: datetime, policy: Policy) -> list[End | Extend | Keep]:
    """All that the rules say about a meeting whose machines are all dead."""
    return [
        safety_net_verdict(meeting, now, policy),
        terminator_verdict(meeting, now, policy),
        launch_failed_verdict(meeting, frozenset(meeting.roles), now, policy),
        deadline_verdict(meeting, now, policy),
    ]


@given(any_meeting(), moments)
def test_i4_what_is_over_is_kept_as_it_is(meeting: Meeting, now: datetime) -> None:
    over = replace(meeting, ended_at=at(0), termination_reason=EndReason.SUCCESS)
    for verdict in every_verdict(over, now, POLICY):
        assert isinstance(verdict, Keep)
        assert verdict.again_at is None


@given(any_meeting(is_open=True), moments, st.sampled_from([TEACHER, STUDENT]), st.integers(0, 120))
def test_i6_with_a_person_there_only_the_deadline_ends_a_meeting(
    meeting: Meeting, now: datetime, role: str, seen_seconds_ago: int
) -> None:
    seen_at = now - timedelta(seconds=seen_seconds_ago)
    seats = tuple(replace(seat, seen_at=seen_at) if seat.role == role else seat for seat in meeting.seats)
    occupied = replace(meeting, seats=seats)
    *inferences, deadline = every_verdict(occupied, now, POLICY)
    assert all(isinstance(verdict, Keep) for verdict in inferences)
    if isinstance(deadline, End):
        assert deadline.reason is EndReason.OVERTIME
        assert now >= deadline_cap(meeting.meet_time, POLICY)


@given(any_meeting(is_open=True), moments, st.integers(0, 120))
def test_i6_nobody_whom_we_keep_waiting_is_a_no_show(meeting: Meeting, now: datetime, seconds: int) -> None:
    first, *others = meeting.seats
    waiting = replace(first, link=None, waiting_at=now - minutes(seconds / 60))
    assert is_kept_waiting(waiting, now, POLICY)
    meeting = replace(meeting, seats=(waiting, *others))
    assert isinstance(safety_net_verdict(meeting, now, POLICY), Keep)


@given(any_meeting(is_open=True), moments)
def test_only_the_deadline_says_overtime_and_only_after_it(meeting: Meeting, now: datetime) -> None:
    *inferences, deadline = every_verdict(meeting, now, POLICY)
    assert not any(isinstance(verdict, End) and verdict.reason is EndReason.OVERTIME for verdict in inferences)
    assert isinstance(deadline, End) <= (now >= meeting.deadline)


policies = st.builds(
    Policy,
    grace=st.integers(0, 30).map(minutes),
    rearm=st.integers(1, 30).map(minutes),
    maximum=st.integers(30, 300).map(minutes),
)


@given(any_meeting(is_open=True), moments, policies, st.integers(-20, 20), st.integers(0, 4))
def test_i6_a_deadline_moves_forward_only_within_the_cap_and_only_for_somebody_there(
    meeting: Meeting, now: datetime, policy: Policy, left_minutes: int, seen_minutes_ago: int
) -> None:
    deadline = min(now + minutes(left_minutes), deadline_cap(meeting.meet_time, policy))
    seen_at = now - minutes(seen_minutes_ago)
    meeting = replace(
        meeting, deadline=deadline, seats=(replace(meeting.seats[0], seen_at=seen_at), *meeting.seats[1:])
    )
    verdict = deadline_verdict(meeting, now, policy)
    if isinstance(verdict, Extend):
        assert anybody_present(meeting, now, policy)
        assert meeting.deadline < verdict.deadline <= deadline_cap(meeting.meet_time, policy)
        assert verdict.deadline > now
        moved = replace(meeting, deadline=verdict.deadline)
        assert isinstance(deadline_verdict(moved, now, policy), Keep), "one step is enough for one moment"


@given(any_meeting(is_open=True), moments)
def test_i1_past_its_deadline_a_meeting_ends_unless_somebody_is_there(meeting: Meeting, now: datetime) -> None:
    verdict = deadline_verdict(meeting, now, POLICY)
    if now >= deadline_cap(meeting.meet_time, POLICY) or (
        now >= meeting.deadline and not anybody_present(meeting, now, POLICY)
    ):
        assert isinstance(verdict, End)
        assert verdict.reason is EndReason.OVERTIME


@given(any_meeting(is_open=True), moments)
def test_a_verdict_to_look_again_is_never_for_a_moment_past(meeting: Meeting, now: datetime) -> None:
    for verdict in every_verdict(meeting, now, POLICY):
        if isinstance(verdict, Keep) and verdict.again_at is not None:
            assert verdict.again_at > now


@pytest.mark.parametrize(
    ("teacher", "student", "reason"),
    [
        ({}, {}, EndReason.NO_SHOW_TIMEOUT),
        (ARRIVED, {}, None),
        (ARRIVED, ARRIVED, None),
        (HANDED_IN, {}, EndReason.PARTIAL_NO_SHOW_TIMEOUT),
        ({}, HANDED_IN, EndReason.PARTIAL_NO_SHOW_TIMEOUT),
        (HANDED_IN, ARRIVED, EndReason.PARTIAL_NO_SHOW_TIMEOUT),
        ({**HANDED_IN, **ARRIVED}, {}, EndReason.PARTIAL_NO_SHOW_TIMEOUT),
        (HANDED_IN, HANDED_IN, EndReason.EARLY_SUCCESS),
        ({**HANDED_IN, **ARRIVED}, {**HANDED_IN, **ARRIVED}, EndReason.EARLY_SUCCESS),
    ],
)
def test_the_seeds_three_rules_where_no_presence_is_reported(
    teacher: dict[str, Any], student: dict[str, Any], reason: EndReason | None
) -> None:
    meeting = a_meeting(a_serving_seat(TEACHER, **teacher), a_serving_seat(STUDENT, **student))
    assert isinstance(safety_net_verdict(meeting, at(14.99), POLICY), Keep)
    verdict = safety_net_verdict(meeting, at(15), POLICY)
    if reason is None:
        assert isinstance(verdict, Keep)
        assert verdict.again_at == at(20)
    else:
        assert isinstance(verdict, End)
        assert verdict.reason is reason


def test_nobody_came_because_no_machine_ever_ran() -> None:
    verdict = safety_net_verdict(a_meeting(), at(15), POLICY)
    assert isinstance(verdict, End)
    assert verdict.reason is EndReason.LAUNCH_FAILED
    one_ran = a_meeting(a_serving_seat(), a_seat(STUDENT))
    verdict = safety_net_verdict(one_ran, at(15), POLICY)
    assert isinstance(verdict, End)
    assert verdict.reason is EndReason.NO_SHOW_TIMEOUT


def test_a_net_that_was_set_again_calls_both_sides_data_a_success() -> None:
    both = a_meeting(a_serving_seat(TEACHER, **HANDED_IN), a_serving_seat(STUDENT, **HANDED_IN), safety_net_at=at(20))
    assert isinstance(safety_net_verdict(both, at(19), POLICY), Keep)
    verdict = safety_net_verdict(both, at(20), POLICY)
    assert isinstance(verdict, End)
    assert verdict.reason is EndReason.SUCCESS


def test_a_later_net_does_not_take_an_arrived_seat_that_never_reports_presence_for_a_no_show() -> None:
    """The seeds' net falls once; set again for one that keeps quiet, it must not end what they would have kept."""
    quiet = a_meeting(
        a_serving_seat(TEACHER, **ARRIVED, **HANDED_IN), a_serving_seat(STUDENT, **ARRIVED), safety_net_at=at(20)
    )
    assert isinstance(safety_net_verdict(quiet, at(20), POLICY), Keep)
    left = replace(quiet, seats=(quiet.seats[0], replace(quiet.seats[1], seen_at=at(10))))
    verdict = safety_net_verdict(left, at(20), POLICY)
    assert isinstance(verdict, End)
    assert verdict.reason is EndReason.PARTIAL_NO_SHOW_TIMEOUT
    never_came = replace(quiet, seats=(quiet.seats[0], a_serving_seat(STUDENT)))
    assert isinstance(safety_net_verdict(never_came, at(20), POLICY), End)


@given(any_meeting(is_open=True), moments)
def test_the_terminator_wants_everybodys_data_and_a_quarter_of_an_hour(meeting: Meeting, now: datetime) -> None:
    verdict = terminator_verdict(meeting, now, POLICY)
    wanted = (
        all(seat.session_data is not None for seat in meeting.seats)
        and now >= meeting.meet_time + minutes(15)
        and not anybody_present(meeting, now, POLICY)
    )
    assert isinstance(verdict, End) == wanted
    if isinstance(verdict, End):
        assert verdict.reason is EndReason.SUCCESS


def test_a_deadline_moves_on_ahead_of_time_by_one_step_until_the_cap() -> None:
    def occupied(deadline: datetime, now: datetime) -> Meeting:
        return a_meeting(a_serving_seat(TEACHER, seen_at=now), a_serving_seat(STUDENT), deadline=deadline)

    assert isinstance(deadline_verdict(occupied(at(75), at(69)), at(69), POLICY), Keep)
    assert deadline_verdict(occupied(at(75), at(70)), at(70), POLICY) == Extend(at(90), "somebody is at a desktop")
    assert deadline_verdict(occupied(at(75), at(80)), at(80), POLICY) == Extend(at(95), "somebody is at a desktop")
    assert deadline_verdict(occupied(at(235), at(231)), at(231), POLICY) == Extend(at(240), "somebody is at a desktop")
    assert isinstance(deadline_verdict(occupied(at(240), at(239)), at(239), POLICY), Keep)
    assert deadline_verdict(occupied(at(240), at(240)), at(240), POLICY) == End(
        EndReason.OVERTIME, "the longest time passed"
    )


def test_three_dead_machines_end_a_meeting_unless_somebody_is_at_the_other_desktop() -> None:
    spent = a_serving_seat(TEACHER, SeatPhase.ENDED, launches=3)
    meeting = a_meeting(spent, a_serving_seat(STUDENT))
    dead = frozenset({TEACHER})
    verdict = launch_failed_verdict(meeting, dead, at(0), POLICY)
    assert isinstance(verdict, End)
    assert verdict.reason is EndReason.LAUNCH_FAILED
    assert isinstance(launch_failed_verdict(meeting, frozenset({STUDENT}), at(0), POLICY), Keep)
    two = a_meeting(replace(spent, launches=2), a_serving_seat(STUDENT))
    assert isinstance(launch_failed_verdict(two, dead, at(0), POLICY), Keep)
    handed_in = a_meeting(replace(spent, session_data=DATA_URL), a_serving_seat(STUDENT))
    assert isinstance(launch_failed_verdict(handed_in, dead, at(0), POLICY), Keep)
    occupied = a_meeting(spent, a_serving_seat(STUDENT, seen_at=at(0)))
    assert isinstance(launch_failed_verdict(occupied, dead, at(0), POLICY), Keep)
