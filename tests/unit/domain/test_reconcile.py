"""The plan itself: what it may name at all, whatever the world looks like."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.domain.machine import Machine, MachineState, Record
from elephant.domain.meeting import EndReason, Meeting, Seat, SeatPhase
from elephant.domain.reconcile import Unreadable, plan_sweep
from elephant.domain.sweep_actions import (
    AdoptMachine,
    CloseSeat,
    EndMeeting,
    LaunchSeats,
    MoveDeadline,
    Plan,
    PublishAddress,
    SetSafetyNet,
    TerminateMachine,
    WithdrawAddress,
)
from elephant.domain.timetable import anybody_present, deadline_cap, is_present, launch_at
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
from tests.support.strategies import Snapshot, snapshots


def plan_of(world: Snapshot, *, force: bool = True) -> Plan:
    """The plan for a whole world."""
    return plan_sweep(world.meetings, world.machines, world.records, world.now, POLICY, force=force)


def ends_of(plan: Plan) -> list[str]:
    """The ids of every machine that the plan ends, as often as it names them."""
    found: list[str] = []
    for action in plan.actions:
        if isinstance(action, TerminateMachine):
            found.append(action.machine_id)
        elif isinstance(action, EndMeeting):
            found.extend(action.machine_ids)
    return found


def is_there(machine: Machine) -> bool:
    """True for a machine that costs something and is not going."""
    return machine.state not in {MachineState.SHUTTING_DOWN, MachineState.TERMINATED}


@given(snapshots(), st.integers())
def test_the_same_world_gives_the_same_plan_in_whatever_order_it_is_read(world: Snapshot, seed: int) -> None:
    shuffle = random.Random(seed)
    again = replace(
        world,
        meetings=tuple(shuffle.sample(world.meetings, len(world.meetings))),
        machines=tuple(shuffle.sample(world.machines, len(world.machines))),
        records=tuple(shuffle.sample(world.records, len(world.records))),
    )
    assert plan_of(world) == plan_of(again)


@given(snapshots())
def test_i1_a_machine_of_a_meeting_that_is_over_or_unknown_is_ended(world: Snapshot) -> None:
    open_ids = {meeting.id for meeting in world.meetings if not meeting.is_over}
    orphans = [each.id for each in world.machines if each.meeting_id not in open_ids and is_there(each)]
    assert set(orphans) <= set(ends_of(plan_of(world)))


@given(snapshots())
def test_i1_a_machine_past_its_deadline_is_ended_unless_somebody_is_there(world: Snapshot) -> None:
    past = {
        meeting.id
        for meeting in world.meetings
        if not meeting.is_over
        and world.now >= meeting.deadline
        and not (anybody_present(meeting, world.now, POLICY) and world.now < deadline_cap(meeting.meet_time, POLICY))
    }
    plan = plan_of(world)
    assert past <= {action.meeting_id for action in plan.actions if isinstance(action, EndMeeting)}
    assert {each.id for each in world.machines if each.meeting_id in past and is_there(each)} <= set(ends_of(plan))


@given(snapshots())
def test_i1_no_launch_for_a_meeting_over_not_due_or_past_its_deadline(world: Snapshot) -> None:
    meetings = {meeting.id: meeting for meeting in world.meetings}
    plan = plan_of(world)
    moved = {action.meeting_id: action.deadline for action in plan.actions if isinstance(action, MoveDeadline)}
    for action in plan.actions:
        if isinstance(action, LaunchSeats):
            meeting = meetings[action.meeting_id]
            assert not meeting.is_over
            assert launch_at(meeting.meet_time, POLICY) <= world.now < moved.get(meeting.id, meeting.deadline)
            for role in action.roles:
                seat = meeting.seat(role)
                assert seat is not None
                assert seat.session_data is None
                assert seat.launches < 3


@given(snapshots())
def test_i1_what_should_run_and_does_not_is_launched(world: Snapshot) -> None:
    plan = plan_of(world)
    ending = {action.meeting_id for action in plan.actions if isinstance(action, EndMeeting)}
    launched = {
        (each.meeting_id, role) for each in plan.actions if isinstance(each, LaunchSeats) for role in each.roles
    }
    for meeting in world.meetings:
        due = launch_at(meeting.meet_time, POLICY) <= world.now < meeting.deadline
        if meeting.is_over or meeting.id in ending or not due:
            continue
        for seat in meeting.seats:
            served = any(
                each.meeting_id == meeting.id and each.role == seat.role and each.state.is_live
                for each in world.machines
            )
            if not served and seat.session_data is None and seat.launches < 3:
                assert (meeting.id, seat.role) in launched


@given(snapshots())
def test_i2_at_most_one_live_machine_is_left_to_a_seat_and_it_is_the_seats_own_where_that_can_serve(
    world: Snapshot,
) -> None:
    ended = set(ends_of(plan_of(world)))
    for meeting in world.meetings:
        for seat in meeting.seats:
            of_seat = [
                each
                for each in world.machines
                if (each.meeting_id, each.role) == (meeting.id, seat.role) and is_there(each)
            ]
            left = [each for each in of_seat if each.id not in ended]
            assert len(left) <= 1
            own = [each for each in of_seat if each.id == seat.machine_id and each.state.is_live]
            if left and own and seat.phase is not SeatPhase.ENDED:
                assert left == own


@given(snapshots())
def test_i3_exactly_our_records_without_a_live_machine_are_withdrawn(world: Snapshot) -> None:
    live = {each.id for each in world.machines if each.state.is_live}
    withdrawn = [each.name for each in plan_of(world).actions if isinstance(each, WithdrawAddress)]
    assert sorted(withdrawn) == sorted(
        record.name for record in world.records if record.ours and record.machine_id not in live
    )


@given(snapshots())
def test_i4_a_meeting_that_is_over_is_left_as_it_is(world: Snapshot) -> None:
    over = {meeting.id for meeting in world.meetings if meeting.is_over}
    for action in plan_of(world).actions:
        if not isinstance(action, TerminateMachine | WithdrawAddress):
            assert action.meeting_id not in over


@given(snapshots())
def test_i6_a_machine_with_a_person_at_it_is_ended_only_by_the_deadline(world: Snapshot) -> None:
    plan = plan_of(world)
    ends = {each.meeting_id: each.reason for each in plan.actions if isinstance(each, EndMeeting)}
    terminated = {each.machine_id for each in plan.actions if isinstance(each, TerminateMachine)}
    live = {each.id for each in world.machines if each.state.is_live}
    for meeting in world.meetings:
        occupied = [seat for seat in meeting.seats if is_present(seat, world.now, POLICY)]
        if meeting.is_over or not occupied:
            continue
        assert ends.get(meeting.id, EndReason.OVERTIME) is EndReason.OVERTIME
        if meeting.id in ends:
            assert world.now >= deadline_cap(meeting.meet_time, POLICY)
        for seat in occupied:
            if seat.machine_id in live and seat.phase is not SeatPhase.ENDED:
                assert seat.machine_id not in terminated


@given(snapshots(), st.sampled_from(["meetings", "machines", "records"]))
def test_i8_an_unreadable_world_plans_nothing_and_says_why(world: Snapshot, part: str) -> None:
    unread = Unreadable(f"{part}: timed out")
    plan = plan_sweep(
        unread if part == "meetings" else world.meetings,
        unread if part == "machines" else world.machines,
        unread if part == "records" else world.records,
        world.now,
        POLICY,
        force=True,
    )
    assert plan.actions == ()
    assert plan.refused == f"could not read all of the world: {part}: timed out"


@given(snapshots())
def test_what_is_not_ours_is_never_named(world: Snapshot) -> None:
    plan = plan_of(world)
    foreign_names = {record.name for record in world.records if not record.ours}
    foreign_ids = {record.machine_id for record in world.records if not record.ours}
    ours = {machine.id for machine in world.machines}
    assert set(ends_of(plan)) <= ours
    assert len(ends_of(plan)) == len(set(ends_of(plan))), "each machine is ended once"
    for action in plan.actions:
        if isinstance(action, WithdrawAddress):
            assert action.name not in foreign_names
        if isinstance(action, PublishAddress | AdoptMachine):
            assert action.machine_id in ours - foreign_ids


@given(snapshots())
def test_what_the_plan_moves_in_time_it_moves_forward(world: Snapshot) -> None:
    meetings = {meeting.id: meeting for meeting in world.meetings}
    for action in plan_of(world).actions:
        if isinstance(action, MoveDeadline):
            assert meetings[action.meeting_id].deadline < action.deadline
            assert action.deadline <= deadline_cap(meetings[action.meeting_id].meet_time, POLICY)
        elif isinstance(action, SetSafetyNet):
            assert meetings[action.meeting_id].safety_net_at <= world.now < action.at


def crowd(live: int, orphans: int, stopped: int = 0) -> list[Machine]:
    """So many machines, of which the last `orphans` live ones belong to nobody, and stopped orphans besides."""
    kept = [a_machine(f"m-{count}", meeting_id=f"meeting{count}") for count in range(live - orphans)]
    strays = [a_machine(f"m-stray-{count}", meeting_id="unknown") for count in range(orphans)]
    halted = [
        a_machine(f"m-halted-{count}", meeting_id="unknown", state=MachineState.STOPPED) for count in range(stopped)
    ]
    return kept + strays + halted


def meetings_of(machines: list[Machine]) -> list[Meeting]:
    """A meeting for each machine of the crowd that should have one."""
    return [
        a_meeting(
            a_serving_seat(TEACHER, machine_id=each.id), a_seat(STUDENT, session_data=DATA_URL), id=each.meeting_id
        )
        for each in machines
        if each.meeting_id != "unknown"
    ]


@pytest.mark.parametrize(
    ("live", "orphans", "is_refused"),
    [(10, 10, False), (11, 3, False), (11, 4, True), (20, 6, False), (20, 7, True), (11, 11, True)],
)
def test_i8_a_plan_that_ends_more_than_its_share_of_the_live_machines_is_refused_unless_forced(
    live: int, orphans: int, *, is_refused: bool
) -> None:
    machines = crowd(live, orphans)
    records = [Record(name="gone.example.test", machine_id="m-gone", ours=True)]
    plan = plan_sweep(meetings_of(machines), machines, records, at(0), POLICY)
    assert (plan.refused is not None) == is_refused
    assert len(ends_of(plan)) == (0 if is_refused else orphans)
    assert any(isinstance(action, WithdrawAddress) for action in plan.actions), "the rest is done all the same"
    forced = plan_sweep(meetings_of(machines), machines, records, at(0), POLICY, force=True)
    assert forced.refused is None
    assert len(ends_of(forced)) == orphans


def test_machines_that_are_not_live_do_not_count_towards_the_share() -> None:
    machines = crowd(live=11, orphans=3, stopped=20)
    plan = plan_sweep(meetings_of(machines), machines, [], at(0), POLICY)
    assert plan.refused is None
    assert len(ends_of(plan)) == 23


def test_the_ends_of_whole_meetings_count_towards_the_share() -> None:
    meetings = [
        a_meeting(
            a_serving_seat(TEACHER, machine_id=f"t-{count}"),
            a_serving_seat(STUDENT, machine_id=f"s-{count}"),
            id=f"m{count}",
        )
        for count in range(6)
    ]
    machines = [
        a_machine(seat.machine_id, meeting_id=meeting.id, role=seat.role)
        for meeting in meetings
        for seat in meeting.seats
        if seat.machine_id is not None
    ]
    plan = plan_sweep(meetings, machines, [], at(15), POLICY)
    assert plan.refused is not None
    assert "12 of 12" in plan.refused
    assert not any(isinstance(action, EndMeeting) for action in plan.actions)


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
