import pytest

from elephant.domain.capacity import Limit, Outlook, Window, window_of
from elephant.domain.meeting import EndReason, Meeting
from elephant.ports.alarms import AlarmKind, Alarms
from elephant.ports.errors import InvalidField, MeetingNotFound, MeetingOver, Temporary, TooLate
from elephant.ports.meetings import Meetings
from elephant.usecases.reschedule_meeting import Move, reschedule_meeting
from tests.support.builders import MEETING_ID, POLICY, STUDENT, a_meeting, a_seat, a_serving_seat, at
from tests.support.frail_ports import broken, interrupted
from tests.support.memory_world import MemoryWorld, a_world_with

LATER = "2026-03-02T15:00:00Z"


def reschedule(
    world: MemoryWorld,
    meet_time: object | None = LATER,
    duration_minutes: float | None = None,
    now_minutes: float = -30,
    *,
    meeting_id: str = MEETING_ID,
    meetings: Meetings | None = None,
    alarms: Alarms | None = None,
) -> Meeting:
    """A host moves the meeting half an hour before its time."""
    return reschedule_meeting(
        meeting_id,
        Move(meet_time=meet_time, duration_minutes=duration_minutes),
        meetings=meetings or world.meetings,
        alarms=alarms or world.alarms,
        policy=POLICY,
        now=at(now_minutes),
    ).meeting


def test_another_time_moves_everything_that_hangs_on_it() -> None:
    world = a_world_with(a_meeting())
    meeting = reschedule(world)
    assert meeting == world.meeting()
    assert (meeting.meet_time, meeting.deadline, meeting.safety_net_at) == (at(60), at(135), at(75))
    assert meeting.duration_minutes == 60
    assert {alarm.kind: alarm.due_at for alarm in world.alarms.due(at(999))} == {
        AlarmKind.LAUNCH: at(50),
        AlarmKind.SAFETY_NET: at(75),
    }
    assert meeting.history[-1].what == "moved to 2026-03-02 15:00 UTC, 60 min"


def test_whoever_moves_it_hears_what_it_may_lack_at_its_new_time_alone() -> None:
    world = a_world_with(a_meeting())
    quota = Limit(unit="seats", each=1, room=3, holder="there are", advice="wait")

    def warnings(begins: float) -> tuple[str, ...]:
        # as it was before the move, which is how it may have been read
        windows = {
            MEETING_ID: window_of(a_meeting(), POLICY),
            "other": Window(begins=at(begins), ends=at(50), desktops=2),
        }
        booked = reschedule_meeting(
            MEETING_ID,
            Move(meet_time=LATER, duration_minutes=61 + begins),
            meetings=world.meetings,
            alarms=world.alarms,
            policy=POLICY,
            now=at(-30),
            look=lambda: Outlook(windows=windows | ({} if begins else later), limits=[quota]),
        )
        assert booked.meeting == world.meeting()
        return booked.warnings

    later = {"later": Window(begins=at(60), ends=at(61), desktops=2)}
    assert warnings(1) == ()
    assert warnings(0) == ("capacity at risk: 4 desktops would need 4 seats at 15:00 UTC and there are 3; wait",)


def test_another_length_alone_moves_the_deadline_alone() -> None:
    meeting = reschedule(a_world_with(a_meeting()), None, 90)
    assert (meeting.meet_time, meeting.duration_minutes, meeting.deadline) == (at(0), 90, at(105))


@pytest.mark.parametrize(
    ("meet_time", "duration_minutes", "field"),
    [
        (None, None, "meet_time"),
        ("soon", None, "meet_time"),
        ("2026-03-02T12:59:00Z", None, "meet_time"),
        (None, 0, "duration_minutes"),
        (LATER, 241, "duration_minutes"),
    ],
)
def test_bad_input_names_its_field(meet_time: object, duration_minutes: float | None, field: str) -> None:
    world = a_world_with(a_meeting())
    with pytest.raises(InvalidField) as refused:
        reschedule(world, meet_time, duration_minutes)
    assert refused.value.field == field
    assert world.meeting() == a_meeting()


def test_once_the_launch_is_due_it_is_too_late() -> None:
    world = a_world_with(a_meeting())
    with pytest.raises(TooLate):
        reschedule(world, now_minutes=-10)
    reschedule(world, now_minutes=-10.01)


def test_once_a_seat_has_had_a_machine_it_is_too_late() -> None:
    with pytest.raises(TooLate):
        reschedule(a_world_with(a_meeting(a_seat(), a_serving_seat(STUDENT))))


def test_a_launch_while_rescheduling_wins() -> None:
    world = a_world_with(a_meeting())
    meetings = interrupted(world.meetings, "update", lambda: world.launch(at(-10)))
    with pytest.raises(TooLate):
        reschedule(world, now_minutes=-10.01, meetings=meetings)
    assert world.meeting().meet_time == at(0)
    assert world.alarms.due(at(999)) == []


def test_what_is_over_or_missing_is_not_moved() -> None:
    world = a_world_with(a_meeting())
    with pytest.raises(MeetingNotFound):
        reschedule(world, meeting_id="unknown")
    meetings = interrupted(world.meetings, "update", lambda: world.end(EndReason.CANCELLED, at(-30)))
    with pytest.raises(MeetingOver):
        reschedule(world, meetings=meetings)
    with pytest.raises(MeetingOver):
        reschedule(world)


def test_i1_an_old_alarm_that_could_not_be_replaced_launches_nothing_too_early() -> None:
    world = a_world_with(a_meeting())
    reschedule(world, alarms=broken(world.alarms, "set", error=Temporary("throttled")))
    assert world.launch(at(-10)) == []
    assert world.sweep(at(-10)).plan.actions == ()
    world.sweep(at(50))
    assert len(world.live_machines()) == 2


def test_i1_a_machine_started_across_a_rescheduling_does_not_wait_for_the_new_day() -> None:
    """Its launch began before the meeting moved and was written down after it."""
    world = a_world_with(a_meeting())
    store = world.meetings
    world.meetings = interrupted(
        store, "update", lambda: reschedule(world, "2026-03-03T14:00:00Z", now_minutes=-10.01, meetings=store)
    )
    world.launch(at(-10))
    world.meetings = store
    assert len(world.live_machines()) == 2
    world.sweep(at(-9))
    assert world.live_machines() == []
    assert world.sweep(at(-8)).plan.actions == ()
