"""What every store of meetings promises (ports/meetings.py)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from elephant.domain.change import HISTORY_LENGTH, Absent, Change, Condition, Equals, OneOf, joined
from elephant.domain.changes import meeting_over, seat_launched
from elephant.domain.meeting import DEFAULT_ROLES, EndReason, HistoryEntry, Meeting, Role, Seat, SeatPhase, Status
from elephant.domain.meeting_item import attribute
from elephant.ports.errors import (
    ConditionFailed,
    InvalidField,
    MeetingDamaged,
    MeetingExists,
    MeetingNotFound,
    MeetingsDamaged,
)
from elephant.ports.meetings import Meetings, Place
from tests.contract.examples import NOW, a_change, a_meeting, a_meeting_over

ROLE = DEFAULT_ROLES[0]
MACHINE = attribute(ROLE, "ec2_id")
PHASE = attribute(ROLE, "phase")
PROBLEM = attribute(ROLE, "problem")
LAUNCHES = attribute(ROLE, "launches")
THREADS = 8
STEPS = 5


def at_once(work: Callable[[int], object]) -> list[object]:
    """What `work(number)` returned or raised in each of eight threads that start together."""
    start = threading.Barrier(THREADS)

    def one(number: int) -> object:
        start.wait()
        try:
            return work(number)
        except (ConditionFailed, MeetingExists) as error:
            return error

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(one, range(THREADS)))


def test_what_is_created_can_be_read(meetings: Meetings) -> None:
    meeting = a_meeting(teacher_email="ada@example.org")
    meetings.create(meeting)
    assert meetings.get(meeting.id) == meeting


def test_every_field_is_kept(meetings: Meetings) -> None:
    seat = Seat(
        role=Role("observer_2"),
        name="Ada",
        phase=SeatPhase.IN_PROGRESS,
        machine_id="d-0123456789abcdef0",
        link="https://example.org/desktop",
        session_data="https://example.org/manifest.json",
        joined_at=NOW,
        seen_at=NOW + timedelta(microseconds=1),
        waiting_at=NOW - timedelta(days=1),
        launches=3,
        key_issue=2,
        problem="The desktop could not be started.",
    )
    entry = HistoryEntry(at=NOW, what="joined", why="the link was followed", role=seat.role)
    meeting = replace(a_meeting_over("full"), seats=(seat,), duration_minutes=12.5, host="ana", history=(entry,))
    meetings.create(meeting)
    assert meetings.get("full") == meeting


def test_a_time_in_another_zone_is_the_same_moment(meetings: Meetings) -> None:
    meet_time = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    meetings.create(a_meeting(meet_time=meet_time))
    found = meetings.get("abcdefgh12345678").meet_time
    assert found == NOW
    assert found.tzinfo is UTC


def test_an_id_is_given_only_once(meetings: Meetings) -> None:
    first = a_meeting()
    meetings.create(first)
    with pytest.raises(MeetingExists):
        meetings.create(replace(first, duration_minutes=5.0))
    assert meetings.get(first.id) == first


def test_creating_at_once_lets_one_through(meetings: Meetings) -> None:
    def create(number: int) -> int:
        meetings.create(a_meeting(duration_minutes=float(number + 1)))
        return number

    outcomes = at_once(create)
    (winner,) = [outcome for outcome in outcomes if isinstance(outcome, int)]
    assert sum(isinstance(outcome, MeetingExists) for outcome in outcomes) == THREADS - 1
    assert meetings.get("abcdefgh12345678").duration_minutes == winner + 1


@pytest.mark.parametrize(
    "meeting_id", ["nosuchmeeting", "", "ABCDEFGH12345678", "abc' OR '1'='1", "ü\0", "%", "x" * 9999]
)
def test_a_meeting_that_is_not_there_is_not_found(meetings: Meetings, meeting_id: str) -> None:
    meetings.create(a_meeting())
    with pytest.raises(MeetingNotFound):
        meetings.get(meeting_id)
    with pytest.raises(MeetingNotFound):
        meetings.update(meeting_id, a_change(jitsi_url="https://example.org"))


def test_an_update_returns_and_keeps_the_meeting_after_it(meetings: Meetings) -> None:
    meetings.create(a_meeting())
    returned = meetings.update("abcdefgh12345678", a_change(jitsi_url="https://example.org/other"))
    assert returned == a_meeting(jitsi_url="https://example.org/other")
    assert meetings.get("abcdefgh12345678") == returned


def test_status_follows_the_seats(meetings: Meetings) -> None:
    meetings.create(a_meeting())
    phases = {attribute(role, "phase"): SeatPhase.HEALTHY.value for role in DEFAULT_ROLES}
    assert meetings.update("abcdefgh12345678", a_change(**phases, status="NONSENSE")).status is Status.HEALTHY
    # The written word counts too: it is what a condition of an image in the field sees.
    meetings.update("abcdefgh12345678", a_change(Equals("status", "HEALTHY"), jitsi_url="seen"))


@pytest.mark.parametrize(
    "condition",
    [
        Absent(MACHINE),
        Equals(MACHINE, None),
        Equals(LAUNCHES, 2),
        Equals(LAUNCHES, 2.0),
        Equals("duration_minutes", 60),
        Equals("duration_minutes", 60.0),
        Equals(PHASE, "LAUNCHED"),
        OneOf(PHASE, ("PENDING", "LAUNCHED")),
        OneOf(MACHINE, ("m-1",)),
        OneOf(MACHINE, ()),
    ],
    ids=repr,
)
def test_a_requirement_that_holds(meetings: Meetings, condition: Condition) -> None:
    meetings.create(a_meeting())
    meetings.update("abcdefgh12345678", a_change(**{LAUNCHES: 2, PHASE: "LAUNCHED"}))
    assert meetings.update("abcdefgh12345678", a_change(condition, jitsi_url="changed")).jitsi_url == "changed"


@pytest.mark.parametrize(
    "condition",
    [
        Absent(PHASE),
        Absent("jitsi_url"),
        Equals(PHASE, None),
        Equals(LAUNCHES, 1),
        Equals(LAUNCHES, "2"),
        Equals(LAUNCHES, None),
        Equals("duration_minutes", 60.5),
        Equals(PHASE, "launched"),
        Equals(MACHINE, "m-1"),
        OneOf(PHASE, ("PENDING", "HEALTHY")),
        OneOf(PHASE, ()),
    ],
    ids=repr,
)
def test_a_requirement_that_fails_changes_nothing(meetings: Meetings, condition: Condition) -> None:
    meetings.create(a_meeting())
    before = meetings.update("abcdefgh12345678", a_change(**{LAUNCHES: 2, PHASE: "LAUNCHED"}))
    entry = HistoryEntry(at=NOW, what="never", why="happened")
    change = Change(assign={"jitsi_url": "changed", LAUNCHES: 9}, require=(condition,), entries=(entry,))
    with pytest.raises(ConditionFailed) as failed:
        meetings.update("abcdefgh12345678", change)
    assert failed.value.current == before
    assert meetings.get("abcdefgh12345678") == before


def test_one_failing_requirement_among_many_is_enough(meetings: Meetings) -> None:
    meetings.create(a_meeting())
    holds, fails = Absent("ended_at"), Equals(LAUNCHES, 7)
    orders: list[tuple[Condition, ...]] = [(holds, fails), (fails, holds), (holds, fails, holds)]
    for require in orders:
        with pytest.raises(ConditionFailed):
            meetings.update("abcdefgh12345678", a_change(*require, jitsi_url="changed"))
    assert meetings.get("abcdefgh12345678") == a_meeting()


def test_changes_joined_are_made_together_or_not_at_all(meetings: Meetings) -> None:
    meeting = a_meeting()
    meetings.create(meeting)
    both = joined([seat_launched(seat, f"m-{seat.role}", "due", NOW) for seat in meeting.seats])
    after = meetings.update(meeting.id, both)
    assert after == meetings.get(meeting.id)
    assert after.status is Status.LAUNCHED
    assert [seat.machine_id for seat in after.seats] == [f"m-{role}" for role in meeting.roles]
    assert [(entry.what, entry.role) for entry in after.history[-2:]] == [
        ("machine launched", role) for role in meeting.roles
    ]
    # one of the two seats is no longer as it was read
    as_read = [after.seats[0], meeting.seats[1]]
    stale = joined([seat_launched(seat, "m-x", "died", NOW) for seat in as_read])
    with pytest.raises(ConditionFailed) as failed:
        meetings.update(meeting.id, stale)
    assert failed.value.current == after == meetings.get(meeting.id)


def test_none_removes_an_attribute(meetings: Meetings) -> None:
    meetings.create(a_meeting(teacher_email="ada@example.org"))
    meetings.update("abcdefgh12345678", a_change(**{PROBLEM: "It broke."}))
    after = meetings.update("abcdefgh12345678", a_change(**{PROBLEM: None, "teacher_email": None}))
    assert after == a_meeting()
    meetings.update("abcdefgh12345678", a_change(Absent(PROBLEM), Equals("teacher_email", None)))


def test_attributes_that_we_do_not_know_survive(meetings: Meetings) -> None:
    meetings.create(a_meeting())
    foreign = {"instance_id": "i-1", "count": 7, "nested": {"list": [1, "two", {"three": 3}]}, "flag": True}
    meetings.update("abcdefgh12345678", a_change(**foreign))
    meetings.update("abcdefgh12345678", a_change(jitsi_url="changed"))
    meetings.update(
        "abcdefgh12345678", a_change(Equals("instance_id", "i-1"), Equals("count", 7), Equals("flag", True))
    )
    with pytest.raises(ConditionFailed):
        meetings.update("abcdefgh12345678", a_change(Absent("nested")))


def test_no_change_is_lost_between_eight_threads(meetings: Meetings) -> None:
    meetings.create(a_meeting())

    def record(number: int) -> None:
        for step in range(STEPS):
            entry = HistoryEntry(at=NOW, what=f"{number}/{step}", why="a thread said so")
            meetings.update("abcdefgh12345678", Change(assign={f"thread_{number}": step}, require=(), entries=(entry,)))

    at_once(record)
    told = [entry.what for entry in meetings.get("abcdefgh12345678").history[1:]]
    assert sorted(told) == sorted(f"{number}/{step}" for number in range(THREADS) for step in range(STEPS))
    for number in range(THREADS):
        assert [what for what in told if what.startswith(f"{number}/")] == [f"{number}/{step}" for step in range(STEPS)]
    meetings.update("abcdefgh12345678", a_change(*(Equals(f"thread_{number}", STEPS - 1) for number in range(THREADS))))


@pytest.mark.parametrize("attempt", range(5))
def test_of_conflicting_changes_at_once_exactly_one_wins(meetings: Meetings, attempt: int) -> None:
    meeting = a_meeting(f"meeting{attempt}")
    meetings.create(meeting)
    outcomes = at_once(
        lambda number: meetings.update(meeting.id, seat_launched(meeting.seats[0], f"m-{number}", "due", NOW))
    )
    (winner,) = [outcome for outcome in outcomes if isinstance(outcome, Meeting)]
    losers = [outcome for outcome in outcomes if isinstance(outcome, ConditionFailed)]
    assert len(losers) == THREADS - 1
    assert meetings.get(meeting.id) == winner
    # Whoever lost is told the machine that won.
    assert {loser.current for loser in losers} == {winner}


def test_the_first_end_is_the_end(meetings: Meetings) -> None:
    meetings.create(a_meeting())
    reasons = list(EndReason)

    def end(number: int) -> EndReason:
        reason = reasons[number % len(reasons)]
        meetings.update("abcdefgh12345678", meeting_over(reason, "a thread said so", NOW))
        return reason

    (winner,) = [outcome for outcome in at_once(end) if isinstance(outcome, EndReason)]
    assert meetings.get("abcdefgh12345678").termination_reason is winner
    assert not meetings.open_meetings()


SIGNS: dict[str, Change] = {
    "seen": a_change(**{attribute(ROLE, "seen_at"): "2026-11-21T14:00:00.000001Z"}),
    "joined": a_change(**{attribute(ROLE, "joined_at"): "2026-11-21T14:00:00.000001Z"}),
    "waiting": a_change(**{attribute(ROLE, "waiting_at"): "2026-11-21T14:00:00.000001Z"}),
    "waiting no more": a_change(**{attribute(DEFAULT_ROLES[1], "waiting_at"): None}),
    "handed in": a_change(**{attribute(ROLE, "session_data"): "https://example.org/other.json"}),
}


@pytest.mark.parametrize("sign", SIGNS)
def test_i6_an_end_that_a_rule_decided_on_needs_every_seat_to_be_as_it_was(meetings: Meetings, sign: str) -> None:
    first, second = a_meeting().seats
    before = a_meeting(
        seats=(
            replace(first, session_data="https://example.org/manifest.json"),
            replace(second, seen_at=NOW, joined_at=NOW - timedelta(seconds=1), waiting_at=NOW),
        )
    )
    meetings.create(before)
    after = meetings.update(before.id, SIGNS[sign])
    with pytest.raises(ConditionFailed) as failed:
        meetings.update(before.id, meeting_over(EndReason.NO_SHOW_TIMEOUT, "nobody came", NOW, judged=before))
    assert failed.value.current == after
    ended = meetings.update(before.id, meeting_over(EndReason.NO_SHOW_TIMEOUT, "nobody came", NOW, judged=after))
    assert ended.is_over


def test_the_deadlines_end_needs_the_deadline_alone_to_be_as_it_was(meetings: Meetings) -> None:
    before = a_meeting()
    meetings.create(before)
    for sign in SIGNS.values():
        meetings.update(before.id, sign)
    moved = replace(before, deadline=before.deadline + timedelta(microseconds=1))
    with pytest.raises(ConditionFailed):
        meetings.update(before.id, meeting_over(EndReason.OVERTIME, "the deadline passed", NOW, judged=moved))
    assert meetings.update(before.id, meeting_over(EndReason.OVERTIME, "it passed", NOW, judged=before)).is_over


def test_open_meetings_are_those_not_over_by_time(meetings: Meetings) -> None:
    assert list(meetings.open_meetings()) == []
    late, early = a_meeting("late", NOW + timedelta(days=1)), a_meeting("early", NOW - timedelta(days=900))
    twin_b, twin_a = a_meeting("twin-b"), a_meeting("twin-a")
    soon = a_meeting("soon", NOW + timedelta(microseconds=1))
    for meeting in [late, twin_b, a_meeting_over("over"), early, soon, twin_a]:
        meetings.create(meeting)
    assert list(meetings.open_meetings()) == [early, twin_a, twin_b, soon, late]


def test_open_meetings_follow_every_change(meetings: Meetings) -> None:
    for number in range(3):
        meetings.create(a_meeting(f"m{number}", NOW + timedelta(hours=number)))
    meetings.update("m1", meeting_over(EndReason.CANCELLED, "a host asked", NOW))
    meetings.update("m0", a_change(meet_time="2026-12-24T18:00:00Z"))
    found = meetings.open_meetings()
    assert [meeting.id for meeting in found] == ["m2", "m0"]
    assert found[1].meet_time == datetime(2026, 12, 24, 18, tzinfo=UTC)
    assert list(found) == [meetings.get("m2"), meetings.get("m0")]


def test_i8_a_damaged_meeting_is_an_error_by_name_and_hides_no_other(
    meetings: Meetings, damage: Callable[[str], None]
) -> None:
    fine = [a_meeting(f"fine{number}", NOW + timedelta(hours=number)) for number in range(2)]
    for meeting in (*fine, a_meeting("bad1"), a_meeting("bad2"), a_meeting_over("over")):
        meetings.create(meeting)
    for meeting_id in ("bad1", "bad2", "over"):
        damage(meeting_id)
    with pytest.raises(MeetingDamaged, match="bad1") as one:
        meetings.get("bad1")
    assert one.value.meeting_id == "bad1"
    with pytest.raises(MeetingsDamaged, match=r"bad1 .*bad2 |bad2 .*bad1 ") as some:
        meetings.open_meetings()
    assert sorted(each.meeting_id for each in some.value.damaged) == ["bad1", "bad2"]
    assert sorted(some.value.readable, key=Place.of) == fine
    assert [meetings.get(meeting.id) for meeting in fine] == fine


def ids_of_page(meetings: Meetings, *, is_open: bool | None, before: datetime | None = None, limit: int = 99) -> str:
    place = None if before is None else Place(before)
    return " ".join(meeting.id for meeting in meetings.page(is_open=is_open, before=place, limit=limit))


def test_a_page_filters_and_limits_latest_first(meetings: Meetings) -> None:
    for number in [3, 1, 5, 0, 4, 2]:
        make = a_meeting if number % 2 else a_meeting_over
        meetings.create(make(f"m{number}", NOW + timedelta(minutes=number)))
    middle = NOW + timedelta(minutes=3)

    assert ids_of_page(meetings, is_open=None) == "m5 m4 m3 m2 m1 m0"
    assert ids_of_page(meetings, is_open=True) == "m5 m3 m1"
    assert ids_of_page(meetings, is_open=False) == "m4 m2 m0"
    assert ids_of_page(meetings, is_open=None, limit=2) == "m5 m4"
    assert ids_of_page(meetings, is_open=False, limit=1) == "m4"
    assert ids_of_page(meetings, is_open=None, before=middle) == "m2 m1 m0"
    assert ids_of_page(meetings, is_open=None, before=middle + timedelta(microseconds=1)) == "m3 m2 m1 m0"
    assert ids_of_page(meetings, is_open=True, before=middle) == "m1"
    assert ids_of_page(meetings, is_open=False, before=middle, limit=1) == "m2"
    assert ids_of_page(meetings, is_open=True, before=NOW) == ""
    assert ids_of_page(meetings, is_open=None, limit=0) == ""
    zone = timezone(timedelta(hours=-8))
    assert ids_of_page(meetings, is_open=None, before=middle.astimezone(zone)) == "m2 m1 m0"


def test_a_page_of_one_host_has_theirs_alone(meetings: Meetings) -> None:
    for number in range(12):
        make = a_meeting if number % 2 else a_meeting_over
        host = ["ana", "ben", ""][number % 3]
        meetings.create(replace(make(f"m{number}", NOW + timedelta(minutes=number)), host=host))

    def ids(host: str, *, is_open: bool | None, before: Place | None = None, limit: int = 99) -> str:
        page = meetings.page(is_open=is_open, before=before, limit=limit, host=host)
        return " ".join(meeting.id for meeting in page)

    assert ids("ana", is_open=None) == "m9 m6 m3 m0"
    assert ids("ana", is_open=True) == "m9 m3"
    assert ids("ana", is_open=False) == "m6 m0"
    assert ids("ana", is_open=False, limit=1) == "m6"
    assert ids("ana", is_open=True, limit=1) == "m9"
    assert ids("ana", is_open=None, limit=3, before=Place(NOW + timedelta(minutes=9), "m9")) == "m6 m3 m0"
    assert ids("ana", is_open=None, before=Place(NOW + timedelta(minutes=6))) == "m3 m0"
    assert ids("ben", is_open=None, limit=2) == "m10 m7"
    assert ids("cem", is_open=None) == ids("Ana", is_open=False) == ids("cem", is_open=True) == ""


def test_a_host_s_pages_follow_each_other(meetings: Meetings) -> None:
    for number in range(9):
        meetings.create(a_meeting(f"m{number}", NOW, host="ana" if number % 2 else "ben"))
    found: list[Meeting] = []
    while page := meetings.page(is_open=None, before=Place.of(found[-1]) if found else None, limit=3, host="ben"):
        found += page
    assert [each.id for each in found] == ["m8", "m6", "m4", "m2", "m0"]


def test_i8_a_damaged_meeting_of_a_host_is_told_to_nobody_else(
    meetings: Meetings, damage: Callable[[str], None]
) -> None:
    meetings.create(a_meeting("bad", host="ana"))
    meetings.create(a_meeting("good", host="ben"))
    damage("bad")
    for is_open in (None, True):
        assert [each.id for each in meetings.page(is_open=is_open, before=None, limit=9, host="ben")] == ["good"]
        with pytest.raises(MeetingsDamaged, match="bad"):
            meetings.page(is_open=is_open, before=None, limit=9, host="ana")


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
@pytest.mark.parametrize("is_open", [None, True, False])
def test_pages_that_follow_each_other_show_every_meeting_once(
    meetings: Meetings, limit: int, *, is_open: bool | None
) -> None:
    """Many lessons begin at the same full hour; none may fall between two pages."""
    made = [
        make(f"{name}{number}", NOW + timedelta(hours=number // 3))
        for number in range(6)
        for name, make in (("a", a_meeting), ("b", a_meeting_over), ("ü", a_meeting))
    ]
    for meeting in made:
        meetings.create(meeting)
    wanted = [meeting for meeting in made if is_open is None or meeting.is_over != is_open]
    found: list[Meeting] = []
    while page := meetings.page(is_open=is_open, before=Place.of(found[-1]) if found else None, limit=limit):
        found += page
    assert found == sorted(wanted, key=Place.of, reverse=True)


def test_a_page_is_made_of_whole_meetings_as_they_are(meetings: Meetings) -> None:
    meetings.create(a_meeting("a", NOW))
    meetings.create(a_meeting("b", NOW))
    ended = meetings.update("a", meeting_over(EndReason.CANCELLED, "a host asked", NOW))
    assert list(meetings.page(is_open=False, before=None, limit=9)) == [ended]
    assert list(meetings.page(is_open=None, before=None, limit=9)) == [meetings.get("b"), ended]


def test_i8_a_damaged_meeting_hides_no_other_of_its_page(meetings: Meetings, damage: Callable[[str], None]) -> None:
    made = [a_meeting(f"open{number}", NOW + timedelta(hours=number)) for number in range(4)]
    for meeting in (*made, a_meeting("bad", NOW + timedelta(hours=2, minutes=30)), a_meeting_over("over")):
        meetings.create(meeting)
    damage("bad")
    for is_open in (True, None):
        with pytest.raises(MeetingsDamaged, match="bad") as some:
            meetings.page(is_open=is_open, before=None, limit=3)
        assert [each.meeting_id for each in some.value.damaged] == ["bad"]
        assert [meeting.id for meeting in some.value.readable][:2] == ["open3", "open2"]
    assert ids_of_page(meetings, is_open=False) == "over"


def test_the_history_keeps_the_newest(meetings: Meetings) -> None:
    entries = [
        HistoryEntry(at=NOW, what=f"event {number}", why="it happened", role=ROLE if number % 2 else None)
        for number in range(HISTORY_LENGTH + 5)
    ]
    after = a_meeting(history=tuple(entries[: HISTORY_LENGTH - 1]))
    meetings.create(after)
    for entry in entries[HISTORY_LENGTH - 1 :]:
        after = meetings.update("abcdefgh12345678", Change(assign={}, require=(), entries=(entry,)))
    assert after == meetings.get("abcdefgh12345678")
    history = after.history
    assert [entry.what for entry in history] == [f"event {number}" for number in range(5, HISTORY_LENGTH + 5)]
    assert [entry.role for entry in history[:2]] == [ROLE, None]


@pytest.mark.parametrize(
    "name",
    ["Zoë Müller", "אָדָה", "山田 太郎", "🐘" * 20, "a\0b\x1f\u2028", "\"; DROP TABLE meetings; --'"],
    ids=ascii,
)
def test_a_name_comes_back_as_it_was(meetings: Meetings, name: str) -> None:
    seats = tuple(Seat(role=role, name=name) for role in DEFAULT_ROLES)
    meetings.create(a_meeting(seats=seats))
    assert meetings.get("abcdefgh12345678").seats == seats
    meetings.update("abcdefgh12345678", a_change(Equals(attribute(ROLE, "name"), name)))


def test_half_a_character_comes_back_or_is_refused(meetings: Meetings) -> None:
    seats = tuple(Seat(role=role, name="\ud800") for role in DEFAULT_ROLES)
    try:
        meetings.create(a_meeting(seats=seats))
    except InvalidField:
        with pytest.raises(MeetingNotFound):
            meetings.get("abcdefgh12345678")
    else:
        assert meetings.get("abcdefgh12345678").seats == seats


def test_a_large_item_is_kept_whole(meetings: Meetings) -> None:
    entries = tuple(
        HistoryEntry(at=NOW + timedelta(seconds=number), what="failed", why=f"{number} " + "ü" * 800)
        for number in range(HISTORY_LENGTH)
    )
    meetings.create(a_meeting(history=entries))
    after = meetings.update("abcdefgh12345678", a_change(jitsi_url="changed"))
    assert after.history == entries
    assert meetings.get("abcdefgh12345678") == after
    assert list(meetings.open_meetings()) == [after]


def test_a_change_that_makes_nonsense_changes_nothing(meetings: Meetings) -> None:
    meetings.create(a_meeting())
    with pytest.raises(ValueError, match="NO_SUCH_PHASE"):
        meetings.update("abcdefgh12345678", a_change(**{PHASE: "NO_SUCH_PHASE", LAUNCHES: 9}))
    assert meetings.get("abcdefgh12345678") == a_meeting()
    assert meetings.update("abcdefgh12345678", a_change(jitsi_url="still works")).jitsi_url == "still works"
