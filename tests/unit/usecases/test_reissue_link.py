import pytest

from elephant.domain.meeting import EndReason
from elephant.ports.errors import MeetingNotFound, MeetingOver, UnknownRole
from elephant.usecases.reissue_link import reissue_link
from tests.support.builders import MEETING_ID, STUDENT, TEACHER, a_meeting, at
from tests.support.frail_ports import interrupted
from tests.support.memory_world import a_world_with


def test_i5_a_new_key_for_one_seat_leaves_the_other_as_it_was() -> None:
    world = a_world_with(a_meeting())
    old = {role: world.keys.key(world.meeting(), role) for role in (TEACHER, STUDENT)}
    meeting = reissue_link(MEETING_ID, TEACHER, meetings=world.meetings, now=at(-30))
    assert not world.keys.opens(meeting, TEACHER, old[TEACHER])
    assert world.keys.opens(meeting, STUDENT, old[STUDENT])
    assert meeting.history[-1].what == "invitation link made anew"


def test_asked_twice_at_once_both_get_the_same_new_key() -> None:
    world = a_world_with(a_meeting())
    first = []
    meetings = interrupted(
        world.meetings,
        "update",
        lambda: first.append(reissue_link(MEETING_ID, TEACHER, meetings=world.meetings, now=at(-30))),
    )
    second = reissue_link(MEETING_ID, TEACHER, meetings=meetings, now=at(-30))
    assert world.keys.key(first[0], TEACHER) == world.keys.key(second, TEACHER)
    assert world.seat().key_issue == 1


def test_what_a_new_key_can_be_refused_for() -> None:
    world = a_world_with(a_meeting())
    with pytest.raises(MeetingNotFound):
        reissue_link("unknown", TEACHER, meetings=world.meetings, now=at(0))
    with pytest.raises(UnknownRole):
        reissue_link(MEETING_ID, "guest", meetings=world.meetings, now=at(0))
    world.end(EndReason.CANCELLED, at(0))
    with pytest.raises(MeetingOver):
        reissue_link(MEETING_ID, TEACHER, meetings=world.meetings, now=at(1))
