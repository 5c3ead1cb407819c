import pytest

from elephant.adapters.memory.meetings import MemoryMeetings
from elephant.domain import changes
from elephant.domain.capacity import Limit, Outlook, Window
from elephant.domain.change import Change
from elephant.domain.meeting import EndReason, Meeting
from elephant.ports.errors import InvalidField, MeetingNotFound, MeetingOver, Temporary
from elephant.ports.meetings import Meetings
from elephant.usecases.extend_meeting import extend_meeting
from tests.support.builders import MEETING_ID, POLICY, a_meeting, at, minutes
from tests.support.frail_ports import interrupted
from tests.support.memory_world import a_world_with


def extend(meetings: Meetings, count: float, meeting_id: str = MEETING_ID) -> Meeting:
    """A host asks for more time during the meeting."""
    return extend_meeting(meeting_id, count, meetings=meetings, policy=POLICY, now=at(30)).meeting


def test_the_deadline_moves_on_by_what_was_asked_and_the_history_says_so() -> None:
    world = a_world_with(a_meeting())
    assert extend(world.meetings, 30).deadline == at(105)
    assert world.meeting().deadline == at(105)
    assert world.meeting().history[-1].why == "a host asked"


def test_whoever_extends_hears_what_may_be_lacking_in_the_time_that_they_get() -> None:
    quota = Limit(unit="seats", each=1, room=3, holder="there are", advice="wait")

    def warnings(begins: float, now: float) -> tuple[str, ...]:
        world = a_world_with(a_meeting())
        outlook = Outlook(windows={"other": Window(begins=at(begins), ends=at(240), desktops=2)}, limits=[quota])
        booked = extend_meeting(
            MEETING_ID, 15, meetings=world.meetings, policy=POLICY, now=at(now), look=lambda: outlook
        )
        assert booked.meeting == world.meeting()
        return booked.warnings

    assert warnings(90, 30) == ()
    assert warnings(89, 30) == ("capacity at risk: 4 desktops would need 4 seats at 15:29 UTC and there are 3; wait",)
    assert warnings(0, 30) == ("capacity at risk: 4 desktops would need 4 seats at 15:15 UTC and there are 3; wait",)
    # where its time had passed, the time that it got begins now
    assert warnings(0, 80) == ("capacity at risk: 4 desktops would need 4 seats at 15:20 UTC and there are 3; wait",)


def test_up_to_the_cap_and_not_a_minute_further() -> None:
    world = a_world_with(a_meeting())
    with pytest.raises(InvalidField, match="at most 165") as refused:
        extend(world.meetings, 165.5)
    assert refused.value.field == "minutes"
    assert extend(world.meetings, 165).deadline == at(240)
    with pytest.raises(InvalidField, match="cannot be added: the meeting lasts as long as one may"):
        extend(world.meetings, 1)


def test_a_deadline_that_has_passed_moves_on_from_now_and_within_the_cap() -> None:
    """Its end is on its way, at most a sweep later; whoever was faster is not put off into the past."""
    world = a_world_with(a_meeting())

    def extend_late(count: float) -> Meeting:
        return extend_meeting(MEETING_ID, count, meetings=world.meetings, policy=POLICY, now=at(80)).meeting

    with pytest.raises(InvalidField, match="at most 160"):
        extend_late(161)
    assert extend_late(2).deadline == at(82)
    assert extend_late(158).deadline == at(240)


@pytest.mark.parametrize("count", [0, -5, float("nan"), float("inf"), float("-inf")])
def test_only_more_time_is_more_time(count: float) -> None:
    world = a_world_with(a_meeting())
    with pytest.raises(InvalidField):
        extend(world.meetings, count)
    assert world.meeting().deadline == at(75)


def test_what_is_over_or_missing_is_not_extended() -> None:
    world = a_world_with(a_meeting())
    with pytest.raises(MeetingNotFound):
        extend(world.meetings, 5, "unknown")
    meetings = interrupted(world.meetings, "update", lambda: world.end(EndReason.CANCELLED, at(30)))
    with pytest.raises(MeetingOver):
        extend(meetings, 5)
    with pytest.raises(MeetingOver):
        extend(world.meetings, 5)
    assert world.meeting().deadline == at(75)


def test_two_who_extend_at_once_both_get_their_minutes() -> None:
    world = a_world_with(a_meeting())
    meetings = interrupted(world.meetings, "update", lambda: extend(world.meetings, 10))
    assert extend(meetings, 20).deadline == at(105)


class Busy(MemoryMeetings):
    """A store in which somebody else always moves the deadline first."""

    def update(self, meeting_id: str, change: Change) -> Meeting:
        """See Meetings.update."""
        meeting = self.get(meeting_id)
        super().update(meeting_id, changes.deadline_moved(meeting, meeting.deadline + minutes(1), "first", at(30)))
        return super().update(meeting_id, change)


def test_a_deadline_that_never_stands_still_is_said_to_be_busy() -> None:
    meetings = Busy()
    meetings.create(a_meeting())
    with pytest.raises(Temporary):
        extend(meetings, 5)
    assert meetings.get(MEETING_ID).deadline == at(78)
