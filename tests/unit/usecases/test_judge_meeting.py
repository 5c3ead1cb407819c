"""Between a rule's look at a meeting and the mark of its end there is time for somebody to come (I6)."""

from collections.abc import Callable
from datetime import datetime

import pytest

from elephant.domain.endings import End, Extend, Keep, terminator_verdict
from elephant.domain.meeting import EndReason, Meeting
from elephant.ports.errors import MeetingNotFound, Temporary
from elephant.ports.meetings import Meetings
from elephant.usecases.extend_meeting import extend_meeting
from elephant.usecases.join_meeting import Ready
from elephant.usecases.judge_meeting import judge_meeting
from elephant.usecases.record_session_data import record_session_data
from elephant.usecases.safety_net import safety_net
from elephant.usecases.sweep import World, sweep
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
from tests.support.frail_ports import interrupted
from tests.support.memory_world import MemoryWorld, a_world_with

Happening = Callable[[MemoryWorld], object]
Rule = Callable[[MemoryWorld, Meetings, datetime], object]


def fall(world: MemoryWorld, meetings: Meetings, now: datetime) -> End | Extend | Keep:
    return safety_net(
        MEETING_ID, meetings=meetings, machines=world.machines, alarms=world.alarms, policy=POLICY, now=now
    )


def sweep_once(world: MemoryWorld, meetings: Meetings, now: datetime) -> object:
    ports = World(meetings=meetings, machines=world.machines, addresses=world.addresses, alarms=world.alarms)
    return sweep(ports, policy=POLICY, now=now)


def hear(world: MemoryWorld, meetings: Meetings, now: datetime, old: Meeting | None = None) -> End | Keep:
    meeting = old or world.meeting()
    return terminator(meeting, meetings=meetings, machines=world.machines, alarms=world.alarms, policy=POLICY, now=now)


def arrives(world: MemoryWorld) -> None:
    """Somebody is connected to the teacher's desktop, which says so."""
    world.report(a_machine(), at(16), connected=1)


def is_let_in(world: MemoryWorld) -> None:
    assert isinstance(world.join(at(16)), Ready)


def waits(world: MemoryWorld) -> None:
    assert not isinstance(world.join(at(16), STUDENT), Ready)


def hands_in(world: MemoryWorld) -> None:
    record_session_data(MEETING_ID, TEACHER, DATA_URL, meetings=world.meetings, now=at(16))


def one_ready_world() -> MemoryWorld:
    """The teacher's desktop is ready, the student's never came up, and nobody is there."""
    world = a_world_with(a_meeting(a_serving_seat(), a_serving_seat(STUDENT, link=None)))
    for role in (TEACHER, STUDENT):
        world.machines.add(a_machine(f"{role}-1", role=role))
    return world


@pytest.mark.parametrize("rule", [fall, sweep_once])
@pytest.mark.parametrize("happens", [arrives, is_let_in, waits])
def test_i6_somebody_who_shows_up_between_the_look_and_the_mark_is_not_ended(rule: Rule, happens: Happening) -> None:
    world = one_ready_world()
    # Addresses in order, so that the sweep's first write is the mark.
    for machine in world.machines.owned():
        world.addresses.publish(machine)
    rule(world, interrupted(world.meetings, "update", lambda: happens(world)), at(16))
    assert not world.meeting().is_over
    assert world.machines.get("teacher-1").state.is_live


def test_i6_somebody_who_comes_back_between_the_stream_and_the_mark_is_not_ended() -> None:
    """The terminator has no look of its own: what it stands on is the picture that the stream brings."""
    seats = [a_serving_seat(role, session_data=DATA_URL, seen_at=at(5)) for role in (TEACHER, STUDENT)]
    world = a_world_with(a_meeting(*seats))
    world.machines.add(a_machine())
    picture = world.meeting()
    arrives(world)
    assert isinstance(hear(world, world.meetings, at(16), picture), Keep)
    assert not world.meeting().is_over


def test_what_was_handed_in_meanwhile_changes_the_reason() -> None:
    seats = [a_serving_seat(TEACHER), a_serving_seat(STUDENT, session_data=DATA_URL)]
    world = a_world_with(a_meeting(*seats))
    fall(world, interrupted(world.meetings, "update", lambda: hands_in(world)), at(16))
    assert world.meeting().termination_reason is EndReason.EARLY_SUCCESS


def test_a_sign_of_life_that_is_too_old_by_now_only_costs_another_look() -> None:
    world = one_ready_world()
    old = interrupted(world.meetings, "update", lambda: world.report(a_machine(), at(1), connected=1))
    assert isinstance(fall(world, old, at(16)), End)
    assert world.meeting().termination_reason is EndReason.NO_SHOW_TIMEOUT


def test_a_health_report_without_anybody_there_is_no_reason_to_look_again() -> None:
    world = one_ready_world()
    looks: list[Meeting] = []

    def rule(meeting: Meeting) -> End:
        looks.append(meeting)
        return End(EndReason.NO_SHOW_TIMEOUT, "nobody came")

    meetings = interrupted(world.meetings, "update", lambda: world.report(a_machine("student-1", role=STUDENT), at(16)))
    judge_meeting(world.meeting(), rule, meetings=meetings, machines=world.machines, alarms=world.alarms, now=at(16))
    assert len(looks) == 1
    assert world.meeting().is_over


def test_a_deadline_that_a_host_moved_meanwhile_counts() -> None:
    world = one_ready_world()
    extend = interrupted(
        world.meetings,
        "update",
        lambda: extend_meeting(MEETING_ID, 15, meetings=world.meetings, policy=POLICY, now=at(75)),
    )
    fall(world, extend, at(75))
    assert world.meeting().deadline == at(90)
    # The net's own rule, which had to stand back behind the deadline's, ends it: nobody came.
    assert world.meeting().termination_reason is EndReason.NO_SHOW_TIMEOUT


def test_the_deadline_does_not_wait_for_signs_of_life() -> None:
    """A person who shows up in that very moment comes too late, as anybody does a moment later."""
    world = one_ready_world()
    fall(world, interrupted(world.meetings, "update", lambda: world.report(a_machine(), at(75), connected=1)), at(75))
    assert world.meeting().termination_reason is EndReason.OVERTIME


def test_a_host_who_cancels_is_not_held_back() -> None:
    world = one_ready_world()
    world.meetings = interrupted(world.meetings, "update", lambda: world.report(a_machine(), at(0), connected=1))
    world.end(EndReason.CANCELLED, at(0))
    assert world.meeting().is_over


def test_a_meeting_that_never_holds_still_is_left_to_the_next_try() -> None:
    world = one_ready_world()
    picture = world.meeting()
    seconds = 0.0

    def rule(_: Meeting) -> End:
        nonlocal seconds
        seconds += 31
        world.report(a_machine(), at(14 + seconds / 60), connected=1)
        return End(EndReason.NO_SHOW_TIMEOUT, "whatever happens")

    with pytest.raises(Temporary, match="keeps changing"):
        judge_meeting(picture, rule, meetings=world.meetings, machines=world.machines, alarms=world.alarms, now=at(16))
    assert not world.meeting().is_over
    assert seconds == 3 * 31


def test_i4_one_that_ended_meanwhile_is_finished_off() -> None:
    world = one_ready_world()
    picture = world.meeting()
    world.end(EndReason.CANCELLED, at(15))
    world.machines.add(a_machine("m-late"))
    judge_meeting(
        picture,
        lambda _: End(EndReason.NO_SHOW_TIMEOUT, "nobody came"),
        meetings=world.meetings,
        machines=world.machines,
        alarms=world.alarms,
        now=at(16),
    )
    assert world.meeting().termination_reason is EndReason.CANCELLED
    assert world.live_machines() == []


def test_i8_a_meeting_that_is_not_there_is_an_error() -> None:
    world = a_world_with()
    with pytest.raises(MeetingNotFound):
        judge_meeting(
            a_meeting(a_serving_seat(TEACHER, session_data=DATA_URL)),
            lambda seen: terminator_verdict(seen, at(20), POLICY),
            meetings=world.meetings,
            machines=world.machines,
            alarms=world.alarms,
            now=at(20),
        )
