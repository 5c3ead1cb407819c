import pytest

from elephant.domain.meeting import EndReason
from elephant.ports.errors import MeetingNotFound, MeetingOver
from elephant.usecases.cancel_meeting import cancel_meeting
from tests.support.builders import MEETING_ID, a_meeting, at
from tests.support.frail_ports import interrupted
from tests.support.memory_world import a_world_with


def test_a_host_cancels_a_meeting_once() -> None:
    world = a_world_with(a_meeting())
    world.both_ready(at(-10))
    meeting = cancel_meeting(
        MEETING_ID, meetings=world.meetings, machines=world.machines, alarms=world.alarms, now=at(-5)
    )
    assert meeting.termination_reason is EndReason.CANCELLED
    assert world.live_machines() == []
    with pytest.raises(MeetingOver):
        cancel_meeting(MEETING_ID, meetings=world.meetings, machines=world.machines, alarms=world.alarms, now=at(-4))
    with pytest.raises(MeetingNotFound):
        cancel_meeting("unknown", meetings=world.meetings, machines=world.machines, alarms=world.alarms, now=at(-4))


def test_i4_an_end_while_cancelling_keeps_its_reason() -> None:
    world = a_world_with(a_meeting())
    meetings = interrupted(world.meetings, "update", lambda: world.end(EndReason.OVERTIME, at(75)))
    meeting = cancel_meeting(MEETING_ID, meetings=meetings, machines=world.machines, alarms=world.alarms, now=at(75))
    assert meeting.termination_reason is EndReason.OVERTIME
