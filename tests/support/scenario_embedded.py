"""Scenarios played on a real server with real desktops, all at once, where a minute takes two seconds."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from elephant.adapters.embedded.sqlite import FILE_NAME
from elephant.domain.meeting import DEFAULT_ROLES
from tests.support.desktop_processes import DesktopProcesses
from tests.support.leftovers import leftovers
from tests.support.meeting_site import XTERM, MeetingSite
from tests.support.rfb_person import RfbPerson
from tests.support.scenarios import Answer, Outcome, Scenario, carry_out, is_settled, outcome_of
from tests.support.server_process import eventually, key_of, settings_of

MINUTE_SECONDS = 2.0
MINUTE = timedelta(seconds=MINUTE_SECONDS)
WARM_SECONDS = 2.0
"""As on AWS no desktop is ready at once, so that who asks at the launch is told to wait."""

PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.5


def settings_for(timetable: Mapping[str, float]) -> dict[str, str]:
    """The server's settings for a timetable, in such minutes."""
    scaled = {
        f"{name}_in_seconds" if name.endswith("_minutes") else name: value
        * (MINUTE_SECONDS if name.endswith("_minutes") else MINUTE_SECONDS / 60)
        for name, value in timetable.items()
    }
    app = f"sh -c 'sleep {WARM_SECONDS}; exec {XTERM}'"
    return settings_of(**scaled, heartbeat_seconds=0.5, geometry="640x480", app=app)


@dataclass
class EmbeddedPlayer:
    """See Player."""

    site: MeetingSite
    scenario: Scenario
    people: dict[str, RfbPerson] = field(default_factory=dict)
    answers: dict[str, list[Answer]] = field(default_factory=lambda: {role: [] for role in DEFAULT_ROLES})

    def play(self) -> Outcome:
        """Everything that is done in it, each in its time, and what becomes of it."""
        self.start = datetime.now(UTC) - self.scenario.booked_at * MINUTE
        self.booked = self.site.book(
            (self.scenario.booked_for - self.scenario.booked_at) * MINUTE_SECONDS,
            duration_minutes=self.scenario.duration_minutes * MINUTE_SECONDS / 60,
        )
        self._everybody_asks()
        try:
            for step in self.scenario.steps:
                due_at = self.start + step.at * MINUTE
                time.sleep(max((due_at - datetime.now(UTC)).total_seconds(), 0))
                carry_out(step, self)
            self.expect(lambda: is_settled(self.look()) and not self._left(), "its end, and nothing left")
        finally:
            for person in self.people.values():
                person.leave()
        self._everybody_asks()
        return outcome_of(self.look(), self.answers, self._left(), self.start, MINUTE)

    def look(self) -> dict[str, Any]:
        """See Player."""
        return self.site.server.meeting(self.booked["id"])

    def expect(self, holds: Callable[[], bool], what: str) -> None:
        """See Player."""
        try:
            eventually(holds, what, PATIENCE_SECONDS, every=LOOK_SECONDS)
        except AssertionError as error:
            problems = {role: person.problems[-3:] for role, person in self.people.items()}
            raise AssertionError(f"{error}; {self.look()}; {self._left()}; {problems}") from error

    def comes(self, role: str) -> None:
        """See Player."""
        self.people[role] = RfbPerson(self.site.server, self.booked, role, answers=self.answers[role])
        self.people[role].arrive()

    def is_inside(self, role: str) -> bool:
        """See Player."""
        return self.people[role].is_inside() and bool(self.site.segments(self.booked["id"], role))

    def leaves(self, role: str) -> None:
        """See Player."""
        self.people[role].leave()

    def dies(self, role: str) -> None:
        """See Player."""
        main = DesktopProcesses(self.site.data_dir).mains()[self.site.seat(self.booked["id"], role)["machine_id"]]
        os.kill(main.pid, signal.SIGKILL)
        self.expect(lambda: not main.runs(), f"the machine of {role} is dead")

    def cancelled(self) -> None:
        """See Player."""
        answer = self.site.server.request("POST", f"/meetings/{self.booked['id']}/cancel", json={})
        assert answer.status_code == 200, answer.text

    def moved_to(self, minute: float) -> None:
        """See Player."""
        body = {"meet_time": (self.start + minute * MINUTE).isoformat()}
        answer = self.site.server.request("PATCH", f"/meetings/{self.booked['id']}", json=body)
        assert answer.status_code == 200, answer.text

    def _everybody_asks(self) -> None:
        for role, answers in self.answers.items():
            path, params = f"/join/{self.booked['id']}/{role}", {"key": key_of(self.booked, role)}
            answer = self.site.server.request("GET", path, params=params)
            answers.append((answer.status_code, answer.json()))

    def _left(self) -> list[str]:
        """What is left of it, alarms included."""
        database = f"{(self.site.data_dir / FILE_NAME).as_uri()}?mode=ro"
        with closing(sqlite3.connect(database, uri=True)) as connection:
            rows = connection.execute("SELECT kind FROM alarms WHERE meeting_id = ?", [self.booked["id"]]).fetchall()
        return [*leftovers(self.site.data_dir, [self.booked["id"]]), *(f"alarm {kind}" for (kind,) in rows)]


def play_embedded(site: MeetingSite, scenarios: Sequence[Scenario]) -> Mapping[str, Outcome | BaseException]:
    """The outcome of each scenario by its name, or what went wrong in it."""
    with ThreadPoolExecutor(len(scenarios)) as pool:
        played = {each.name: pool.submit(EmbeddedPlayer(site, each).play) for each in scenarios}
        return {name: future.exception() or future.result() for name, future in played.items()}
