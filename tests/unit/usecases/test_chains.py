"""What somebody waits for: on AWS every link of these chains costs tens of milliseconds."""

from collections.abc import Callable

import pytest

from elephant.domain.machine import MachineState
from elephant.domain.meeting import EndReason
from elephant.usecases.cancel_meeting import cancel_meeting
from elephant.usecases.dns_watchdog import machine_is_running
from elephant.usecases.launch_desktops import launch_desktops
from elephant.usecases.reschedule_meeting import Move, reschedule_meeting
from elephant.usecases.safety_net import safety_net
from elephant.usecases.schedule_meeting import Booking, schedule_meeting
from elephant.usecases.terminator import terminator
from tests.support.builders import (
    DATA_URL,
    MEETING_ID,
    POLICY,
    STUDENT,
    TEACHER,
    a_machine,
    a_meeting,
    a_serving_seat,
    at,
)
from tests.support.chain import Chain
from tests.support.memory_world import MemoryWorld, a_world_with


def booked() -> MemoryWorld:
    return a_world_with(a_meeting())


def launched() -> MemoryWorld:
    world = booked()
    world.launch(at(-10))
    world.machines.move(world.machine_of().id, MachineState.RUNNING)
    return world


def ready() -> MemoryWorld:
    """Both desktops work, and one seat had another machine before."""
    world = booked()
    world.both_ready(at(-10))
    world.machines.add(a_machine("m-before", state=MachineState.TERMINATED))
    return world


def waited_for() -> MemoryWorld:
    """Somebody asked a moment ago, and was noted."""
    world = launched()
    world.join(at(-9))
    return world


def occupied() -> MemoryWorld:
    """Somebody was at a desktop when the net last asked."""
    return a_world_with(a_meeting(a_serving_seat(seen_at=at(14)), a_serving_seat(STUDENT)))


def near_its_deadline() -> MemoryWorld:
    """Somebody is at a desktop, and the deadline is less than the net's step away."""
    seats = [a_serving_seat(seen_at=at(14)), a_serving_seat(STUDENT)]
    return a_world_with(a_meeting(*seats, deadline=at(18)))


def handed_in() -> MemoryWorld:
    seats = [a_serving_seat(role, session_data=DATA_URL) for role in (TEACHER, STUDENT)]
    world = a_world_with(a_meeting(*seats))
    for role in (TEACHER, STUDENT):
        world.machines.add(a_machine(f"{role}-1", role=role))
    return world


def over() -> MemoryWorld:
    world = ready()
    world.end(EndReason.CANCELLED, at(0))
    return world


def schedule(world: MemoryWorld, chain: Chain) -> None:
    booking = Booking(names={TEACHER: "Ann", STUDENT: "Ben"}, meet_time=at(0).isoformat())
    schedule_meeting(
        booking,
        meetings=world.meetings,
        alarms=world.alarms,
        call_url="",
        policy=POLICY,
        now=at(-60),
        overlap=chain.overlap,
    )


def reschedule(world: MemoryWorld, chain: Chain) -> None:
    reschedule_meeting(
        MEETING_ID,
        Move(meet_time=at(60).isoformat()),
        meetings=world.meetings,
        alarms=world.alarms,
        policy=POLICY,
        now=at(-60),
        overlap=chain.overlap,
    )


def launch(world: MemoryWorld, chain: Chain) -> None:
    machines = launch_desktops(
        MEETING_ID, meetings=world.meetings, machines=world.machines, policy=POLICY, now=at(-10), overlap=chain.overlap
    )
    assert len(machines) == 2


def hear_running(world: MemoryWorld, chain: Chain) -> None:
    [machine] = [each for each in world.machines.owned() if each.role == TEACHER]
    chain.length = 0
    machine_is_running(
        machine.id,
        meetings=world.meetings,
        machines=world.machines,
        addresses=world.addresses,
        now=at(-9),
        overlap=chain.overlap,
    )


def poll(world: MemoryWorld, _chain: Chain) -> None:
    world.join(at(-9), key=f"{MEETING_ID}/{TEACHER}/0")


def fall(world: MemoryWorld, chain: Chain) -> None:
    safety_net(
        MEETING_ID,
        meetings=world.meetings,
        machines=world.machines,
        alarms=world.alarms,
        policy=POLICY,
        now=at(15),
        overlap=chain.overlap,
    )


def cancel(world: MemoryWorld, chain: Chain) -> None:
    cancel_meeting(
        MEETING_ID,
        meetings=world.meetings,
        machines=world.machines,
        alarms=world.alarms,
        now=at(0),
        overlap=chain.overlap,
    )


def hear_of_data(world: MemoryWorld, chain: Chain) -> None:
    meeting = world.meeting()
    chain.length = 0
    terminator(
        meeting,
        meetings=world.meetings,
        machines=world.machines,
        alarms=world.alarms,
        policy=POLICY,
        now=at(20),
        overlap=chain.overlap,
    )


@pytest.mark.parametrize(
    ("begin", "act", "length"),
    [
        (MemoryWorld, schedule, 2),
        (booked, reschedule, 3),
        (booked, launch, 3),
        (launched, hear_running, 3),
        (ready, fall, 3),
        (over, fall, 3),
        # setting an alarm anew may take two calls, see docs/decisions/0018
        (occupied, fall, 2),
        (near_its_deadline, fall, 2),
        (waited_for, poll, 1),
        (ready, cancel, 3),
        (handed_in, hear_of_data, 2),
    ],
)
def test_the_longest_chain_of_calls(
    begin: Callable[[], MemoryWorld], act: Callable[[MemoryWorld, Chain], None], length: int
) -> None:
    world, chain = begin(), Chain()
    linked = MemoryWorld(
        meetings=chain.link(world.meetings),
        machines=chain.link(world.machines),
        addresses=chain.link(world.addresses),
        alarms=chain.link(world.alarms),
    )
    act(linked, chain)
    assert chain.length == length
