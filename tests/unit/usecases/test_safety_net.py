from datetime import datetime

import pytest

from elephant.domain.changes import deadline_moved
from elephant.domain.endings import End, Extend, Keep
from elephant.domain.meeting import EndReason, SeatPhase
from elephant.ports.alarms import AlarmKind, Alarms
from elephant.ports.errors import Temporary
from elephant.ports.machines import Machines
from elephant.ports.meetings import Meetings
from elephant.usecases.join_meeting import Ready
from elephant.usecases.safety_net import safety_net
from tests.support.builders import DATA_URL, MEETING_ID, POLICY, STUDENT, a_machine, a_meeting, a_serving_seat, at
from tests.support.frail_ports import Fuse, Mishap, broken, frail_in, interrupted
from tests.support.memory_world import MemoryWorld, a_world_with


def fall(
    world: MemoryWorld,
    now: datetime,
    *,
    meetings: Meetings | None = None,
    machines: Machines | None = None,
    alarms: Alarms | None = None,
) -> End | Extend | Keep:
    """The net's alarm rings."""
    return safety_net(
        MEETING_ID,
        meetings=meetings or world.meetings,
        machines=machines or world.machines,
        alarms=alarms or world.alarms,
        policy=POLICY,
        now=now,
    )


def next_net(world: MemoryWorld) -> list[datetime]:
    """When the net's alarm rings next."""
    return [alarm.due_at for alarm in world.alarms.due(at(9999)) if alarm.kind is AlarmKind.SAFETY_NET]


def test_a_meeting_that_nobody_came_to_ends_with_everything_of_it() -> None:
    world = a_world_with(a_meeting())
    world.both_ready(at(-10))
    assert isinstance(fall(world, at(15)), End)
    assert world.meeting().termination_reason is EndReason.NO_SHOW_TIMEOUT
    assert world.live_machines() == []


def test_i6_somebody_at_a_desktop_sets_the_net_again() -> None:
    world = a_world_with(a_meeting())
    world.both_ready(at(-10))
    world.report(world.machine_of(), at(14), connected=1)
    assert isinstance(fall(world, at(15)), Keep)
    assert world.meeting().safety_net_at == at(20)
    assert next_net(world) == [at(20)]
    assert isinstance(fall(world, at(20)), End)


def test_i6_somebody_kept_waiting_sets_the_net_again() -> None:
    world = a_world_with(a_meeting())
    world.launch(at(-10))
    world.join(at(14))
    assert isinstance(fall(world, at(15)), Keep)
    assert next_net(world) == [at(20)]


def test_i6_whoever_waits_for_a_seat_that_becomes_ready_just_before_the_net_falls_is_let_in() -> None:
    world = a_world_with(a_meeting())
    world.launch(at(-10))
    world.join(at(14.9))
    world.run(world.machine_of().id, at(14.95))
    world.report(world.machine_of(), at(14.95))
    assert isinstance(fall(world, at(15)), Keep)
    assert isinstance(world.join(at(15)), Ready)
    assert world.seat().waiting_at is None


def test_an_alarm_that_rings_early_sets_itself_for_the_right_time() -> None:
    world = a_world_with(a_meeting())
    assert isinstance(fall(world, at(3)), Keep)
    assert next_net(world) == [at(15)]


def test_the_net_is_never_set_beyond_the_deadline_and_there_it_ends_the_meeting() -> None:
    seat = a_serving_seat(phase=SeatPhase.IN_PROGRESS, joined_at=at(1))
    world = a_world_with(a_meeting(seat, a_serving_seat(STUDENT)))
    fall(world, at(73))
    assert next_net(world) == [at(75)]
    fall(world, at(75))
    assert world.meeting().termination_reason is EndReason.OVERTIME


def test_i6_near_the_deadline_somebody_there_moves_it_on() -> None:
    world = a_world_with(a_meeting(a_serving_seat(seen_at=at(71)), a_serving_seat(STUDENT)))
    assert isinstance(fall(world, at(71)), Extend)
    assert world.meeting().deadline == at(90)
    assert next_net(world) == [at(76)]


def test_of_two_that_move_the_deadline_one_step_is_made() -> None:
    world = a_world_with(a_meeting(a_serving_seat(seen_at=at(71)), a_serving_seat(STUDENT)))
    fall(world, at(71), meetings=interrupted(world.meetings, "update", lambda: fall(world, at(71))))
    assert world.meeting().deadline == at(90)


def test_i7_an_end_that_died_half_way_is_finished() -> None:
    world = a_world_with(a_meeting(a_serving_seat(session_data=DATA_URL), a_serving_seat(STUDENT)))
    world.machines.add(a_machine())
    with pytest.raises(Temporary):
        fall(world, at(15), machines=broken(world.machines, "terminate", error=Temporary("throttled")))
    assert len(world.live_machines()) == 1
    assert isinstance(fall(world, at(16)), Keep)
    assert world.live_machines() == []
    assert world.meeting().termination_reason is EndReason.PARTIAL_NO_SHOW_TIMEOUT


def test_a_missing_meeting_is_nobodys_and_an_unreadable_one_is_an_error() -> None:
    world = a_world_with()
    assert isinstance(fall(world, at(15)), Keep)
    with pytest.raises(Temporary):
        fall(world, at(15), meetings=broken(world.meetings, "get", error=Temporary("timed out")))


def test_i1_an_end_while_the_net_is_being_set_again_leaves_no_alarm() -> None:
    seat = a_serving_seat(phase=SeatPhase.IN_PROGRESS, joined_at=at(1))
    world = a_world_with(a_meeting(seat, a_serving_seat(STUDENT)))
    fall(world, at(16), meetings=interrupted(world.meetings, "update", lambda: world.end(EndReason.CANCELLED, at(16))))
    assert next_net(world) == []


def test_a_net_that_somebody_else_set_meanwhile_rings_when_that_one_does() -> None:
    seat = a_serving_seat(phase=SeatPhase.IN_PROGRESS, joined_at=at(1))
    world = a_world_with(a_meeting(seat, a_serving_seat(STUDENT)))
    fall(world, at(16), meetings=interrupted(world.meetings, "update", lambda: fall(world, at(15))))
    assert world.meeting().safety_net_at == at(20)
    assert next_net(world) == [at(20)]


def test_a_deadline_that_a_host_moved_meanwhile_stays_and_the_net_is_judged_anew() -> None:
    world = a_world_with(a_meeting(a_serving_seat(seen_at=at(71)), a_serving_seat(STUDENT)))
    moved = deadline_moved(world.meeting(), at(120), "a host asked", at(71))
    meetings = interrupted(world.meetings, "update", lambda: world.meetings.update(MEETING_ID, moved))
    fall(world, at(71), meetings=meetings)
    assert world.meeting().deadline == at(120)
    assert next_net(world) == [at(76)]
    world.sweep(at(72))
    assert world.meeting().safety_net_at == at(77)
    assert next_net(world) == [at(77)]


@pytest.mark.parametrize(("method", "deadline", "net"), [("update", at(75), [at(76)]), ("set", at(90), [])])
def test_i8_what_cannot_be_written_or_set_is_an_error_and_the_other_is_tried(
    method: str, deadline: datetime, net: list[datetime]
) -> None:
    world = a_world_with(a_meeting(a_serving_seat(seen_at=at(71)), a_serving_seat(STUDENT)))
    busy = Temporary("busy")
    meetings, alarms = broken(world.meetings, method, error=busy), broken(world.alarms, method, error=busy)
    with pytest.raises(Temporary, match="busy"):
        fall(world, at(71), meetings=meetings, alarms=alarms)
    assert (world.meeting().deadline, next_net(world)) == (deadline, net)
    fall(world, at(71))
    assert (world.meeting().deadline, next_net(world)) == (at(90), [at(76)])


def test_a_deadline_and_the_next_net_are_one_change() -> None:
    world = a_world_with(a_meeting(a_serving_seat(seen_at=at(71)), a_serving_seat(STUDENT)))
    meetings = frail_in(world.meetings, "update", Fuse(2, Mishap.REFUSED))
    assert isinstance(fall(world, at(71), meetings=meetings), Extend)
    assert (world.meeting().deadline, world.meeting().safety_net_at) == (at(90), at(76))
