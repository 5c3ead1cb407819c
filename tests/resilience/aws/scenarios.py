"""For each function, a world right before the event that it is there for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from elephant.domain.meeting import EndReason
from tests.resilience.aws.people import NotedDesktops, People
from tests.support import sent_events
from tests.support.aws_driver import AwsDriver, Booked
from tests.support.aws_installation import HOST_TOKEN
from tests.support.builders import TEACHER, at

Event = dict[str, Any]
GOOD = frozenset({EndReason.EARLY_SUCCESS, EndReason.SUCCESS})


@dataclass
class Stage:
    """A prepared world and whoever is in it."""

    driver: AwsDriver
    desktops: NotedDesktops = field(default_factory=NotedDesktops)
    people: People = field(init=False)

    def __post_init__(self) -> None:
        self.driver.desktops = self.desktops
        self.people = People(self.driver, self.desktops, None)

    @property
    def meeting(self) -> Booked:
        """The meeting that was booked."""
        assert self.people.meeting is not None
        return self.people.meeting

    def book(self) -> None:
        """A meeting of five minutes, in four."""
        self.people.meeting = self.driver.book(at(0), duration_minutes=5)

    def play(self, until_minute: float) -> None:
        """Minute by minute, with the people in it."""
        minute = round((self.driver.now - at(0)).total_seconds() / 60 + 0.5)
        while minute <= until_minute:
            self.driver.run_until(at(minute))
            self.people.a_minute_passes(minute)
            self.people.look_around()
            minute += 1
        self.driver.run_until(at(until_minute))

    def caught(self, function: str, until_minute: float, want: Callable[[Event], bool] = lambda _event: True) -> Event:
        """The first such event on its way to the function, which it does not reach."""
        found: list[Event] = []

        def catch(name: str, event: Event) -> list[Event]:
            if name == function and not found and want(event):
                found.append(event)
                return []
            return [event]

        self.driver.deliver = catch
        self.play(until_minute)
        self.driver.deliver = lambda _function, event: [event]
        (event,) = found
        return event


@dataclass(frozen=True)
class Scenario:
    """`prepare` returns the event; `ends` are the reasons for which its meeting may end after any mishap."""

    function: str
    what: str
    prepare: Callable[[Stage], Event]
    ends: frozenset[EndReason] = GOOD


def _schedule(stage: Stage) -> Event:
    body = {"teacher_name": "Ada", "student_name": "Blaise", "meet_time": at(0).isoformat(), "duration_minutes": 5}
    event = sent_events.http_request("POST", "/schedule", stage.driver.now, body=body)
    event["headers"]["authorization"] = f"Bearer {HOST_TOKEN}"
    return event


def _cancel(stage: Stage) -> Event:
    stage.book()
    stage.people.come = False
    stage.play(-1)
    event = sent_events.http_request("POST", f"/meetings/{stage.meeting.id}/cancel", stage.driver.now)
    event["headers"]["authorization"] = f"Bearer {HOST_TOKEN}"
    return event


def _launch(stage: Stage) -> Event:
    stage.book()
    stage.driver.sweeps = False
    return stage.caught("launch-ec2", -2)


def _running(stage: Stage) -> Event:
    stage.book()
    return stage.caught("ElephantDNSWatchdog", -1.5, _is_about("running"))


def _going(stage: Stage) -> Event:
    stage.book()
    stage.play(-1)
    machine_id = stage.driver.machine_id(stage.meeting, TEACHER)
    stage.driver.installation.ec2.terminate_instances(InstanceIds=[machine_id])
    return stage.caught("ElephantDNSWatchdog", -1, _is_about("shutting-down"))


def _gone_and_over(stage: Stage) -> Event:
    stage.book()
    stage.people.come = False
    stage.play(-1)
    stage.driver.deliver = lambda function, event: [] if function == "ElephantDNSWatchdog" else [event]
    stage.driver.sweeps = False
    stage.driver.cancel(stage.meeting)
    return stage.caught("ElephantDNSWatchdog", -0.5, _is_about("terminated"))


def _join(stage: Stage) -> Event:
    stage.book()
    stage.people.come = False
    stage.play(0)
    stage.people.come = True
    meeting = stage.meeting
    target = f"/join/{meeting.id}/{TEACHER}?key={meeting.keys[TEACHER]}"
    return sent_events.http_request("GET", target, stage.driver.now)


def _report(stage: Stage) -> Event:
    """A desktop's first word, a little before it would say it by itself."""
    stage.book()
    stage.play(-1)
    machine_id = stage.driver.machine_id(stage.meeting, TEACHER)
    stage.desktops.warm.add(machine_id)
    body = {"machine_id": machine_id, "healthy": True, "connected": 0}
    event = sent_events.http_request("POST", "/agent/health", stage.driver.now, body=body)
    event["headers"]["authorization"] = f"Bearer {stage.driver.rules.told(machine_id)['token']}"
    return event


def _nobody_came(stage: Stage) -> Event:
    stage.book()
    stage.people.come = False
    stage.play(2)
    stage.driver.sweeps = False
    return stage.caught("meeting-safety-net", 3)


def _they_are_there(stage: Stage) -> Event:
    stage.book()
    stage.people.leave_at = 5
    stage.play(2)
    stage.driver.sweeps = False
    return stage.caught("meeting-safety-net", 3)


def data_is_in(stage: Stage) -> Event:
    """Both have left and handed in their data; the record of the stream that says so."""
    stage.book()
    stage.people.leave_at = 4
    stage.play(4)
    stage.driver.sweeps = False
    # by then nobody has been seen at a desktop for long enough, and the net has not looked again
    record = stage.caught("terminator", 4.9, _has_all_data)
    return {"Records": [record]}


def _sweep_launches(stage: Stage) -> Event:
    stage.book()
    stage.driver.sweeps = False
    stage.caught("launch-ec2", -2)
    return sent_events.every_minute(stage.driver.now)


def _sweep_ends(stage: Stage) -> Event:
    _nobody_came(stage)
    return sent_events.every_minute(stage.driver.now)


def _sweep_mends(stage: Stage) -> Event:
    """One seat's machine runs and no event told of it, the other's died likewise and left its record."""
    stage.book()
    stage.driver.sweeps = False
    stage.caught("ElephantDNSWatchdog", -1, _is_about("running"))
    dead = stage.driver.machine_id(stage.meeting, TEACHER)
    stage.driver.deliver = lambda function, event: [] if function == "ElephantDNSWatchdog" else [event]
    stage.driver.end_machine(dead)
    stage.driver.deliver = lambda _function, event: [event]
    return sent_events.every_minute(stage.driver.now)


def _is_about(state: str) -> Callable[[Event], bool]:
    return lambda event: bool(event["detail"]["state"] == state)


def _has_all_data(record: Event) -> bool:
    image = record["dynamodb"].get("NewImage", {})
    return {"teacher_session_data", "student_session_data"} <= set(image) and "ended_at" not in image


SCENARIOS: Mapping[str, Scenario] = {
    "schedule": Scenario("schedule-meeting", "books a meeting", _schedule, frozenset({EndReason.NO_SHOW_TIMEOUT})),
    "cancel": Scenario(
        "schedule-meeting",
        "cancels a meeting whose machines run",
        _cancel,
        frozenset({EndReason.CANCELLED, EndReason.NO_SHOW_TIMEOUT}),
    ),
    "launch": Scenario("launch-ec2", "starts two machines", _launch),
    "running": Scenario("ElephantDNSWatchdog", "`running`: publishes the address", _running),
    "going": Scenario("ElephantDNSWatchdog", "`shutting-down` in an open meeting: a machine died", _going),
    "gone": Scenario(
        "ElephantDNSWatchdog",
        "`terminated` after the end, `shutting-down` lost",
        _gone_and_over,
        frozenset({EndReason.CANCELLED}),
    ),
    "join": Scenario("dcv-url", "first join", _join),
    "report": Scenario("agent", "a desktop says that it works", _report),
    "net-ends": Scenario(
        "meeting-safety-net", "ends what nobody came to", _nobody_came, frozenset({EndReason.NO_SHOW_TIMEOUT})
    ),
    "net-keeps": Scenario("meeting-safety-net", "keeps what people are in", _they_are_there),
    "terminator": Scenario("terminator", "ends what has all its data", data_is_in),
    "sweep-launches": Scenario("sweep", "starts what the lost alarm did not", _sweep_launches),
    "sweep-ends": Scenario(
        "sweep", "ends what the lost alarm did not", _sweep_ends, frozenset({EndReason.NO_SHOW_TIMEOUT})
    ),
    "sweep-mends": Scenario("sweep", "mends one seat and replaces the dead machine of the other", _sweep_mends),
}
