"""The sweep on worlds in disorder: one brings them in order, and what is not ours stays as it was."""

from hypothesis import given

from elephant.domain.machine import MachineState
from elephant.domain.sweep_actions import EndMeeting, TerminateMachine
from elephant.domain.timetable import anybody_present
from elephant.usecases.sweep import plan
from tests.support.builders import POLICY
from tests.support.memory_world import MemoryWorld
from tests.support.strategies import Snapshot, snapshots
from tests.support.world_invariants import check_world


def world_of(snapshot: Snapshot) -> MemoryWorld:
    """The snapshot as a world that use cases can change."""
    world = MemoryWorld()
    for meeting in snapshot.meetings:
        world.meetings.create(meeting)
    for machine in snapshot.machines:
        world.machines.add(machine)
    for record in snapshot.records:
        world.addresses.add(record)
    return world


def let_events_arrive(world: MemoryWorld, snapshot: Snapshot) -> None:
    """Each machine that the sweep began to end says so."""
    before = {machine.id: machine.state for machine in snapshot.machines}
    for machine in world.machines.owned():
        if machine.state is MachineState.SHUTTING_DOWN and before.get(machine.id) is not machine.state:
            world.hear_gone(machine, snapshot.now)


@given(snapshots())
def test_i7_one_sweep_brings_any_world_in_order(snapshot: Snapshot) -> None:
    world = world_of(snapshot)
    report = world.sweep(snapshot.now, force=True)
    assert report.failures == ()
    let_events_arrive(world, snapshot)
    assert plan(world.ports, policy=POLICY, now=snapshot.now).actions == ()
    check_world(world, snapshot.now)


@given(snapshots())
def test_i3_without_any_event_the_next_sweep_withdraws_what_the_first_left_pointing_nowhere(
    snapshot: Snapshot,
) -> None:
    world = world_of(snapshot)
    world.sweep(snapshot.now, force=True)
    world.sweep(snapshot.now, force=True)
    assert plan(world.ports, policy=POLICY, now=snapshot.now).actions == ()


@given(snapshots())
def test_i3_what_is_not_ours_is_untouched(snapshot: Snapshot) -> None:
    world = world_of(snapshot)
    world.sweep(snapshot.now, force=True)
    let_events_arrive(world, snapshot)
    assert [record for record in world.addresses.published() if not record.ours] == [
        record for record in snapshot.records if not record.ours
    ]


@given(snapshots())
def test_i4_what_was_over_stays_exactly_as_over_as_it_was(snapshot: Snapshot) -> None:
    world = world_of(snapshot)
    world.sweep(snapshot.now, force=True)
    for meeting in snapshot.meetings:
        if meeting.is_over:
            assert world.meeting(meeting.id) == meeting


@given(snapshots())
def test_i6_no_meeting_with_a_person_in_it_is_ended_but_by_the_cap(snapshot: Snapshot) -> None:
    world = world_of(snapshot)
    world.sweep(snapshot.now, force=True)
    for meeting in snapshot.meetings:
        cap = meeting.meet_time + POLICY.maximum
        if not meeting.is_over and anybody_present(meeting, snapshot.now, POLICY) and snapshot.now < cap:
            assert not world.meeting(meeting.id).is_over


@given(snapshots())
def test_a_look_changes_nothing(snapshot: Snapshot) -> None:
    world = world_of(snapshot)
    plan(world.ports, policy=POLICY, now=snapshot.now)
    assert world.machines.owned() == list(snapshot.machines)
    assert [world.meeting(meeting.id) for meeting in snapshot.meetings] == list(snapshot.meetings)
    assert set(world.addresses.published()) == set(snapshot.records)


@given(snapshots(max_meetings=10))
def test_without_force_no_sweep_ends_more_than_its_share(snapshot: Snapshot) -> None:
    world = world_of(snapshot)
    live_before = {machine.id for machine in world.live_machines()}
    report = world.sweep(snapshot.now)
    ended = live_before - {machine.id for machine in world.live_machines()}
    assert len(live_before) <= 10 or len(ended) <= 0.3 * len(live_before)
    if report.plan.refused is not None:
        assert ended == set()
        assert not any(isinstance(action, EndMeeting) and action.machine_ids for action in report.plan.actions)
        assert not any(isinstance(action, TerminateMachine) for action in report.plan.actions)
