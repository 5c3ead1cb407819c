"""What every store of meetings promises of a single one (ports/meetings.py): what is created is kept as it was."""

from dataclasses import replace
from datetime import UTC, timedelta, timezone

import pytest

from elephant.domain.change import HISTORY_LENGTH, Change, Equals
from elephant.domain.meeting import DEFAULT_ROLES, HistoryEntry, Role, Seat, SeatPhase
from elephant.domain.meeting_item import attribute
from elephant.ports.errors import InvalidField, MeetingExists, MeetingNotFound
from elephant.ports.meetings import Meetings
from tests.contract.examples import NOW, a_change, a_meeting, a_meeting_over
from tests.contract.threads import THREADS, at_once

ROLE = DEFAULT_ROLES[0]


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

    outcomes = at_once(create, MeetingExists)
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
