from datetime import timedelta

import pytest

from elephant.domain.meeting import EndReason, SeatPhase
from elephant.ports.meetings import Meetings
from elephant.usecases.carry_presence_over import carry_presence_over
from tests.support.builders import POLICY, STUDENT, a_meeting, a_seat, a_serving_seat, at
from tests.support.frail_ports import interrupted
from tests.support.memory_world import MemoryWorld, a_world_with

LAST_ALIVE_AT, BACK_AT = at(10), at(40)


def carry_over(world: MemoryWorld, meetings: Meetings | None = None) -> int:
    """The server is back after half an hour."""
    return carry_presence_over(
        meetings=meetings or world.meetings, last_alive_at=LAST_ALIVE_AT, policy=POLICY, now=BACK_AT
    )


def test_i6_whoever_was_there_when_the_server_went_is_there_when_it_comes_back() -> None:
    world = a_world_with(a_meeting(a_serving_seat(seen_at=LAST_ALIVE_AT - POLICY.presence), a_serving_seat(STUDENT)))
    assert carry_over(world) == 1
    assert (world.seat().seen_at, world.seat(STUDENT).seen_at) == (BACK_AT, None)
    world.sweep(BACK_AT)
    assert not world.meeting().is_over


def test_i6_whoever_was_kept_waiting_then_is_so_now() -> None:
    world = a_world_with(a_meeting(a_serving_seat(phase=SeatPhase.LAUNCHED, waiting_at=at(9)), a_seat(STUDENT)))
    assert carry_over(world) == 1
    assert world.seat().waiting_at == BACK_AT


def test_whoever_had_left_before_is_not_brought_back() -> None:
    left_at = LAST_ALIVE_AT - POLICY.presence - timedelta(seconds=1)
    world = a_world_with(a_meeting(a_serving_seat(seen_at=left_at), a_seat(STUDENT, waiting_at=left_at)))
    before = world.meeting().seats
    assert carry_over(world) == 0
    assert world.meeting().seats == before


def test_a_damaged_meeting_keeps_nobody_of_the_others_from_being_there(caplog: pytest.LogCaptureFixture) -> None:
    world = a_world_with(a_meeting(a_serving_seat(seen_at=LAST_ALIVE_AT), a_seat(STUDENT)), a_meeting(id="damaged0"))
    world.meetings._items["damaged0"]["deadline"] = "soon"
    assert carry_over(world) == 1
    assert "damaged0" in caplog.text


def test_i4_an_end_meanwhile_is_respected() -> None:
    world = a_world_with(a_meeting(a_serving_seat(seen_at=LAST_ALIVE_AT), a_seat(STUDENT)))
    meetings = interrupted(world.meetings, "update", lambda: world.end(EndReason.CANCELLED, BACK_AT))
    assert carry_over(world, meetings) == 0
    assert world.seat().seen_at == LAST_ALIVE_AT


def test_nobody_is_a_no_show_because_our_doors_were_shut() -> None:
    world = a_world_with(a_meeting(a_serving_seat(), a_serving_seat(STUDENT)))
    assert LAST_ALIVE_AT < world.meeting().safety_net_at < BACK_AT
    carry_over(world)
    world.sweep(BACK_AT)
    assert not world.meeting().is_over
    assert world.meeting().safety_net_at == BACK_AT + POLICY.presence
    world.sweep(BACK_AT + POLICY.presence)
    assert world.meeting().termination_reason is EndReason.NO_SHOW_TIMEOUT


def test_a_net_that_had_fallen_before_the_break_is_not_put_off() -> None:
    fell_at = LAST_ALIVE_AT - timedelta(seconds=1)
    world = a_world_with(a_meeting(a_serving_seat(), a_serving_seat(STUDENT), safety_net_at=fell_at))
    carry_over(world)
    assert world.meeting().safety_net_at == fell_at


def test_a_net_is_never_put_off_past_the_deadline() -> None:
    deadline = BACK_AT + POLICY.presence / 2
    world = a_world_with(a_meeting(a_serving_seat(), a_serving_seat(STUDENT), deadline=deadline))
    carry_over(world)
    assert world.meeting().safety_net_at == deadline
