"""The plan by example: worlds of one meeting."""

from dataclasses import replace

import pytest

from elephant.domain.machine import Machine, MachineState, Record
from elephant.domain.meeting import Meeting, Seat, SeatPhase
from elephant.domain.reconcile import plan_sweep
from elephant.domain.sweep_actions import (
    AdoptMachine,
    CloseSeat,
    EndMeeting,
    LaunchSeats,
    MoveDeadline,
    PublishAddress,
    SetSafetyNet,
    TerminateMachine,
)
from tests.support.builders import (
    DATA_URL,
    MEETING_ID,
    POLICY,
    STUDENT,
    TEACHER,
    a_machine,
    a_meeting,
    a_seat,
    a_serving_seat,
    at,
    minutes,
)


def plan_for(
    meeting: Meeting, *machines: Machine, records: tuple[Record, ...] = (), now_minutes: float = 0
) -> list[object]:
    """The actions for a world of one meeting."""
    return list(plan_sweep([meeting], machines, records, at(now_minutes), POLICY).actions)


OTHER_HANDED_IN = a_seat(STUDENT, session_data=DATA_URL)


def test_a_machine_whose_launch_died_before_writing_it_down_is_adopted() -> None:
    [action] = plan_for(a_meeting(a_seat(), OTHER_HANDED_IN), a_machine("m-1"))
    assert action == AdoptMachine(MEETING_ID, TEACHER, "m-1", "it runs for this seat, which knew of no live machine")


def test_i2_of_two_that_the_seat_does_not_know_the_older_stays() -> None:
    young, old = a_machine("m-a", launched_at=at(-5)), a_machine("m-b", launched_at=at(-6))
    actions = plan_for(a_meeting(a_seat(), OTHER_HANDED_IN), young, old)
    assert [type(action) for action in actions] == [TerminateMachine, AdoptMachine]
    assert isinstance(actions[0], TerminateMachine)
    assert actions[0].machine_id == "m-a"


def test_a_seat_without_machine_is_launched_in_the_sweep_that_moves_a_passed_deadline_on() -> None:
    occupied = a_serving_seat(STUDENT, seen_at=at(76), phase=SeatPhase.IN_PROGRESS, joined_at=at(1))
    record = Record(name="student-1.example.test", machine_id="student-1", ours=True)
    meeting = a_meeting(a_seat(), occupied, safety_net_at=at(80))
    actions = plan_for(meeting, a_machine("student-1", role=STUDENT), records=(record,), now_minutes=76)
    assert [type(action) for action in actions] == [MoveDeadline, LaunchSeats]


def seat_of(meeting: Meeting) -> Seat:
    """The teacher's seat."""
    return meeting.seats[0]


def test_a_seat_whose_machine_died_is_closed_and_launched_anew() -> None:
    meeting = a_meeting(a_serving_seat(), OTHER_HANDED_IN)
    for machines in ([], [a_machine(state=MachineState.SHUTTING_DOWN)], [a_machine(state=MachineState.TERMINATED)]):
        actions = plan_for(meeting, *machines)
        assert [type(action) for action in actions] == [CloseSeat, LaunchSeats]


def test_a_machine_that_stopped_is_ended_and_replaced() -> None:
    actions = plan_for(a_meeting(a_serving_seat(), OTHER_HANDED_IN), a_machine(state=MachineState.STOPPED))
    assert [type(action) for action in actions] == [TerminateMachine, CloseSeat, LaunchSeats]


def test_a_live_machine_of_a_seat_that_was_closed_is_replaced() -> None:
    """Phases only move forward, so it can serve no more; left alone, nobody could ever enter that seat."""
    closed = a_serving_seat(phase=SeatPhase.ENDED, link=None)
    actions = plan_for(a_meeting(closed, OTHER_HANDED_IN), a_machine())
    assert [type(action) for action in actions] == [TerminateMachine, LaunchSeats]


def test_i1_a_machine_launched_for_a_meeting_that_was_then_put_off_is_ended() -> None:
    """A launch and a rescheduling at the same moment; the machine would run for days."""
    put_off = a_meeting(a_seat(), a_seat(STUDENT), meet_time=at(24 * 60))
    assert [type(action) for action in plan_for(put_off, a_machine("m-1"))] == [TerminateMachine]
    written_down = a_meeting(a_serving_seat(), a_seat(STUDENT), meet_time=at(24 * 60))
    assert [type(action) for action in plan_for(written_down, a_machine())] == [TerminateMachine, CloseSeat]


def test_i6_a_clock_set_back_ends_no_machine() -> None:
    meeting = a_meeting(a_serving_seat(), OTHER_HANDED_IN)
    record = Record(name="teacher-1.example.test", machine_id="teacher-1", ours=True)
    assert plan_for(meeting, a_machine(), records=(record,), now_minutes=-70) == []


def test_i6_a_person_at_a_machine_that_is_early_keeps_it() -> None:
    meeting = a_meeting(a_serving_seat(seen_at=at(-1)), OTHER_HANDED_IN, meet_time=at(24 * 60))
    record = Record(name="teacher-1.example.test", machine_id="teacher-1", ours=True)
    assert plan_for(meeting, a_machine(), records=(record,)) == []


def test_a_running_machine_without_link_or_record_is_published() -> None:
    record = Record(name="teacher-1.example.test", machine_id="teacher-1", ours=True)
    linked, unlinked = a_serving_seat(), a_serving_seat(phase=SeatPhase.LAUNCHED)
    for seat, records, is_published in [
        (linked, (record,), False),
        (linked, (), True),
        (linked, (replace(record, ours=False),), True),
        (linked, (replace(record, is_complete=False),), True),
        (unlinked, (record,), True),
    ]:
        actions = plan_for(a_meeting(seat, OTHER_HANDED_IN), a_machine(), records=records)
        assert [type(action) for action in actions] == ([PublishAddress] if is_published else [])
    pending = a_machine(state=MachineState.PENDING)
    assert plan_for(a_meeting(unlinked, OTHER_HANDED_IN), pending) == []


def test_a_machine_of_no_seat_of_its_meeting_is_ended() -> None:
    meeting = a_meeting(a_seat(session_data=DATA_URL), OTHER_HANDED_IN)
    actions = plan_for(meeting, a_machine("m-guest", role="guest"))
    assert [type(action) for action in actions] == [TerminateMachine]


@pytest.mark.parametrize(
    ("now_minutes", "is_launched"), [(-10.01, False), (-10, True), (74.99, True), (75, False), (500, False)]
)
def test_i1_a_seat_is_launched_between_launch_time_and_deadline(now_minutes: float, *, is_launched: bool) -> None:
    # Somebody waits, so that no rule but the deadline is in the way.
    waiting = a_meeting(a_seat(waiting_at=at(now_minutes)), OTHER_HANDED_IN)
    actions = plan_for(waiting, now_minutes=now_minutes)
    assert any(isinstance(action, LaunchSeats) for action in actions) == is_launched


@pytest.mark.parametrize("launches", [0, 1, 2, 3])
def test_a_seat_has_three_machines_in_all(launches: int) -> None:
    seat = a_serving_seat(phase=SeatPhase.ENDED, link=None, launches=launches)
    actions = plan_for(a_meeting(seat, OTHER_HANDED_IN))
    assert [type(action) for action in actions] == [LaunchSeats if launches < 3 else EndMeeting]


def test_an_early_net_is_not_set_again_and_a_late_one_is() -> None:
    meeting = a_meeting(a_serving_seat(phase=SeatPhase.IN_PROGRESS, joined_at=at(1)), OTHER_HANDED_IN)
    quiet = replace(meeting, seats=(seat_of(meeting), a_serving_seat(STUDENT)))
    record = [Record(name=f"{name}.example.test", machine_id=name, ours=True) for name in ("teacher-1", "student-1")]
    machines = (a_machine(), a_machine("student-1", role=STUDENT))
    assert plan_for(quiet, *machines, records=tuple(record), now_minutes=14) == []
    [action] = plan_for(quiet, *machines, records=tuple(record), now_minutes=16)
    assert action == SetSafetyNet(MEETING_ID, at(16) + minutes(5), "somebody arrived and nobody has handed in data")


def past_deadline(meeting: Meeting | None, now_minute: float, state: MachineState = MachineState.RUNNING) -> int:
    """How many machines past their deadline a sweep sees then, of one."""
    plan = plan_sweep([meeting] if meeting else [], [a_machine(state=state)], (), at(now_minute), POLICY)
    assert plan.seen is not None
    return plan.seen.past_deadline


def test_a_machine_past_its_deadline_is_counted_when_two_sweeps_have_not_ended_it() -> None:
    meeting = a_meeting()
    deadline = (meeting.deadline - at(0)).total_seconds() / 60
    assert past_deadline(meeting, 0) == past_deadline(meeting, deadline) == past_deadline(meeting, deadline + 2) == 0
    assert past_deadline(meeting, deadline + 2.1) == 1
    assert past_deadline(meeting, deadline + 2.1, state=MachineState.STOPPED) == 1
    assert past_deadline(meeting, deadline + 2.1, state=MachineState.SHUTTING_DOWN) == 0
    assert past_deadline(None, 0) == 1


def test_what_belongs_to_a_damaged_meeting_is_not_past_its_deadline() -> None:
    machine = a_machine(meeting_id="damaged000000000")
    plan = plan_sweep([], [machine], (), at(0), POLICY, damaged={"damaged000000000": "no time"})
    assert plan.seen is not None
    assert (plan.seen.machines, plan.seen.past_deadline) == (1, 0)
