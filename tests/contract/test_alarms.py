"""What all alarms promise, and what alarm clocks promise on top (ports/alarms.py)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta, timezone

import pytest

from elephant.ports.alarms import AlarmClock, AlarmKind, DueAlarm
from tests.contract.examples import NOW
from tests.support.watched_alarms import WatchedAlarms

LAUNCH, SAFETY_NET = AlarmKind.LAUNCH, AlarmKind.SAFETY_NET
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def names(rings: list[DueAlarm]) -> list[tuple[AlarmKind, str]]:
    return sorted((ring.kind, ring.meeting_id) for ring in rings)


# --- all alarms ------------------------------------------------------------------------------------------------------


def test_nothing_rings_that_was_not_set(watched: WatchedAlarms) -> None:
    assert watched.rings() == []
    watched.alarms.drop("never had one")
    assert watched.rings() == []


@pytest.mark.parametrize("ahead", [MINUTE, MINUTE + timedelta(microseconds=1), timedelta(hours=3), timedelta(days=365)])
def test_an_alarm_rings_at_its_time_or_up_to_a_second_later(watched: WatchedAlarms, ahead: timedelta) -> None:
    watched.alarms.set(LAUNCH, "m", NOW + ahead, NOW)
    (ring,) = watched.rings()
    assert (ring.kind, ring.meeting_id) == (LAUNCH, "m")
    assert NOW + ahead <= ring.due_at < NOW + ahead + SECOND


@pytest.mark.parametrize("ahead", [timedelta(microseconds=1), 20 * SECOND, 59 * SECOND])
def test_what_is_due_within_a_minute_rings_within_two_and_not_early(watched: WatchedAlarms, ahead: timedelta) -> None:
    watched.alarms.set(SAFETY_NET, "m", NOW + ahead, NOW)
    (ring,) = watched.rings()
    assert NOW + ahead <= ring.due_at <= NOW + MINUTE + SECOND


@pytest.mark.parametrize("late", [timedelta(0), timedelta(microseconds=1), timedelta(days=1)])
def test_what_is_due_rings_at_once(watched: WatchedAlarms, late: timedelta) -> None:
    watched.alarms.set(LAUNCH, "m", NOW - late, NOW)
    assert watched.rings() == [DueAlarm(LAUNCH, "m", NOW)]


@pytest.mark.parametrize("first", [2 * MINUTE, 9 * MINUTE])
def test_an_alarm_set_anew_rings_at_the_new_time_alone(watched: WatchedAlarms, first: timedelta) -> None:
    watched.alarms.set(LAUNCH, "m", NOW + first, NOW)
    watched.alarms.set(LAUNCH, "m", NOW + 5 * MINUTE, NOW)
    watched.alarms.set(LAUNCH, "m", NOW + 5 * MINUTE, NOW)
    (ring,) = watched.rings()
    assert NOW + 5 * MINUTE <= ring.due_at < NOW + 5 * MINUTE + SECOND


def test_an_alarm_may_go_back_to_its_first_time(watched: WatchedAlarms) -> None:
    for minutes in (5, 9, 5):
        watched.alarms.set(LAUNCH, "m", NOW + minutes * MINUTE, NOW + minutes * SECOND)
    (ring,) = watched.rings()
    assert ring.due_at < NOW + 6 * MINUTE


def test_the_kinds_of_a_meeting_and_the_meetings_are_apart(watched: WatchedAlarms) -> None:
    for number, (kind, meeting_id) in enumerate([(LAUNCH, "a"), (SAFETY_NET, "a"), (LAUNCH, "b")], start=2):
        watched.alarms.set(kind, meeting_id, NOW + number * MINUTE, NOW)
    assert [(ring.kind, ring.meeting_id) for ring in watched.rings()] == [
        (LAUNCH, "a"),
        (SAFETY_NET, "a"),
        (LAUNCH, "b"),
    ]


def test_drop_keeps_both_alarms_of_that_meeting_from_ringing(watched: WatchedAlarms) -> None:
    for meeting_id in ["a", "b"]:
        for kind in AlarmKind:
            watched.alarms.set(kind, meeting_id, NOW + 5 * MINUTE, NOW)
    watched.alarms.drop("a")
    assert names(watched.rings()) == [(LAUNCH, "b"), (SAFETY_NET, "b")]
    watched.alarms.drop("a")
    watched.alarms.set(SAFETY_NET, "a", NOW + 5 * MINUTE, NOW)
    assert names(watched.rings()) == [(LAUNCH, "b"), (SAFETY_NET, "a"), (SAFETY_NET, "b")]
    # One of the two is missing already.
    watched.alarms.drop("a")
    assert names(watched.rings()) == [(LAUNCH, "b"), (SAFETY_NET, "b")]


@pytest.mark.parametrize("hours", [-11, 9, 14])
def test_an_alarms_time_is_a_moment_whatever_its_zone(watched: WatchedAlarms, hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    watched.alarms.set(LAUNCH, "m", (NOW + 2 * MINUTE).astimezone(zone), NOW.astimezone(timezone(timedelta(hours=3))))
    (ring,) = watched.rings()
    assert NOW + 2 * MINUTE <= ring.due_at < NOW + 2 * MINUTE + SECOND


def test_the_same_alarm_may_be_set_by_several_at_once(watched: WatchedAlarms) -> None:
    start = threading.Barrier(4)

    def work(number: int) -> None:
        start.wait()
        watched.alarms.set(LAUNCH, "m", NOW + (2 + number) * MINUTE, NOW)
        watched.alarms.set(SAFETY_NET, f"{number}", NOW + MINUTE, NOW)
        watched.alarms.drop(f"{number}")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    (ring,) = watched.rings()
    assert (ring.kind, ring.meeting_id) == (LAUNCH, "m")


# --- alarms that a loop of ours rings --------------------------------------------------------------------------------


def test_no_alarm_is_due_in_an_empty_store(alarms: AlarmClock) -> None:
    assert list(alarms.due(NOW)) == []


def test_an_alarm_is_due_from_its_time_on(alarms: AlarmClock) -> None:
    at = NOW + MINUTE
    alarms.set(LAUNCH, "m", at, NOW)
    assert list(alarms.due(at - timedelta(microseconds=1))) == []
    assert list(alarms.due(at)) == [DueAlarm(LAUNCH, "m", at)]
    assert list(alarms.due(at + timedelta(days=400))) == [DueAlarm(LAUNCH, "m", at)]


def test_an_alarm_stays_due_until_it_is_done(alarms: AlarmClock) -> None:
    alarms.set(LAUNCH, "m", NOW, NOW)
    (alarm,) = alarms.due(NOW)
    assert list(alarms.due(NOW)) == [alarm]
    alarms.done(alarm)
    assert list(alarms.due(NOW)) == []
    # Whoever dies after `done` and rings again says it again.
    alarms.done(alarm)


def test_setting_an_alarm_anew_replaces_it(alarms: AlarmClock) -> None:
    alarms.set(LAUNCH, "m", NOW, NOW)
    alarms.set(LAUNCH, "m", NOW + 2 * MINUTE, NOW)
    assert list(alarms.due(NOW + MINUTE)) == []
    alarms.set(LAUNCH, "m", NOW + MINUTE, NOW)
    assert list(alarms.due(NOW + 3 * MINUTE)) == [DueAlarm(LAUNCH, "m", NOW + MINUTE)]


@pytest.mark.parametrize("later", [timedelta(microseconds=1), 5 * MINUTE])
def test_what_is_set_anew_while_it_rings_is_not_done(alarms: AlarmClock, later: timedelta) -> None:
    alarms.set(SAFETY_NET, "m", NOW, NOW)
    (ringing,) = alarms.due(NOW)
    alarms.set(SAFETY_NET, "m", NOW + later, NOW)
    alarms.done(ringing)
    assert list(alarms.due(NOW + later)) == [DueAlarm(SAFETY_NET, "m", NOW + later)]


def test_done_touches_no_other_alarm(alarms: AlarmClock) -> None:
    for kind in AlarmKind:
        for meeting_id in ["a", "b"]:
            alarms.set(kind, meeting_id, NOW, NOW)
    alarms.done(DueAlarm(LAUNCH, "a", NOW))
    assert [(alarm.kind, alarm.meeting_id) for alarm in alarms.due(NOW)] == [
        (LAUNCH, "b"),
        (SAFETY_NET, "a"),
        (SAFETY_NET, "b"),
    ]


def test_drop_forgets_every_alarm_of_that_meeting_only(alarms: AlarmClock) -> None:
    for kind in AlarmKind:
        for meeting_id in ["a", "b"]:
            alarms.set(kind, meeting_id, NOW, NOW)
    (ringing, *_) = alarms.due(NOW)
    alarms.drop("a")
    alarms.drop("a")
    alarms.done(ringing)
    alarms.drop("never had one")
    assert [alarm.meeting_id for alarm in alarms.due(NOW)] == ["b", "b"]


def test_due_alarms_come_earliest_first(alarms: AlarmClock) -> None:
    alarms.set(LAUNCH, "third", NOW, NOW - MINUTE)
    alarms.set(SAFETY_NET, "first", NOW - MINUTE, NOW - MINUTE)
    alarms.set(LAUNCH, "second", NOW - timedelta(microseconds=1), NOW - MINUTE)
    alarms.set(LAUNCH, "later", NOW + MINUTE, NOW)
    assert [alarm.meeting_id for alarm in alarms.due(NOW)] == ["first", "second", "third"]


def test_times_are_moments_whatever_their_zone(alarms: AlarmClock) -> None:
    zone = timezone(timedelta(hours=9))
    alarms.set(LAUNCH, "m", NOW.astimezone(zone), NOW - MINUTE)
    (alarm,) = alarms.due(NOW.astimezone(timezone(-timedelta(hours=9))))
    assert alarm.due_at == NOW
    alarms.done(alarm._replace(due_at=NOW.astimezone(UTC)))
    assert list(alarms.due(NOW)) == []


def test_alarms_may_be_set_rung_and_dropped_at_once(alarms: AlarmClock) -> None:
    start = threading.Barrier(8)

    def work(number: int) -> None:
        start.wait()
        for step in range(10):
            alarms.set(LAUNCH, f"{number}-{step}", NOW, NOW)
            for alarm in alarms.due(NOW):
                if alarm.meeting_id == f"{number}-{step}" and step % 2:
                    alarms.done(alarm)
            alarms.set(SAFETY_NET, f"{number}-{step}", NOW, NOW)
            if step != 7:
                alarms.drop(f"{number}-{step}")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    assert list(alarms.due(NOW)) == [DueAlarm(SAFETY_NET, f"{number}-7", NOW) for number in range(8)]
