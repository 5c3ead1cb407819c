"""What every store of meetings promises of many at once (ports/meetings.py): the open ones, and pages."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from elephant.domain.changes import meeting_over
from elephant.domain.meeting import EndReason, Meeting
from elephant.ports.errors import MeetingDamaged, MeetingsDamaged
from elephant.ports.meetings import Meetings, Place
from tests.contract.examples import NOW, a_change, a_meeting, a_meeting_over


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
