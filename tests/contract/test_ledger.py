"""What every ledger of hosts promises (ports/ledger.py), with the meetings that it stands beside."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from elephant.domain.change import Change, applied
from elephant.domain.changes import deadline_moved, meeting_over, meeting_rescheduled
from elephant.domain.hours import Host, month_of, used_minutes
from elephant.domain.meeting import EndReason, Meeting
from elephant.domain.meeting_item import from_item, to_item
from elephant.domain.timetable import Policy, first_deadline, safety_net_at
from elephant.ports.errors import (
    ConditionFailed,
    HoursExceeded,
    MeetingExists,
    MeetingNotFound,
    MeetingsDamaged,
    Temporary,
)
from elephant.ports.ledger import Judge
from elephant.usecases.host_meetings import HostMeetings
from tests.contract.examples import NOW, Books, a_meeting
from tests.contract.threads import THREADS, at_once

POLICY = Policy()
HOST = "ana@example.org"
MONTH = "2026-11"
PATIENCE_SECONDS = 60.0


class NoHoursError(Exception):
    pass


def anything(_others: Sequence[Meeting]) -> None:
    """A judge who lets everything pass."""


def at_most(minutes: float, asked: float) -> Judge:
    def judge(others: Sequence[Meeting]) -> None:
        if used_minutes(others, POLICY) + asked > minutes:
            raise NoHoursError

    return judge


def a_hosts_meeting(meeting_id: str, meet_time: datetime = NOW, host: str = HOST) -> Meeting:
    """An hour of this host; its deadline is as if just booked."""
    deadline = first_deadline(meet_time, 60.0, POLICY)
    return a_meeting(meeting_id, meet_time, host=host, deadline=deadline)


def moved(meeting: Meeting, meet_time: datetime, minutes: float = 60.0) -> tuple[Meeting, Change]:
    after = replace(
        meeting,
        meet_time=meet_time,
        duration_minutes=minutes,
        deadline=first_deadline(meet_time, minutes, POLICY),
        safety_net_at=safety_net_at(meet_time, POLICY),
    )
    change = meeting_rescheduled(meeting, after, NOW)
    item = applied(change, to_item(meeting))
    assert item is not None
    return from_item(item), change


def counted(books: Books, month: str = MONTH, host: str = HOST) -> str:
    return " ".join(sorted(each.id for each in books.ledger.counted(host, month)))


def patiently(work: Callable[[int], object]) -> list[object]:
    """`at_once`, and again where others were in the way; hours and meetings are what there is to lose."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS

    def one(number: int) -> object:
        while True:
            try:
                return work(number)
            except Temporary:
                # A store waits for others no longer than its own patience, which a busy machine's disk may outlast.
                if time.monotonic() > give_up_at:
                    raise

    return at_once(one, NoHoursError, MeetingExists, ConditionFailed)


def test_what_is_written_counts_in_its_month_and_for_its_host(books: Books) -> None:
    meeting = a_hosts_meeting("m1")
    books.ledger.create(meeting, anything)
    books.ledger.create(a_hosts_meeting("m2", host="ben"), anything)
    books.ledger.create(a_hosts_meeting("m3", datetime(2026, 12, 1, tzinfo=UTC)), anything)
    assert list(books.ledger.counted(HOST, MONTH)) == [meeting]
    assert books.meetings.get("m1") == meeting
    assert counted(books, "2026-12") == "m3"
    assert counted(books, host="ben") == "m2"
    assert counted(books, "2026-10") == ""


def test_what_was_booked_while_nothing_limited_the_host_counts_too(books: Books) -> None:
    free = a_hosts_meeting("free")
    for meeting in (
        free,
        a_hosts_meeting("ben's", host="ben"),
        a_hosts_meeting("nobody's", host=""),
        a_hosts_meeting("next", datetime(2026, 12, 1, tzinfo=UTC)),
        a_hosts_meeting("last year", NOW.replace(year=2025)),
    ):
        books.meetings.create(meeting)
    assert list(books.ledger.counted(HOST, MONTH)) == [free]
    with pytest.raises(NoHoursError):
        books.ledger.create(a_hosts_meeting("m1"), at_most(119, 60))
    books.ledger.create(a_hosts_meeting("m1"), at_most(120, 60))
    assert counted(books) == "free m1"
    _, change = moved(free, datetime(2026, 12, 31, 9, tzinfo=UTC))
    books.meetings.update("free", change)
    assert (counted(books), counted(books, "2026-12")) == ("m1", "free next")
    books.meetings.update("free", meeting_over(EndReason.CANCELLED, "a test", NOW))
    # it takes nothing, which is for the judge to say
    assert counted(books, "2026-12") == "free next"
    assert used_minutes(books.ledger.counted(HOST, "2026-12"), POLICY) == 60


def test_a_host_who_gets_a_limit_books_moves_and_extends_within_it_whatever_was_booked_before(books: Books) -> None:
    def mine(minutes: float | None, now: datetime = NOW - timedelta(days=1)) -> HostMeetings:
        return HostMeetings(books.meetings, books.ledger, Host(name=HOST, minutes_per_month=minutes), POLICY, now)

    december = datetime(2026, 12, 3, 9, tzinfo=UTC)
    free, later = a_hosts_meeting("free"), a_hosts_meeting("later", december)
    mine(None).create(free)
    mine(None).create(later)
    limited = mine(120)
    with pytest.raises(HoursExceeded, match="1 h of 2 h"):
        limited.create(replace(a_hosts_meeting("m1"), duration_minutes=61.0))
    _, change = moved(later, NOW, 61.0)
    with pytest.raises(HoursExceeded, match="1 h of 2 h are left in 2026-11"):
        limited.update("later", change)
    _, change = moved(later, NOW)
    assert limited.update("later", change).meet_time == NOW
    extended = deadline_moved(free, free.deadline + timedelta(minutes=5), "a host asked", NOW)
    with pytest.raises(HoursExceeded, match="1 h of 2 h"):
        limited.update("free", extended)
    # once it has begun, time is given, and counts
    assert mine(120, NOW).update("free", extended).deadline == free.deadline + timedelta(minutes=5)
    allowance = limited.allowance(NOW)
    assert allowance is not None
    assert (allowance.used, allowance.left) == (125, 0)
    assert counted(books, "2026-12") == ""


def test_the_last_moment_of_a_month_is_in_it(books: Books) -> None:
    end = datetime(2026, 12, 1, tzinfo=UTC) - timedelta(microseconds=1)
    books.ledger.create(a_hosts_meeting("last", end), anything)
    books.ledger.create(a_hosts_meeting("first", datetime(2026, 11, 1, tzinfo=UTC)), anything)
    assert counted(books) == "first last"


def test_the_judge_gets_the_others_as_they_are_now(books: Books) -> None:
    first = a_hosts_meeting("m1")
    books.ledger.create(first, anything)
    ended = books.meetings.update("m1", meeting_over(EndReason.SUCCESS, "it was over", NOW + timedelta(minutes=20)))
    heard: list[Sequence[Meeting]] = []
    books.ledger.create(a_hosts_meeting("m2"), heard.append)
    assert [list(each) for each in heard] == [[ended]]
    assert used_minutes(books.ledger.counted(HOST, MONTH), POLICY) == 20 + 60


def test_what_the_judge_refuses_is_not_written(books: Books) -> None:
    books.ledger.create(a_hosts_meeting("m1"), at_most(60, 60))
    with pytest.raises(NoHoursError):
        books.ledger.create(a_hosts_meeting("m2"), at_most(119, 60))
    with pytest.raises(MeetingNotFound):
        books.meetings.get("m2")
    assert counted(books) == "m1"
    books.ledger.create(a_hosts_meeting("m2"), at_most(120, 60))
    assert counted(books) == "m1 m2"


def test_a_taken_id_changes_nothing(books: Books) -> None:
    books.meetings.create(a_hosts_meeting("m1", host="ben"))
    with pytest.raises(MeetingExists):
        books.ledger.create(a_hosts_meeting("m1"), anything)
    assert books.meetings.get("m1").host == "ben"
    assert counted(books) == ""


def test_a_meeting_that_moves_counts_where_it_is(books: Books) -> None:
    meeting = a_hosts_meeting("m1")
    books.ledger.create(meeting, anything)
    after, change = moved(meeting, datetime(2026, 12, 3, 9, tzinfo=UTC), 90.0)
    assert books.ledger.update(after, change, anything) == after == books.meetings.get("m1")
    assert (counted(books), counted(books, "2026-12")) == ("", "m1")
    back, change = moved(after, NOW)
    books.ledger.update(back, change, anything)
    assert (counted(books), counted(books, "2026-12")) == ("m1", "")


def test_a_meeting_is_not_among_the_others_of_itself(books: Books) -> None:
    meeting = a_hosts_meeting("m1")
    books.ledger.create(meeting, anything)
    after, change = moved(meeting, meeting.meet_time, 120.0)
    books.ledger.update(after, change, at_most(120, 120))
    assert used_minutes(books.ledger.counted(HOST, MONTH), POLICY) == 120


def test_a_move_that_the_judge_refuses_changes_nothing(books: Books) -> None:
    meeting = a_hosts_meeting("m1")
    books.ledger.create(meeting, anything)
    books.ledger.create(a_hosts_meeting("m2"), anything)
    after, change = moved(meeting, meeting.meet_time, 61.0)
    with pytest.raises(NoHoursError):
        books.ledger.update(after, change, at_most(120, 61))
    assert books.meetings.get("m1") == meeting


def test_a_move_of_what_has_changed_is_refused_with_what_it_is(books: Books) -> None:
    meeting = a_hosts_meeting("m1")
    books.ledger.create(meeting, anything)
    ended = books.meetings.update("m1", meeting_over(EndReason.CANCELLED, "a host asked", NOW))
    after, change = moved(meeting, datetime(2026, 12, 3, 9, tzinfo=UTC))
    with pytest.raises(ConditionFailed) as failed:
        books.ledger.update(after, change, anything)
    assert failed.value.current == ended
    assert counted(books, "2026-12") == ""


def test_a_move_of_nothing(books: Books) -> None:
    after, change = moved(a_hosts_meeting("m1"), NOW + timedelta(days=1))
    with pytest.raises(MeetingNotFound):
        books.ledger.update(after, change, anything)
    assert counted(books) == ""


def test_of_eight_bookings_at_once_for_the_last_hour_one_wins(books: Books) -> None:
    books.ledger.create(a_hosts_meeting("before"), anything)
    done = patiently(lambda number: books.ledger.create(a_hosts_meeting(f"m{number}"), at_most(120, 60)))
    assert done.count(None) == 1
    assert sum(isinstance(each, NoHoursError) for each in done) == THREADS - 1
    (winner,) = (number for number, each in enumerate(done) if each is None)
    assert counted(books) == f"before m{winner}"


def test_of_eight_bookings_at_once_all_win_that_the_hours_last_for(books: Books) -> None:
    assert patiently(lambda number: books.ledger.create(a_hosts_meeting(f"m{number}"), at_most(480, 60))) == [None] * 8
    assert used_minutes(books.ledger.counted(HOST, MONTH), POLICY) == 480


def test_bookings_and_moves_at_once_share_the_last_hour(books: Books) -> None:
    elsewhere = [a_hosts_meeting(f"d{number}", datetime(2026, 12, 3, 9, tzinfo=UTC)) for number in range(4)]
    for meeting in elsewhere:
        books.ledger.create(meeting, anything)

    def work(number: int) -> object:
        if number < 4:
            after, change = moved(elsewhere[number], NOW)
            return books.ledger.update(after, change, at_most(60, 60))
        books.ledger.create(a_hosts_meeting(f"m{number}"), at_most(60, 60))
        return None

    done = patiently(work)
    assert sum(isinstance(each, NoHoursError) for each in done) == THREADS - 1
    assert used_minutes(books.ledger.counted(HOST, MONTH), POLICY) == 60


def test_two_hosts_do_not_stand_in_each_others_way(books: Books) -> None:
    def work(number: int) -> None:
        books.ledger.create(a_hosts_meeting(f"m{number}", host=f"host {number}"), at_most(60, 60))

    assert patiently(work) == [None] * 8


def test_i8_a_damaged_meeting_is_no_hour_less(books: Books, damage: Callable[[str], None]) -> None:
    books.ledger.create(a_hosts_meeting("m1"), anything)
    damage("m1")
    with pytest.raises(MeetingsDamaged, match="m1"):
        books.ledger.counted(HOST, MONTH)
    with pytest.raises(MeetingsDamaged, match="m1"):
        books.ledger.create(a_hosts_meeting("m2"), anything)
    with pytest.raises(MeetingNotFound):
        books.meetings.get("m2")


def test_names_of_any_kind(books: Books) -> None:
    names = ["ana/2026-11", "ana'; --", "Ана 🐘", "a" * 254]
    for number, name in enumerate(names):
        books.ledger.create(a_hosts_meeting(f"m{number}", host=name), anything)
    assert [counted(books, host=name) for name in names] == ["m0", "m1", "m2", "m3"]
    assert month_of(NOW) == MONTH
