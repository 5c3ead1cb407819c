import pytest

from elephant.domain.machine import MachineState, Record
from elephant.domain.meeting import EndReason, SeatPhase
from elephant.ports.errors import AddressTaken, ElephantError, Temporary
from elephant.usecases.dns_watchdog import machine_is_running
from tests.support.builders import DATA_URL, STUDENT, TEACHER, a_machine, a_meeting, a_seat, a_serving_seat, at
from tests.support.frail_ports import Fuse, Mishap, broken, frail, interrupted
from tests.support.memory_world import MemoryWorld, a_world_with


def a_launched_world() -> MemoryWorld:
    """Both seats' machines are launched; the teacher's has just come up and nobody has heard of it."""
    world = a_world_with(a_meeting())
    world.launch(at(-10))
    world.machines.move(world.machine_of().id, MachineState.RUNNING)
    return world


def test_a_running_machine_is_published_and_its_link_written_into_its_own_seat_only() -> None:
    world = a_launched_world()
    machine = world.machine_of()
    world.hear_running(machine.id, at(-9))
    assert world.seat().phase is SeatPhase.DNS_WRITTEN
    assert world.seat().link == f"https://{machine.id}.example.test:8443"
    assert world.seat(STUDENT).link is None
    assert [record.machine_id for record in world.addresses.published()] == [machine.id]


def test_heard_twice_it_is_published_once() -> None:
    world = a_launched_world()
    world.hear_running(world.machine_of().id, at(-9))
    before = world.meeting()
    world.hear_running(world.machine_of().id, at(-8))
    assert world.meeting() == before
    assert len(world.addresses.published()) == 1


def test_health_before_the_address_is_not_lost() -> None:
    world = a_launched_world()
    world.report(world.machine_of(), at(-9))
    assert world.seat().phase is SeatPhase.HEALTHY
    assert not world.seat().is_ready
    world.hear_running(world.machine_of().id, at(-8))
    assert world.seat().phase is SeatPhase.HEALTHY
    assert world.seat().is_ready


def test_the_address_before_health_is_not_enough() -> None:
    world = a_launched_world()
    world.hear_running(world.machine_of().id, at(-9))
    assert not world.seat().is_ready
    world.report(world.machine_of(), at(-8))
    assert world.seat().is_ready


def test_a_health_report_between_reading_and_writing_is_kept() -> None:
    world = a_launched_world()
    machine = world.machine_of()
    machine_is_running(
        machine.id,
        meetings=interrupted(world.meetings, "update", lambda: world.report(machine, at(-9))),
        machines=world.machines,
        addresses=world.addresses,
        now=at(-9),
    )
    assert world.seat().is_ready


def test_i1_a_machine_that_appears_after_the_end_is_terminated_on_sight() -> None:
    world = a_launched_world()
    world.end(EndReason.CANCELLED, at(-9))
    world.machines.add(a_machine("m-late"))
    world.hear_running("m-late", at(-8))
    assert world.machines.get("m-late").state is MachineState.SHUTTING_DOWN
    assert world.addresses.published() == []


def test_i1_a_machine_for_no_meeting_is_terminated_on_sight() -> None:
    world = MemoryWorld()
    world.machines.add(a_machine("m-stray", meeting_id="unknown"))
    world.hear_running("m-stray", at(0))
    assert world.machines.get("m-stray").state is MachineState.SHUTTING_DOWN


def test_what_cannot_be_read_before_the_machine_is_known_keeps_it_from_nothing() -> None:
    world = a_launched_world()
    machine = world.machine_of()
    addresses = broken(world.addresses, "expect", error=Temporary("DNS is slow"))
    machine_is_running(machine.id, meetings=world.meetings, machines=world.machines, addresses=addresses, now=at(-9))
    assert world.seat().phase is SeatPhase.DNS_WRITTEN


def test_a_machine_that_is_none_of_ours_is_left_alone() -> None:
    world = MemoryWorld()
    world.hear_running("i-somebody-elses", at(0))
    assert world.machines.owned() == []


def test_the_event_of_one_that_is_gone_already_does_nothing() -> None:
    world = a_launched_world()
    machine = world.machine_of()
    world.machines.move(machine.id, MachineState.SHUTTING_DOWN)
    world.hear_running(machine.id, at(-9))
    assert world.addresses.published() == []
    assert world.seat().phase is SeatPhase.LAUNCHED


def test_a_machine_that_its_launch_never_wrote_down_is_taken_in() -> None:
    world = a_world_with(a_meeting())
    world.machines.add(a_machine("m-1"))
    world.hear_running("m-1", at(-9))
    assert (world.seat().machine_id, world.seat().launches) == ("m-1", 1)
    assert world.seat().link is not None


def published_ids(world: MemoryWorld) -> set[str]:
    """The machines that have an address."""
    return {record.machine_id for record in world.addresses.published()}


def go(world: MemoryWorld, machine_id: str) -> None:
    """The machine has been told to end, and its event arrives."""
    assert world.machines.get(machine_id).state is MachineState.SHUTTING_DOWN
    world.hear_gone(world.machines.get(machine_id), at(-7))


def test_i2_a_second_machine_is_not_seated_and_its_address_goes_with_it() -> None:
    world = a_launched_world()
    world.machines.add(a_machine("m-2"))
    before = world.meeting()
    world.hear_running("m-2", at(-9))
    assert world.meeting() == before
    world.sweep(at(-8))
    go(world, "m-2")
    assert published_ids(world) == {world.machine_of().id}


def test_a_machine_whose_seat_was_closed_gives_it_no_link_and_loses_its_address_with_its_life() -> None:
    seats = a_serving_seat(phase=SeatPhase.ENDED, link=None), a_seat(STUDENT, session_data=DATA_URL)
    world = a_world_with(a_meeting(*seats))
    world.machines.add(a_machine())
    world.hear_running("teacher-1", at(-9))
    assert world.seat().link is None
    world.sweep(at(-8))
    go(world, "teacher-1")
    assert published_ids(world) == set()


def test_a_machine_of_a_role_that_the_meeting_has_not_is_left_to_the_sweep() -> None:
    world = a_world_with(a_meeting(a_seat(TEACHER, session_data=DATA_URL)))
    world.machines.add(a_machine("m-guest", role=STUDENT))
    world.hear_running("m-guest", at(-9))
    assert world.machines.get("m-guest").state is MachineState.RUNNING
    world.sweep(at(-8))
    go(world, "m-guest")
    assert published_ids(world) == set()


@pytest.mark.parametrize("error", [Temporary("no address yet"), AddressTaken("not ours")])
def test_i1_an_address_that_cannot_be_published_does_not_hide_that_the_meeting_is_over(error: ElephantError) -> None:
    world = a_launched_world()
    world.end(EndReason.CANCELLED, at(-9))
    world.machines.add(a_machine("m-late"))
    world.addresses = broken(world.addresses, "publish", error=error)
    world.hear_running("m-late", at(-8))
    assert world.machines.get("m-late").state is MachineState.SHUTTING_DOWN


def test_i3_what_was_published_for_a_meeting_that_is_over_is_withdrawn_although_its_answer_was_lost() -> None:
    world = a_world_with()
    world.machines.add(a_machine("m-late"))
    machine_is_running(
        "m-late",
        meetings=world.meetings,
        machines=world.machines,
        addresses=frail(world.addresses, Fuse(1, Mishap.ANSWER_LOST)),
        now=at(0),
    )
    assert world.addresses.published() == []


def test_i1_a_withdrawal_that_fails_does_not_keep_the_machine() -> None:
    world = a_world_with()
    world.machines.add(a_machine("m-late"))
    world.addresses = broken(world.addresses, "withdraw", error=Temporary("throttled"))
    with pytest.raises(Temporary):
        world.hear_running("m-late", at(0))
    assert world.machines.get("m-late").state is MachineState.SHUTTING_DOWN


def test_a_machine_without_an_address_yet_is_an_error_only_where_it_serves() -> None:
    world = a_launched_world()
    world.machines.add(a_machine("m-2"))
    world.addresses = broken(world.addresses, "publish", error=Temporary("no address yet"))
    world.hear_running("m-2", at(-9))
    with pytest.raises(Temporary):
        world.hear_running(world.machine_of().id, at(-9))
    assert world.seat().phase is SeatPhase.LAUNCHED


def test_i4_an_end_between_publishing_and_writing_stays_and_the_sweep_withdraws_the_address() -> None:
    world = a_launched_world()
    machine = world.machine_of()
    machine_is_running(
        machine.id,
        meetings=interrupted(world.meetings, "update", lambda: world.end(EndReason.CANCELLED, at(-9))),
        machines=world.machines,
        addresses=world.addresses,
        now=at(-9),
    )
    assert world.meeting().is_over
    assert world.seat().link is None
    world.sweep(at(-8))
    assert world.addresses.published() == []


def test_i3_an_address_that_somebody_else_holds_is_an_error_and_stays_theirs() -> None:
    world = a_launched_world()
    machine = world.machine_of()
    theirs = Record(name="theirs.example.test", machine_id=machine.id, ours=False)
    world.addresses.add(theirs)
    with pytest.raises(AddressTaken):
        world.hear_running(machine.id, at(-9))
    world.hear_gone(machine, at(0))
    assert world.addresses.published() == [theirs]


def test_i8_a_store_that_cannot_be_read_terminates_nothing() -> None:
    world = a_launched_world()
    with pytest.raises(Temporary):
        machine_is_running(
            world.machine_of().id,
            meetings=broken(world.meetings, "get", error=Temporary("timed out")),
            machines=world.machines,
            addresses=world.addresses,
            now=at(-9),
        )
    assert world.machine_of().state is MachineState.RUNNING


def test_a_machine_that_goes_loses_its_address_and_closes_its_own_seat_only() -> None:
    world = a_world_with(a_meeting())
    world.both_ready(at(-10))
    gone = world.machine_of()
    world.machines.move(gone.id, MachineState.SHUTTING_DOWN)
    world.hear_gone(world.machines.get(gone.id), at(-5))
    assert (world.seat().phase, world.seat().link) == (SeatPhase.ENDED, None)
    assert world.seat(STUDENT).is_ready
    assert not world.meeting().is_over
    assert gone.id not in {record.machine_id for record in world.addresses.published()}
    before = world.meeting()
    world.hear_gone(world.machines.get(gone.id), at(-4))
    assert world.meeting() == before


def test_the_end_of_an_old_machine_does_not_close_the_seat_of_the_new_one() -> None:
    world = a_world_with(a_meeting())
    world.both_ready(at(-10))
    old = world.machine_of()
    world.machines.move(old.id, MachineState.TERMINATED)
    world.launch(at(-5))
    world.hear_gone(old, at(-4))
    assert world.machine_of().id != old.id
    assert world.seat().phase is SeatPhase.LAUNCHED


def test_the_end_of_a_machine_of_no_meeting_withdraws_its_address() -> None:
    world = MemoryWorld()
    stray = a_machine("m-stray", meeting_id="unknown")
    world.addresses.publish(stray)
    world.hear_gone(stray, at(0))
    assert world.addresses.published() == []


def test_i5_a_seat_is_closed_although_the_address_of_its_machine_could_not_be_removed() -> None:
    world = a_world_with(a_meeting(a_serving_seat(), a_serving_seat(STUDENT)))
    world.addresses = broken(world.addresses, "withdraw", error=Temporary("throttled"))
    with pytest.raises(Temporary):
        world.hear_gone(a_machine(state=MachineState.TERMINATED), at(-4))
    assert world.seat().phase is SeatPhase.ENDED


def test_i3_an_address_is_removed_although_its_seat_could_not_be_closed() -> None:
    world = a_launched_world()
    machine = world.machine_of()
    world.hear_running(machine.id, at(-9))
    world.meetings = broken(world.meetings, "get", error=Temporary("timed out"))
    with pytest.raises(Temporary):
        world.hear_gone(machine, at(-4))
    assert not world.addresses.published()
