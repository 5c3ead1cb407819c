"""What every alarm clock promises (ports/alarms.py)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta, timezone

import pytest

from elephant.ports.alarms import AlarmClock, AlarmKind, DueAlarm
from tests.contract.examples import NOW

LAUNCH, SAFETY_NET = AlarmKind.LAUNCH, AlarmKind.SAFETY_NET
MINUTE = timedelta(minutes=1)


def test_no_alarm_is_due_in_an_empty_store(alarms: AlarmClock) -> None:
    assert list(alarms.due(NOW)) == []
    assert alarms.next_due_at() is None


def test_an_alarm_is_due_from_its_time_on(alarms: AlarmClock) -> None:
    at = NOW + MINUTE
    alarms.set(LAUNCH, "m", at, NOW)
    assert list(alarms.due(at - timedelta(microseconds=1))) == []
    assert list(alarms.due(at)) == [DueAlarm(LAUNCH, "m", at)]
    assert list(alarms.due(at + timedelta(days=400))) == [DueAlarm(LAUNCH, "m", at)]
    assert alarms.next_due_at() == at


def test_an_alarm_stays_due_until_it_is_done(alarms: AlarmClock) -> None:
    alarms.set(LAUNCH, "m", NOW, NOW)
    (alarm,) = alarms.due(NOW)
    assert list(alarms.due(NOW)) == [alarm]
    alarms.done(alarm)
    assert list(alarms.due(NOW)) == []
    assert alarms.next_due_at() is None
    # Whoever dies after `done` and rings again says it again.
    alarms.done(alarm)


def test_a_time_that_is_past_means_now(alarms: AlarmClock) -> None:
    alarms.set(LAUNCH, "m", NOW - MINUTE, NOW)
    assert list(alarms.due(NOW)) == [DueAlarm(LAUNCH, "m", NOW)]


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
    assert alarms.next_due_at() == NOW - MINUTE


def test_times_are_moments_whatever_their_zone(alarms: AlarmClock) -> None:
    zone = timezone(timedelta(hours=9))
    alarms.set(LAUNCH, "m", NOW.astimezone(zone), NOW - MINUTE)
    (alarm,) = alarms.due(NOW.astimezone(timezone(-timedelta(hours=9))))
    assert alarm.due_at == NOW
    alarms.done(alarm._replace(due_at=NOW.astimezone(UTC)))
    assert alarms.next_due_at() is None


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
