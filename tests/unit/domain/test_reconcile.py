"""The plan itself: what it may name at all, whatever the world looks like."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.domain.machine import Machine, MachineState, Record
from elephant.domain.meeting import EndReason, Meeting, SeatPhase
from elephant.domain.reconcile import Unreadable, plan_sweep
from elephant.domain.sweep_actions import (
    AdoptMachine,
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
from tests.support.builders import DATA_URL, POLICY, STUDENT, TEACHER, a_machine, a_meeting, a_seat, a_serving_seat, at
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
