from datetime import datetime

import pytest

from elephant.domain.endings import End, Keep
from elephant.domain.meeting import EndReason, Meeting
from elephant.usecases.terminator import terminator
from tests.support.builders import DATA_URL, POLICY, STUDENT, a_machine, a_meeting, a_serving_seat, at
from tests.support.memory_world import MemoryWorld, a_world_with


def hear(world: MemoryWorld, meeting: Meeting, now_minutes: float) -> End | Keep:
    """The stream tells of a meeting as it was just written."""
    return terminator(
        meeting,
        meetings=world.meetings,
        machines=world.machines,
        alarms=world.alarms,
        policy=POLICY,
        now=at(now_minutes),
    )


def both_handed_in(*, seen_at: datetime | None = None) -> Meeting:
    """A meeting whose seats have both handed in their data."""
    return a_meeting(
        a_serving_seat(session_data=DATA_URL, seen_at=seen_at), a_serving_seat(STUDENT, session_data=DATA_URL)
    )


def test_both_sides_data_after_a_quarter_of_an_hour_is_a_success() -> None:
    world = a_world_with(both_handed_in())
    world.machines.add(a_machine())
    assert isinstance(hear(world, world.meeting(), 15), End)
    assert world.meeting().termination_reason is EndReason.SUCCESS
    assert world.live_machines() == []


@pytest.mark.parametrize(
    ("meeting", "now_minutes"),
    [
        (both_handed_in(), 14.9),
        (both_handed_in(seen_at=at(29)), 30),
        (a_meeting(a_serving_seat(session_data=DATA_URL), a_serving_seat(STUDENT)), 30),
    ],
)
def test_too_early_or_with_somebody_there_or_with_one_sides_data_it_goes_on(
    meeting: Meeting, now_minutes: float
) -> None:
    world = a_world_with(meeting)
    assert isinstance(hear(world, world.meeting(), now_minutes), Keep)
    assert not world.meeting().is_over


def test_i4_an_old_picture_of_a_meeting_that_is_over_changes_nothing() -> None:
    world = a_world_with(both_handed_in())
    old = world.meeting()
    world.end(EndReason.CANCELLED, at(20))
    hear(world, old, 30)
    assert world.meeting().termination_reason is EndReason.CANCELLED
