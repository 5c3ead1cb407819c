"""What every store of meetings promises of changes (ports/meetings.py): each is made whole and on its conditions."""

from dataclasses import replace
from datetime import timedelta

import pytest

from elephant.domain.change import Absent, Change, Condition, Equals, OneOf, joined
from elephant.domain.changes import meeting_over, seat_launched
from elephant.domain.meeting import DEFAULT_ROLES, EndReason, HistoryEntry, Meeting, SeatPhase, Status
from elephant.domain.meeting_item import attribute
from elephant.ports.errors import ConditionFailed
from elephant.ports.meetings import Meetings
from tests.contract.examples import NOW, a_change, a_meeting
from tests.contract.threads import THREADS, at_once

ROLE = DEFAULT_ROLES[0]
MACHINE = attribute(ROLE, "ec2_id")
PHASE = attribute(ROLE, "phase")
PROBLEM = attribute(ROLE, "problem")
LAUNCHES = attribute(ROLE, "launches")
STEPS = 5


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
        lambda number: meetings.update(meeting.id, seat_launched(meeting.seats[0], f"m-{number}", "due", NOW)),
        ConditionFailed,
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

    (winner,) = [outcome for outcome in at_once(end, ConditionFailed) if isinstance(outcome, EndReason)]
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


def test_a_change_that_makes_nonsense_changes_nothing(meetings: Meetings) -> None:
    meetings.create(a_meeting())
    with pytest.raises(ValueError, match="NO_SUCH_PHASE"):
        meetings.update("abcdefgh12345678", a_change(**{PHASE: "NO_SUCH_PHASE", LAUNCHES: 9}))
    assert meetings.get("abcdefgh12345678") == a_meeting()
    assert meetings.update("abcdefgh12345678", a_change(jitsi_url="still works")).jitsi_url == "still works"
