import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.domain.capacity import Limit, Outlook, window_of
from elephant.domain.hours import Allowance
from elephant.domain.meeting import Meeting, Role, SeatPhase, Status
from elephant.ports.alarms import AlarmKind
from elephant.ports.errors import HoursExceeded, InvalidField, MeetingNotFound, Permanent, Temporary
from elephant.usecases.schedule_meeting import Booking, schedule_meeting
from tests.support.builders import POLICY, STUDENT, TEACHER, a_meeting, at
from tests.support.frail_ports import Crash, Fuse, Mishap, broken, frail
from tests.support.memory_world import MemoryWorld

NOW = at(-60)
NAMES = {TEACHER: "Ann", STUDENT: "Ben"}


def book(world: MemoryWorld, *, call_url: str = "", **values: Any) -> Meeting:  # noqa: ANN401  any field
    """An ordinary booking, but for what is given."""
    booking = Booking(**{"names": NAMES, "meet_time": "2026-03-02T15:00:00+01:00", **values})
    return schedule_meeting(
        booking, meetings=world.meetings, alarms=world.alarms, call_url=call_url, policy=POLICY, now=NOW
    ).meeting


def alarms_of(world: MemoryWorld) -> dict[AlarmKind, float]:
    """When each alarm is due, in minutes after the ordinary meeting's start."""
    return {alarm.kind: (alarm.due_at - at(0)).total_seconds() / 60 for alarm in world.alarms.due(at(9999))}


def test_a_booking_is_stored_in_utc_with_both_its_alarms() -> None:
    world = MemoryWorld()
    meeting = book(world, duration_minutes=60, teacher_email=" ann@example.test ")
    assert world.meetings.get(meeting.id) == meeting
    assert meeting.meet_time == at(0)
    assert (meeting.deadline, meeting.safety_net_at, meeting.created_at) == (at(75), at(15), NOW)
    assert meeting.status is Status.SCHEDULED
    assert meeting.teacher_email == "ann@example.test"
    assert [(seat.role, seat.name, seat.phase) for seat in meeting.seats] == [
        (TEACHER, "Ann", SeatPhase.PENDING),
        (STUDENT, "Ben", SeatPhase.PENDING),
    ]
    assert [entry.what for entry in meeting.history] == ["booked"]
    assert alarms_of(world) == {AlarmKind.LAUNCH: -10, AlarmKind.SAFETY_NET: 15}


def test_a_booking_for_now_is_launched_at_once() -> None:
    world = MemoryWorld()
    book(world, meet_time="2026-03-02T13:00:00Z")
    assert alarms_of(world)[AlarmKind.LAUNCH] == -60


def test_a_booking_that_names_no_length_gets_the_longest_ordinary_one() -> None:
    assert book(MemoryWorld()).duration_minutes == 180


def test_ids_cannot_be_guessed_from_one_another_and_end_the_call_s_address() -> None:
    world = MemoryWorld()
    meetings = [book(world, call_url="https://call.example.test/") for _ in range(50)]
    assert len({meeting.id for meeting in meetings}) == 50
    for meeting in meetings:
        assert re.fullmatch("[a-z0-9]{16}", meeting.id)
        assert meeting.jitsi_url == f"https://call.example.test/{meeting.id}"
    assert book(world).jitsi_url == ""


@pytest.mark.parametrize(
    "name", ["Ann", "  Ann  ", "李小龍", "Zoë O'Brien-Łuć", "<b>Ann</b>", "👩‍🏫", "x" * 200, "\u2067A\u202en\u2069n"]
)
def test_names_of_any_language_are_taken(name: str) -> None:
    meeting = book(MemoryWorld(), names={TEACHER: name, STUDENT: "Ben"})
    assert meeting.seats[0].name == name.strip()


@pytest.mark.parametrize(
    ("names", "field", "problem"),
    [
        ({TEACHER: "", STUDENT: "Ben"}, "teacher_name", "must not be empty"),
        ({TEACHER: "Ann", STUDENT: " \t\n "}, "student_name", "must not be empty"),
        ({TEACHER: "x" * 201, STUDENT: "Ben"}, "teacher_name", "at most 200 characters, has 201"),
        ({TEACHER: "A\x00nn", STUDENT: "Ben"}, "teacher_name", "control characters"),
        ({TEACHER: "A\nnn", STUDENT: "Ben"}, "teacher_name", "control characters"),
        ({TEACHER: "A\u2028nn", STUDENT: "Ben"}, "teacher_name", "control characters"),
        ({TEACHER: "A\ud800nn", STUDENT: "Ben"}, "teacher_name", "control characters"),
        ({TEACHER: "A\u202enn", STUDENT: "Ben"}, "teacher_name", "direction"),
        ({TEACHER: "\u202cA\u202enn", STUDENT: "Ben"}, "teacher_name", "direction"),
        ({TEACHER: "Ann", STUDENT: "\u2067Ben\u202c"}, "student_name", "direction"),
        # what ends within an isolate ends nothing that began before it
        ({TEACHER: "Ann", STUDENT: "\u202eBen\u2066\u202c\u2069"}, "student_name", "direction"),
        ({TEACHER: "A\x1b[31mnn", STUDENT: "Ben"}, "teacher_name", "control characters"),
    ],
)
def test_a_bad_name_is_refused_by_the_name_of_its_field(names: Mapping[Role, str], field: str, problem: str) -> None:
    world = MemoryWorld()
    with pytest.raises(InvalidField, match=problem) as refused:
        book(world, names=names)
    assert refused.value.field == field
    assert world.meetings.open_meetings() == []
    assert alarms_of(world) == {}


@pytest.mark.parametrize(
    "email",
    [
        "ann",
        "@example.test",
        "ann@",
        "ann@example.test, ben@example.test",
        "ann@example.test,ben@example.test",
        "a@b@example.test",
        "ann@exam\nple.test",
        "x" * 250 + "@example.test",
    ],
)
def test_a_bad_e_mail_address_is_refused(email: str) -> None:
    with pytest.raises(InvalidField, match="one e-mail address") as refused:
        book(MemoryWorld(), teacher_email=email)
    assert refused.value.field == "teacher_email"


@pytest.mark.parametrize("email", [None, "", "   "])
def test_an_e_mail_address_may_be_left_out(email: str | None) -> None:
    assert book(MemoryWorld(), teacher_email=email).teacher_email is None


@given(st.one_of(st.floats(max_value=0), st.floats(min_value=240, exclude_min=True), st.just(float("nan"))))
def test_a_bad_duration_is_refused(duration_minutes: float) -> None:
    with pytest.raises(InvalidField) as refused:
        book(MemoryWorld(), duration_minutes=duration_minutes)
    assert refused.value.field == "duration_minutes"


@pytest.mark.parametrize(
    "meet_time", [None, 12, "2026-03-02", "2026-03-02T15:00:00", "soon", "2026-03-02T13:29:59+01:00"]
)
def test_a_bad_start_is_refused(meet_time: object) -> None:
    with pytest.raises(InvalidField) as refused:
        book(MemoryWorld(), meet_time=meet_time)
    assert refused.value.field == "meet_time"
    assert str(refused.value).startswith("meet_time ")


def test_an_alarm_that_cannot_be_set_does_not_undo_the_booking_and_the_sweep_starts_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = MemoryWorld()
    alarms = broken(world.alarms, "set", error=Temporary("throttled"))
    booking = Booking(names=NAMES, meet_time="2026-03-02T14:00:00Z")
    meeting, _ = schedule_meeting(booking, meetings=world.meetings, alarms=alarms, call_url="", policy=POLICY, now=NOW)
    assert world.meetings.get(meeting.id) == meeting
    assert caplog.text.count("the sweep will start it") == 2
    world.sweep(at(-10))
    assert len(world.live_machines()) == 2


def test_an_alarm_service_that_will_never_work_does_not_undo_the_booking_either(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = MemoryWorld()
    world.alarms = broken(world.alarms, "set", error=Permanent("forbidden"))
    meeting = book(world)
    assert world.meetings.get(meeting.id) == meeting
    assert [(each.levelname, "forbidden" in (each.exc_text or "")) for each in caplog.records] == [("ERROR", True)] * 2


def test_an_alarm_that_cannot_be_set_keeps_the_other_from_nothing() -> None:
    world = MemoryWorld()
    booking = Booking(names=NAMES, meet_time="2026-03-02T14:00:00Z")
    alarms = frail(world.alarms, Fuse(1, Mishap.REFUSED))
    schedule_meeting(booking, meetings=world.meetings, alarms=alarms, call_url="", policy=POLICY, now=NOW)
    assert alarms_of(world) == {AlarmKind.SAFETY_NET: 15}


@pytest.mark.parametrize(
    "names",
    [{}, {"": "Ann"}, {"Teacher": "Ann"}, {"2nd": "Ann"}, {"a-b": "Ann"}, {"a" * 17: "Ann"}, {"guest\n": "Ann"}],
)
def test_a_booking_for_nobody_or_for_what_is_no_role_is_refused(names: dict[str, str]) -> None:
    world = MemoryWorld()
    with pytest.raises(InvalidField) as refused:
        book(world, names=names)
    assert refused.value.field == "names"
    assert world.meetings.open_meetings() == []


def test_a_role_is_data() -> None:
    meeting = book(MemoryWorld(), names={"observer_2": "Ann", "a" * 16: "Ben"})
    assert meeting.roles == ("observer_2", "a" * 16)


def test_i8_a_store_that_fails_is_an_error_and_sets_no_alarm() -> None:
    world = MemoryWorld()
    meetings = broken(world.meetings, "create", error=Temporary("disk full"))
    booking = Booking(names=NAMES, meet_time="2026-03-02T14:00:00Z")
    with pytest.raises(Temporary, match="disk full"):
        schedule_meeting(booking, meetings=meetings, alarms=world.alarms, call_url="", policy=POLICY, now=NOW)
    assert alarms_of(world) == {}
    with pytest.raises(MeetingNotFound):
        world.meetings.get("anything")


def test_whoever_books_hears_what_the_meeting_may_lack() -> None:
    world = MemoryWorld()
    room = Limit(unit="seats", each=1, room=3, holder="there are", advice="wait")

    def look() -> Outlook:
        # the new one may be among them already, and counts once
        windows = {each.id: window_of(each, POLICY) for each in world.meetings.open_meetings()}
        return Outlook(windows={"other": window_of(a_meeting(), POLICY), **windows}, limits=[room])

    booking = Booking(names=NAMES, meet_time=at(0).isoformat())
    booked = schedule_meeting(
        booking, meetings=world.meetings, alarms=world.alarms, call_url="", policy=POLICY, now=NOW, look=look
    )
    assert booked.meeting == world.meetings.get(booked.meeting.id)
    assert booked.warnings == ("capacity at risk: 4 desktops would need 4 seats at 13:50 UTC and there are 3; wait",)


REQUEST = "0123456789abcdef"


def test_what_is_asked_twice_with_one_request_id_is_booked_once() -> None:
    world = MemoryWorld()
    first = book(world, request_id=REQUEST)
    world.alarms.drop(first.id)
    again = book(world, request_id=REQUEST)
    assert again == first
    assert world.meetings.open_meetings() == [first]
    # the alarms are the first one's, which may have been moved or have rung
    assert alarms_of(world) == {}
    assert re.fullmatch("[a-z0-9]{16}", first.id)


@pytest.mark.parametrize("mishap", [Mishap.ANSWER_LOST, Mishap.KILLED_AFTER])
def test_a_booking_whose_answer_was_lost_is_found_by_the_next_try(mishap: Mishap) -> None:
    world = MemoryWorld()
    booking = Booking(names=NAMES, meet_time="2026-03-02T14:00:00Z", request_id=REQUEST)
    fuse = Fuse(1, mishap)
    with pytest.raises((Temporary, Crash)):
        schedule_meeting(
            booking, meetings=frail(world.meetings, fuse), alarms=world.alarms, call_url="", policy=POLICY, now=NOW
        )
    (kept,) = world.meetings.open_meetings()
    assert book(world, meet_time="2026-03-02T14:00:00Z", request_id=REQUEST) == kept
    assert world.meetings.open_meetings() == [kept]


@pytest.mark.parametrize(
    "other",
    [
        {"request_id": "another-0123456789"},
        {"request_id": None},
        {"meet_time": "2026-03-02T15:15:00+01:00"},
        {"duration_minutes": 30},
        {"names": {TEACHER: "Ann", STUDENT: "Bo"}},
        {"teacher_email": "ann@example.test"},
        {"host": "eva"},
    ],
)
def test_whatever_differs_is_another_meeting(other: dict[str, Any]) -> None:
    world = MemoryWorld()
    asked: dict[str, Any] = {"request_id": REQUEST}
    assert book(world, **asked).id != book(world, **asked | other).id
    assert len(world.meetings.open_meetings()) == 2


def test_a_repetition_is_no_matter_of_hours() -> None:
    """Others may have booked meanwhile, and then there is no room left for what stands already."""
    world = MemoryWorld()
    used_up = HoursExceeded(Allowance(month="2026-03", minutes=60, used=60))
    booking = Booking(names=NAMES, meet_time="2026-03-02T15:00:00+01:00", request_id=REQUEST)
    refusing = broken(world.meetings, "create", error=used_up)

    def again() -> Meeting:
        return schedule_meeting(
            booking, meetings=refusing, alarms=world.alarms, call_url="", policy=POLICY, now=NOW
        ).meeting

    with pytest.raises(HoursExceeded):
        again()
    meeting = book(world, request_id=REQUEST)
    assert again() == meeting


@pytest.mark.parametrize("request_id", ["", "short", "x" * 65, "0123456789abcde ", "0123456789abcdé7"])
def test_a_request_id_that_others_might_take_too_is_refused(request_id: str) -> None:
    with pytest.raises(InvalidField) as refused:
        book(MemoryWorld(), request_id=request_id)
    assert refused.value.field == "request_id"
