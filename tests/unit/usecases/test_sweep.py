"""The sweep by example: what it mends, what it leaves alone, and what it does when a part of the world fails."""

from collections.abc import Callable

import pytest

from elephant.domain.machine import Machine, MachineState, Record
from elephant.domain.meeting import EndReason, SeatPhase
from elephant.domain.sweep_actions import LaunchSeats, PublishAddress, TerminateMachine
from elephant.ports.alarms import AlarmKind
from elephant.ports.errors import Permanent, Temporary
from elephant.usecases.join_meeting import Ready
from elephant.usecases.sweep import SweepReport, World, plan, sweep
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
)
from tests.support.frail_ports import broken, interrupted
from tests.support.memory_world import MemoryWorld, a_world_with

OTHER_HANDED_IN = a_seat(STUDENT, session_data=DATA_URL)


def sweep_with(world: MemoryWorld, now_minutes: float = 0, **ports: object) -> SweepReport:
    """A sweep of the world with some of its ports replaced."""
    seen = {
        "meetings": world.meetings,
        "machines": world.machines,
        "addresses": world.addresses,
        "alarms": world.alarms,
        **ports,
    }
    return sweep(World(**seen), policy=POLICY, now=at(now_minutes))  # type: ignore[arg-type]


def test_a_world_in_order_is_left_alone() -> None:
    world = a_world_with(a_meeting())
    world.both_ready(at(-10))
    before = world.meeting()
    assert world.sweep(at(-9)).plan.actions == ()
    assert world.meeting() == before


def test_a_lost_launch_alarm_costs_a_sweep() -> None:
    world = a_world_with(a_meeting())
    assert world.sweep(at(-10.1)).plan.actions == ()
    world.sweep(at(-10))
    assert {machine.role for machine in world.live_machines()} == {TEACHER, STUDENT}
    assert world.seat().phase is SeatPhase.LAUNCHED


def test_a_lost_running_event_costs_a_sweep() -> None:
    world = a_world_with(a_meeting())
    for machine in world.launch(at(-10)):
        world.machines.move(machine.id, MachineState.RUNNING)
    world.sweep(at(-9))
    assert world.seat().phase is SeatPhase.DNS_WRITTEN
    assert world.seat().link is not None
    assert len(world.addresses.published()) == 2


def test_a_machine_that_was_never_written_down_is_adopted_and_reachable_after_one_sweep() -> None:
    world = a_world_with(a_meeting(a_seat(), OTHER_HANDED_IN))
    world.machines.add(a_machine("m-1"))
    world.sweep(at(-9))
    assert world.seat().machine_id == "m-1"
    assert world.seat().link is not None
    assert world.sweep(at(-9)).plan.actions == ()


def test_a_seat_whose_machine_died_gets_another_and_keeps_its_first_arrival() -> None:
    world = a_world_with(a_meeting())
    world.both_ready(at(-10))
    assert isinstance(world.join(at(0)), Ready)
    first = world.machine_of()
    world.machines.move(first.id, MachineState.TERMINATED)
    world.sweep(at(1))
    assert world.machine_of().id != first.id
    assert world.seat().joined_at == at(0)
    assert world.seat().launches == 2
    assert first.id not in {record.machine_id for record in world.addresses.published()}


def test_three_dead_machines_end_the_meeting() -> None:
    world = a_world_with(a_meeting())
    for minute in (-10, -9, -8):
        world.sweep(at(minute))
        world.machines.move(world.machine_of().id, MachineState.TERMINATED)
    world.sweep(at(-7))
    assert world.meeting().termination_reason is EndReason.LAUNCH_FAILED
    assert world.live_machines() == []


@pytest.mark.parametrize("state", [MachineState.STOPPING, MachineState.STOPPED])
def test_i1_a_machine_that_stopped_is_ended_although_its_seat_still_shows_it(state: MachineState) -> None:
    world = a_world_with(a_meeting(a_serving_seat(session_data=DATA_URL), OTHER_HANDED_IN))
    world.machines.add(a_machine(state=state))
    world.sweep(at(0))
    assert world.machines.get("teacher-1").state is MachineState.SHUTTING_DOWN
    assert world.sweep(at(1)).plan.actions == ()


def test_a_closed_seat_whose_machine_lives_on_gets_a_fresh_one() -> None:
    world = a_world_with(a_meeting(a_serving_seat(phase=SeatPhase.ENDED, link=None), OTHER_HANDED_IN))
    world.machines.add(a_machine())
    world.sweep(at(-9))
    assert world.machines.get("teacher-1").state is MachineState.SHUTTING_DOWN
    assert world.machine_of().state is MachineState.PENDING
    assert world.seat().phase is SeatPhase.LAUNCHED


def test_i1_an_end_that_died_after_its_mark_is_finished() -> None:
    world = a_world_with(a_meeting())
    world.both_ready(at(-10))
    machines = broken(world.machines, "of_meeting", "terminate", error=Temporary("timed out"))
    unlucky = MemoryWorld(meetings=world.meetings, machines=machines, alarms=world.alarms)
    with pytest.raises(Temporary):
        unlucky.end(EndReason.CANCELLED, at(0))
    assert len(world.live_machines()) == 2
    world.sweep(at(1))
    assert world.live_machines() == []
    world.sweep(at(2))
    assert world.addresses.published() == []
    assert world.meeting().termination_reason is EndReason.CANCELLED


def test_i3_only_our_records_are_withdrawn() -> None:
    world = MemoryWorld()
    world.addresses.add(Record(name="m-old.example.test", machine_id="m-old", ours=True))
    world.addresses.add(Record(name="www.example.test", machine_id="m-theirs", ours=False))
    world.sweep(at(0))
    assert [record.name for record in world.addresses.published()] == ["www.example.test"]


@pytest.mark.parametrize(
    ("port", "method"), [("meetings", "open_meetings"), ("machines", "owned"), ("addresses", "published")]
)
def test_i8_a_part_that_cannot_be_read_stops_the_whole_sweep(port: str, method: str) -> None:
    world = a_world_with(a_meeting())
    world.machines.add(a_machine("m-stray", meeting_id="unknown"))
    world.addresses.add(Record(name="m-old.example.test", machine_id="m-old", ours=True))
    report = sweep_with(world, **{port: broken(getattr(world, port), method, error=Temporary("timed out"))})
    assert report.plan.actions == ()
    assert report.plan.refused is not None
    assert f"{port}: timed out" in report.plan.refused
    assert [machine.id for machine in world.live_machines()] == ["m-stray"]
    assert len(world.addresses.published()) == 1


def test_i8_a_damaged_meeting_is_named_and_left_alone_while_all_others_are_swept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = a_world_with(a_meeting(), a_meeting(id="damaged0"))
    world.meetings._items["damaged0"]["deadline"] = "soon"
    world.machines.add(a_machine("m-of-damaged", meeting_id="damaged0"))
    world.addresses.publish(a_machine("m-of-damaged"))
    world.machines.add(a_machine("m-stray", meeting_id="unknown"))
    report = world.sweep(at(-10))
    assert report.failures == ()
    assert {machine.id for machine in world.live_machines()} == {
        "m-of-damaged",
        *(seat.machine_id for seat in world.meeting().seats),
    }
    assert [record.machine_id for record in world.addresses.published()] == ["m-of-damaged"]
    assert "damaged0" in (report.plan.refused or "")
    assert ["damaged0" in each.message for each in caplog.records if each.levelname == "ERROR"] == [True]


def test_i8_a_damaged_meeting_and_a_refused_share_are_both_told() -> None:
    world = a_world_with(a_meeting())
    world.meetings._items[MEETING_ID]["deadline"] = "soon"
    for count in range(11):
        world.machines.add(a_machine(f"m-{count}", meeting_id="unknown"))
    refused = world.sweep(at(-10)).plan.refused or ""
    assert MEETING_ID in refused
    assert "11 of 11" in refused


def test_one_failing_action_keeps_no_other_from_being_tried() -> None:
    world = a_world_with(a_meeting(a_serving_seat(phase=SeatPhase.LAUNCHED), OTHER_HANDED_IN))
    world.machines.add(a_machine())
    world.machines.add(a_machine("m-stray", meeting_id="unknown"))
    report = sweep_with(world, addresses=broken(world.addresses, "publish", error=Permanent("forbidden")))
    [(action, why)] = report.failures
    assert isinstance(action, PublishAddress)
    assert why == "forbidden"
    assert [machine.id for machine in world.live_machines()] == ["teacher-1"]


def test_a_failed_launch_is_reported_and_its_reason_kept_for_whoever_waits() -> None:
    world = a_world_with(a_meeting())

    class NoCapacity:
        def __init__(self, real: object) -> None:
            self._real = real

        def __getattr__(self, name: str) -> object:
            found: object = getattr(self._real, name)
            return found

        def launch(self, orders: list[object], _now: object) -> list[object]:
            return [Temporary("no capacity") for _ in orders]

    report = sweep_with(world, -9, machines=NoCapacity(world.machines))
    assert [(type(action), why) for action, why in report.failures] == [(LaunchSeats, "no capacity")]
    assert world.seat(TEACHER).problem == world.seat(STUDENT).problem == "no capacity"
    world.sweep(at(-8))
    assert len(world.live_machines()) == 2
    assert world.seat().problem is None


def _happening(world: MemoryWorld, name: str) -> Callable[[], object]:
    happenings: dict[str, Callable[[], object]] = {
        "the seat takes the machine": lambda: world.hear_running("m-1", at(-9)),
        "somebody arrives": lambda: world.report(a_machine(), at(15), connected=1),
        "another ends it": lambda: world.end(EndReason.CANCELLED, at(15)),
    }
    return happenings[name]


def test_i2_a_machine_is_read_once_more_before_it_is_ended() -> None:
    """Two live ones; the kept one dies and the other is seated after the plan was made."""
    kept, spare = a_machine("m-0", launched_at=at(-10)), a_machine("m-1", launched_at=at(-9))
    world = a_world_with(a_meeting(a_seat(), OTHER_HANDED_IN))
    for machine in (kept, spare):
        world.machines.add(machine)

    def changes_meanwhile() -> None:
        world.machines.move("m-0", MachineState.TERMINATED)
        world.hear_running("m-1", at(-9))

    meetings = interrupted(world.meetings, "get", changes_meanwhile)
    machines = interrupted(world.machines, "of_meeting", changes_meanwhile)
    planned = plan(world.ports, policy=POLICY, now=at(-9))
    assert isinstance(planned.actions[0], TerminateMachine)
    sweep_with(world, -9, meetings=meetings, machines=machines)
    assert world.machines.get("m-1").state is MachineState.RUNNING
    assert world.seat().machine_id == "m-1"


def test_i6_somebody_who_arrives_between_the_plan_and_its_end_is_not_ended() -> None:
    world = a_world_with(a_meeting(a_serving_seat(), a_seat(STUDENT)))
    world.machines.add(a_machine())
    world.addresses.publish(a_machine())
    meetings = interrupted(world.meetings, "get", _happening(world, "somebody arrives"))
    report = sweep_with(world, 15, meetings=meetings)
    assert report.plan.actions != ()
    assert not world.meeting().is_over
    assert world.machine_of().state is MachineState.RUNNING


def test_i4_an_end_by_another_between_the_plan_and_its_end_keeps_its_reason() -> None:
    world = a_world_with(a_meeting(a_serving_seat(), a_seat(STUDENT)))
    world.machines.add(a_machine())
    meetings = interrupted(world.meetings, "get", _happening(world, "another ends it"))
    sweep_with(world, 15, meetings=meetings)
    assert world.meeting().termination_reason is EndReason.CANCELLED
    assert world.live_machines() == []


def test_a_launch_between_reading_and_planning_is_not_doubled() -> None:
    world = a_world_with(a_meeting())
    launched: list[Machine] = []
    meetings = interrupted(world.meetings, "open_meetings", lambda: launched.extend(world.launch(at(-10))))
    sweep_with(world, -10, meetings=meetings)
    assert {machine.id for machine in world.live_machines()} == {machine.id for machine in launched}
    assert world.seat().phase is SeatPhase.LAUNCHED


def test_a_net_that_lets_the_meeting_go_on_is_set_again_with_its_alarm() -> None:
    world = a_world_with(a_meeting(a_serving_seat(seen_at=at(19.5)), a_serving_seat(STUDENT)))
    world.sweep(at(20))
    assert world.meeting().safety_net_at == at(25)
    assert [(each.kind, each.due_at) for each in world.alarms.due(at(999))] == [(AlarmKind.SAFETY_NET, at(25))]


def test_i1_no_alarm_is_set_for_a_meeting_that_ended_between_plan_and_action() -> None:
    world = a_world_with(a_meeting(a_seat(waiting_at=at(20)), a_seat(STUDENT)))
    meetings = interrupted(world.meetings, "get", lambda: world.end(EndReason.CANCELLED, at(20)))
    sweep_with(world, 20, meetings=meetings)
    assert world.meeting().is_over
    assert world.alarms.due(at(999)) == []


def test_a_deadline_moves_on_in_a_sweep_while_somebody_is_there() -> None:
    world = a_world_with(a_meeting(a_serving_seat(seen_at=at(74)), a_serving_seat(STUDENT), safety_net_at=at(200)))
    world.sweep(at(74))
    assert world.meeting().deadline == at(90)


def test_more_than_its_share_is_ended_only_by_force() -> None:
    world = MemoryWorld()
    for count in range(11):
        world.machines.add(a_machine(f"m-{count}", meeting_id="unknown"))
    assert world.sweep(at(0)).plan.refused is not None
    assert len(world.live_machines()) == 11
    assert world.sweep(at(0), force=True).plan.refused is None
    assert world.live_machines() == []
