import asyncio
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from elephant.bootstrap.embedded import Embedded, build_embedded
from elephant.bootstrap.embedded_settings import EmbeddedSettings
from elephant.domain.machine import Machine, MachineState
from elephant.domain.meeting import SeatPhase
from elephant.entrypoints.web import rounds
from elephant.entrypoints.web.metrics import Metrics
from elephant.ports.alarms import AlarmKind, DueAlarm
from elephant.ports.errors import Permanent, Temporary
from tests.support.builders import a_machine, a_meeting, a_serving_seat

pytestmark = pytest.mark.integration

ALARM = (AlarmKind.LAUNCH, "m1")
RETRY_SECONDS = 0.4
WAIT_SECONDS = 60.0


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Embedded]:
    """An installation without a meeting, whose alarms ring soon again."""
    monkeypatch.setattr(rounds, "RETRY_AFTER", timedelta(seconds=RETRY_SECONDS))
    with tempfile.TemporaryDirectory(prefix="ele-") as name:  # short, for the paths of sockets
        (Path(name) / "run").mkdir()
        yield build_embedded(EmbeddedSettings(data_dir=Path(name), sandbox=False))


def go_round_until(embedded: Embedded, is_done: Callable[[], bool]) -> None:
    async def go() -> None:
        going = asyncio.create_task(rounds.Rounds(embedded, Metrics(embedded.service)).run())
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while not is_done():  # noqa: ASYNC110  what the rounds do is seen from outside
                    await asyncio.sleep(0.01)
        finally:
            going.cancel()
            await asyncio.gather(going, return_exceptions=True)

    asyncio.run(go())


@pytest.mark.parametrize("failure", [Temporary("no room"), Permanent("a program is missing"), RuntimeError("a bug")])
def test_what_an_alarm_is_set_to_while_it_rings_holds_however_it_ends(
    embedded: Embedded, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    now = embedded.service.now()
    tomorrow = now + timedelta(days=1)
    rang = []

    def launch(*_args: object, **_named: object) -> None:
        embedded.alarms.set(*ALARM, tomorrow, now)  # as a host does who moves the meeting
        rang.append(1)
        raise failure

    monkeypatch.setattr(rounds, "launch_desktops", launch)
    embedded.alarms.set(*ALARM, now, now)
    enough = now + timedelta(seconds=2 * RETRY_SECONDS)
    go_round_until(embedded, lambda: bool(rang) and embedded.service.now() > enough)
    assert embedded.alarms.due(tomorrow) == [DueAlarm(*ALARM, tomorrow)]
    assert rang == [1]


def test_an_alarm_whose_failure_may_pass_rings_again_after_a_while(
    embedded: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = embedded.service.now()
    rang_at = []

    def launch(*_args: object, **_named: object) -> None:
        rang_at.append(embedded.service.now())
        if len(rang_at) == 1:
            raise Temporary("no room")

    monkeypatch.setattr(rounds, "launch_desktops", launch)
    embedded.alarms.set(*ALARM, now, now)
    go_round_until(embedded, lambda: embedded.alarms.due(embedded.service.now()) == [])
    assert len(rang_at) == 2
    assert (rang_at[1] - rang_at[0]).total_seconds() >= RETRY_SECONDS


def test_an_alarm_whose_failure_stays_rings_once(embedded: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    now = embedded.service.now()
    rang = []

    def launch(*_args: object, **_named: object) -> None:
        rang.append(1)
        raise Permanent("a program is missing")

    monkeypatch.setattr(rounds, "launch_desktops", launch)
    embedded.alarms.set(*ALARM, now, now)
    go_round_until(embedded, lambda: embedded.alarms.due(embedded.service.now()) == [])
    assert rang == [1]


def test_a_seat_is_closed_before_what_is_left_of_its_desktop_is_removed(
    embedded: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then its link leads people to what is dead; here the removal never comes to its end."""
    now = embedded.service.now()
    embedded.service.meetings.create(a_meeting(a_serving_seat(), meet_time=now))
    machine, is_watched = a_machine(), threading.Event()

    def look() -> Machine:
        return replace(machine, state=MachineState.RUNNING if process.poll() is None else MachineState.TERMINATED)

    def pidfd(_id: str) -> int:
        is_watched.set()
        return os.pidfd_open(process.pid)

    def is_done() -> bool:
        if is_watched.is_set():
            process.kill()
        return embedded.service.meetings.get(machine.meeting_id).seats[0].phase is SeatPhase.ENDED

    with subprocess.Popen(["sleep", "600"]) as process:
        monkeypatch.setattr(embedded.machines, "owned", lambda: [look()])
        monkeypatch.setattr(embedded.machines, "get", lambda _id: look())
        monkeypatch.setattr(embedded.machines, "of_meeting", lambda _id: [])
        monkeypatch.setattr(embedded.machines, "pidfd", pidfd)
        monkeypatch.setattr(embedded.machines, "reap", lambda _now: [])
        monkeypatch.setattr(rounds.Rounds, "_sweep", lambda _self: asyncio.sleep(0))
        try:
            go_round_until(embedded, is_done)
        finally:
            process.kill()
