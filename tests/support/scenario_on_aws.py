"""Scenarios played on the functions on AWS, all at once in one installation, on the driver's clock."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from elephant.domain.meeting import DEFAULT_ROLES
from tests.support.aws_desktops import AgentDesktops, Desktop
from tests.support.aws_driver import AwsDriver, Booked, Event
from tests.support.builders import minutes
from tests.support.scenarios import Answer, Outcome, Scenario, carry_out, outcome_of

ASKS_EVERY = timedelta(seconds=20)
PLAYED_FOR = minutes(36)


@dataclass
class RecordingDesktops(AgentDesktops):
    """Desktops that hand in what they have recorded, as ours do, also when they are told to end."""

    recorded: dict[str, Desktop] = field(default_factory=dict)
    _booted: dict[str, Desktop] = field(default_factory=dict)

    def boot(self, desktop: Desktop) -> None:
        """See DesktopKind."""
        self._booted[desktop.machine_id] = desktop
        super().boot(desktop)

    def left(self, desktop: Desktop) -> None:
        """See DesktopKind."""
        del self.recorded[desktop.machine_id]
        super().left(desktop)

    def somebody_sat_down(self, machine_id: str) -> None:
        """From now on there is a recording."""
        self.recorded[machine_id] = self._booted[machine_id]

    def told_to_end(self, machine_id: str) -> None:
        """Its operating system shuts down."""
        desktop = self.recorded.pop(machine_id, None)
        if desktop is not None:
            self._hand_in(desktop)


class AwsPlayer:
    """See Player; `start` is the meeting's start in the end."""

    def __init__(self, driver: AwsDriver, desktops: RecordingDesktops, scenario: Scenario) -> None:
        self.scenario = scenario
        self.start = driver.now - minutes(scenario.booked_at)
        self.problem: BaseException | None = None
        self._driver, self._desktops = driver, desktops
        self._answers: dict[str, list[Answer]] = {role: [] for role in DEFAULT_ROLES}
        self._inside: set[str] = set()
        self._at(driver.now, self._book)
        for step in scenario.steps:
            self._at(self.start + minutes(step.at), partial(carry_out, step, self))

    def _at(self, when: datetime, act: Callable[[], object]) -> None:
        """Do something then; what goes wrong in one meeting is not the others' trouble."""

        def carefully() -> None:
            if self.problem is None:
                try:
                    act()
                except AssertionError as error:
                    self.problem = error

        self._driver.at(when, carefully)

    def _book(self) -> None:
        time = self.start + minutes(self.scenario.booked_for)
        self._booked: Booked = self._driver.book(time, self.scenario.duration_minutes)
        for role in DEFAULT_ROLES:
            self._ask(role)

    def _ask(self, role: str) -> int:
        answer = self._driver.join(self._booked, role)
        self._answers[role].append(answer)
        return answer[0]

    def look(self) -> dict[str, Any]:
        """See Player."""
        status, meeting = self._driver.request("schedule-meeting", "GET", f"/meetings/{self._booked.id}", is_host=True)
        assert status == 200, meeting
        return meeting

    def expect(self, holds: Callable[[], bool], what: str) -> None:
        """See Player."""
        assert holds(), f"not so at that time: {what}; {self.look()}"

    def comes(self, role: str) -> None:
        """See Player."""
        status = self._ask(role)
        if status == 200:
            self._driver.sit_down(self._booked, role)
            self._desktops.somebody_sat_down(self._driver.machine_id(self._booked, role))
            self._inside.add(role)
        elif status == 202:
            self._at(self._driver.now + ASKS_EVERY, partial(self.comes, role))

    def is_inside(self, role: str) -> bool:
        """See Player."""
        return role in self._inside and self._driver.is_running(self._driver.machine_id(self._booked, role))

    def leaves(self, role: str) -> None:
        """See Player."""
        self._inside.discard(role)
        self._driver.leave(self._booked, role)

    def dies(self, role: str) -> None:
        """See Player."""
        self._driver.end_machine(self._driver.machine_id(self._booked, role))

    def cancelled(self) -> None:
        """See Player."""
        assert self._driver.cancel(self._booked)[0] == 200

    def moved_to(self, minute: float) -> None:
        """See Player."""
        assert self._driver.move(self._booked, self.start + minutes(minute))[0] == 200

    def outcome(self) -> Outcome:
        """What became of it."""
        for role in DEFAULT_ROLES:
            self._ask(role)
        return outcome_of(self.look(), self._answers, self._left(), self.start, minutes(1))

    def _left(self) -> list[str]:
        everything = self._driver.leftovers()
        machines = {
            each.id
            for each in self._driver.rules.instances
            if {"key": "MeetingID", "value": self._booked.id} in each.get_tags()
        }
        return [
            *machines.intersection(everything["machines"]),
            *(name for name in everything["records"] if any(each in name for each in machines)),
            *(name for name in everything["schedules"] if self._booked.id in name),
        ]


def play_on_aws(driver: AwsDriver, scenarios: Sequence[Scenario]) -> Mapping[str, Outcome | BaseException]:
    """The outcome of each scenario by its name, or what went wrong in it."""
    driver.desktops = desktops = RecordingDesktops()

    def on_its_way(function: str, event: Event) -> list[Event]:
        if function == "ElephantDNSWatchdog" and event["detail"]["state"] == "shutting-down":
            desktops.told_to_end(event["detail"]["instance-id"])
        return [event]

    driver.deliver = on_its_way
    players = [AwsPlayer(driver, desktops, scenario) for scenario in scenarios]
    driver.run_until(driver.now + PLAYED_FOR)
    outcomes = {each.scenario.name: each.problem or each.outcome() for each in players}
    assert not any(driver.leftovers().values()), driver.leftovers()
    return outcomes
