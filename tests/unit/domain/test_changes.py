"""Every change on meetings in every state, in any order: as the store would carry them out."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.domain import changes
from elephant.domain.change import Change, applied
from elephant.domain.meeting import EndReason, Meeting, SeatPhase
from elephant.domain.meeting_item import from_item, to_item
from tests.support.builders import DATA_URL, STUDENT, TEACHER, a_meeting, a_seat, a_serving_seat, at, minutes
from tests.support.strategies import any_meeting, moments

MACHINES = ("m-1", "m-2")
Step = Callable[[Meeting, datetime], Change]


def _seat_step(make: Callable[..., Change]) -> st.SearchStrategy[Step]:
    """A change of one seat, made by somebody who read it a while ago or imagines a machine."""

    def step(role: str, machine_id: str, phase: SeatPhase | None) -> Step:
        def change(meeting: Meeting, now: datetime) -> Change:
            seat = meeting.seat(role)
            assert seat is not None
            seen = seat if phase is None else replace(seat, phase=phase)
            return make(seen, machine_id, now)

        return change

    return st.builds(
        step,
        st.sampled_from([TEACHER, STUDENT]),
        st.sampled_from(MACHINES),
        st.sampled_from([None, None, None, *SeatPhase]),
    )


steps = st.one_of(
    _seat_step(lambda seat, machine, now: changes.seat_launched(seat, machine, "it was due", now)),
    _seat_step(changes.launch_spent),
    _seat_step(lambda seat, machine, now: changes.address_written(seat, machine, f"https://{machine}", now)),
    _seat_step(lambda seat, machine, now: changes.seat_healthy(seat.role, machine, now)),
    _seat_step(changes.seat_joined),
    _seat_step(lambda seat, machine, now: changes.seat_seen(seat.role, machine, now)),
    _seat_step(lambda seat, machine, now: changes.seat_ended(seat.role, machine, "it died", now)),
    _seat_step(lambda seat, _, now: changes.seat_waited_for(seat.role, now)),
    _seat_step(lambda seat, _, now: changes.session_data_recorded(seat.role, DATA_URL, now)),
    _seat_step(lambda seat, _, now: changes.launch_failed(seat, "no capacity", now)),
    _seat_step(lambda seat, _, now: changes.key_reissued(seat, now)),
    st.sampled_from(EndReason).map(lambda reason: lambda _, now: changes.meeting_over(reason, "a test asked", now)),
    st.just(lambda meeting, now: changes.deadline_moved(meeting, meeting.deadline + minutes(15), "why", now)),
    st.just(changes.safety_net_set),
)


@given(st.lists(st.tuples(steps, st.integers(0, 3)), max_size=20))
def test_i4_and_phases_hold_through_any_changes_in_any_order(plan: list[tuple[Step, int]]) -> None:
    meeting = a_meeting()
    item = to_item(meeting)
    read_before = [meeting]
    for number, (step, age) in enumerate(plan):
        stale = read_before[max(0, len(read_before) - 1 - age)]
        changed = applied(step(stale, at(number)), item)
        if changed is None:
            continue
        before, after = from_item(item), from_item(changed)
        _check_step(before, after)
        item = changed
        read_before.append(after)


def _check_step(before: Meeting, after: Meeting) -> None:
    if before.is_over:
        assert (after.ended_at, after.termination_reason) == (before.ended_at, before.termination_reason)
        assert after.status.value == "TERMINATED"
    assert after.deadline >= before.deadline
    for old, new in zip(before.seats, after.seats, strict=True):
        is_spent = replace(new, launches=old.launches) == old and new.launches == old.launches + 1
        if is_spent:
            assert not before.is_over, "no machine counts for a seat after the end"
        elif new.machine_id == old.machine_id and new.launches == old.launches:
            assert new.phase.rank >= old.phase.rank, "a phase only moves forward for a given machine"
        else:
            assert not before.is_over, "no machine is given to a seat after the end"
            assert new.launches == old.launches + 1
            assert (new.phase, new.link) == (SeatPhase.LAUNCHED, None)
        if old.joined_at is not None:
            assert new.joined_at == old.joined_at, "the first arrival is kept"
        if new.phase is SeatPhase.ENDED:
            assert new.link is None, "the link of a machine that is gone leads nowhere"


@given(any_meeting(is_open=True), moments, st.sampled_from(EndReason), st.sampled_from(EndReason))
def test_i4_the_first_reason_stays(meeting: Meeting, now: datetime, first: EndReason, second: EndReason) -> None:
    item = applied(changes.meeting_over(first, "the first", now), to_item(meeting))
    assert item is not None
    assert applied(changes.meeting_over(second, "the second", now), item) is None
    assert from_item(item).termination_reason is first


@given(any_meeting(is_open=False), moments)
def test_i4_after_the_end_only_data_and_the_machines_end_are_written(meeting: Meeting, now: datetime) -> None:
    seat = meeting.seats[0]
    machine_id = seat.machine_id or "m-1"
    too_late = [
        changes.seat_launched(seat, "m-new", "late", now),
        changes.address_written(seat, machine_id, "https://m", now),
        changes.seat_healthy(seat.role, machine_id, now),
        changes.seat_joined(seat, machine_id, now),
        changes.seat_seen(seat.role, machine_id, now),
        changes.seat_waited_for(seat.role, now),
        changes.launch_failed(seat, "late", now),
        changes.key_reissued(seat, now),
        changes.deadline_moved(meeting, meeting.deadline + minutes(1), "late", now),
        changes.safety_net_set(meeting, now),
        changes.meeting_rescheduled(meeting, meeting, now),
    ]
    item = to_item(meeting)
    assert all(applied(change, item) is None for change in too_late)
    assert applied(changes.session_data_recorded(seat.role, DATA_URL, now), item) is not None


def test_i2_of_two_launches_that_read_the_same_seat_one_wins() -> None:
    item = to_item(a_meeting())
    first = applied(changes.seat_launched(a_seat(), "m-1", "due", at(-10)), item)
    assert first is not None
    assert applied(changes.seat_launched(a_seat(), "m-2", "due", at(-10)), first) is None


@pytest.mark.parametrize("phase", list(SeatPhase))
def test_a_phase_is_reached_only_from_an_earlier_one(phase: SeatPhase) -> None:
    """However late the news: it was read when the seat had got no further than LAUNCHED."""
    item = to_item(a_meeting(a_serving_seat(TEACHER, phase), a_seat(STUDENT)))
    read = a_serving_seat(TEACHER, SeatPhase.LAUNCHED)
    news = {
        SeatPhase.DNS_WRITTEN: changes.address_written(read, "teacher-1", "https://teacher-1", at(0)),
        SeatPhase.HEALTHY: changes.seat_healthy(TEACHER, "teacher-1", at(0)),
        SeatPhase.IN_PROGRESS: changes.seat_joined(read, "teacher-1", at(0)),
        SeatPhase.ENDED: changes.seat_ended(TEACHER, "teacher-1", "it died", at(0)),
    }
    for reached, change in news.items():
        changed = applied(change, item)
        assert (changed is not None) == (phase.rank < reached.rank)
        assert changed is None or from_item(changed).seats[0].phase is reached


@given(st.sampled_from(SeatPhase))
def test_i5_a_seat_whose_machine_is_gone_gets_no_link_however_its_phase_was_read(read_phase: SeatPhase) -> None:
    item = to_item(a_meeting(a_serving_seat(TEACHER, SeatPhase.ENDED, link=None), a_seat(STUDENT)))
    late = changes.address_written(a_serving_seat(TEACHER, read_phase), "teacher-1", "https://teacher-1", at(0))
    assert applied(late, item) is None


def test_an_address_that_a_health_report_overtook_is_added_and_the_phase_stays() -> None:
    healthy = a_serving_seat(TEACHER, SeatPhase.HEALTHY, link=None)
    item = to_item(a_meeting(replace(healthy, phase=SeatPhase.IN_PROGRESS), a_seat(STUDENT)))
    changed = applied(changes.address_written(healthy, "teacher-1", "https://teacher-1", at(0)), item)
    assert changed is not None
    assert from_item(changed).seats[0].link == "https://teacher-1"
    assert from_item(changed).seats[0].phase is SeatPhase.IN_PROGRESS


def test_of_two_that_move_the_deadline_at_once_one_wins() -> None:
    meeting = a_meeting()
    item = applied(changes.deadline_moved(meeting, at(90), "due", at(70)), to_item(meeting))
    assert item is not None
    assert applied(changes.deadline_moved(meeting, at(80), "late", at(70)), item) is None


def test_a_meeting_moves_only_while_no_seat_has_had_a_machine() -> None:
    meeting = a_meeting()
    moved = replace(meeting, meet_time=at(60), deadline=at(135), safety_net_at=at(75))
    change = changes.meeting_rescheduled(meeting, moved, at(-60))
    item = applied(change, to_item(meeting))
    assert item is not None
    assert from_item(item).meet_time == at(60)
    assert from_item(item).deadline == at(135)
    launched = a_meeting(a_seat(), a_serving_seat(STUDENT))
    assert applied(change, to_item(launched)) is None


def test_the_same_trouble_is_written_into_the_history_once() -> None:
    item = to_item(a_meeting())
    for _ in range(3):
        seat = from_item(item).seats[0]
        item = applied(changes.launch_failed(seat, "no capacity", at(-10)), item) or {}
    assert [entry.what for entry in from_item(item).history] == ["launch failed"]
    assert from_item(item).seats[0].problem == "no capacity"
    launched = applied(changes.seat_launched(from_item(item).seats[0], "m-1", "due", at(-9)), item)
    assert launched is not None
    assert from_item(launched).seats[0].problem is None
