"""AWS around the functions, on a clock of its own, so that whole meetings can be played in a second.

moto is the table, its stream, EC2, Scheduler and Secrets Manager; a stand-in is Cloudflare. What moto lacks is supplied
here: schedules fire (and are deleted afterwards), EC2 tells of each state that an instance goes through, the stream is
filtered as the stack says (`stream_filter.py`) and handed over in batches (`table_stream.py`), asynchronous
invocations are tried again twice, and the sweep's rule fires every minute. `ec2_rules.py` supplies RunInstances'
ClientToken and the states themselves, `lambda_stand_in.py` takes Invoke, which moto would need Docker for; what it took
is run here. The functions run in this process, one after the other, each from its `handler`, with the environment and
the events that AWS would give it.

Faults: `calls.before_call` and `calls.after_call` see every outside call of a function and may raise, a Crash too;
`deliver` says what becomes of an event on its way to a function: nothing, once, twice.
"""

import heapq
import importlib
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

from elephant.adapters.dns import expected
from elephant.bootstrap import aws as bootstrap
from elephant.bootstrap import aws_clients
from elephant.domain.meeting import Meeting
from tests.support import sent_events
from tests.support.aws_desktops import AgentDesktops, Desktop, DesktopKind
from tests.support.aws_installation import HOST_TOKEN, AwsInstallation
from tests.support.builders import minutes
from tests.support.frail_ports import Crash
from tests.support.outside_calls import OutsideCalls
from tests.support.stream_filter import passes
from tests.support.table_stream import TableStream
from tests.support.watched_schedules import LAUNCHER_ARN, SAFETY_NET_ARN, Standing, standing

if TYPE_CHECKING:
    from tests.support.ec2_rules import Ec2Rules

Event = dict[str, Any]
MODULES = {
    "schedule-meeting": "schedule_meeting",
    "launch-ec2": "launch_ec2",
    "ElephantDNSWatchdog": "dns_watchdog",
    "dcv-url": "dcv_url",
    "agent": "agent",
    "meeting-safety-net": "meeting_safety_net",
    "terminator": "terminator",
    "sweep": "sweep",
}
FUNCTIONS = {LAUNCHER_ARN: "launch-ec2", SAFETY_NET_ARN: "meeting-safety-net"}
EC2_SETTLES_AFTER = timedelta(seconds=20)
STREAM_RETRIES_AFTER = timedelta(seconds=1)
ASYNC_RETRIES_AFTER = (minutes(1), minutes(2))


class Booked(NamedTuple):
    """A meeting's id, and the key of each seat by role."""

    id: str
    keys: dict[str, str]


class AwsDriver:
    """The world around one installation. Times are simulated; nothing happens but in `run_until` and what calls it."""

    def __init__(
        self, installation: AwsInstallation, rules: "Ec2Rules", calls: OutsideCalls, patch: pytest.MonkeyPatch,
        *, now: datetime,
    ) -> None:  # fmt: skip
        self.installation, self.rules, self.calls, self.now = installation, rules, calls, now
        self.sweeps = True
        # True lets each function's first run be in a new process: what others have read it has to read itself.
        self.first_runs_are_cold = False
        self.desktops: DesktopKind = AgentDesktops()
        self.deliver: Callable[[str, Event], Sequence[Event]] = lambda _function, event: [event]
        self.dead_letters: list[tuple[str, Event, BaseException]] = []
        self.stream = TableStream(
            installation.server, installation.table_name, lambda batch: self.invoke("terminator", batch)
        )
        self._agenda: list[tuple[datetime, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._states: dict[str, str] = {}
        self._looked_at = 0
        self._standing: list[Standing] | None = None
        self._is_written = True
        self._have_run: set[str] = set()
        self._stream_waits_until = now
        self._here: dict[tuple[str, str], Desktop] = {}
        for name, value in installation.environment.items():
            patch.setenv(name, value)
        patch.setattr(bootstrap, "utc_now", lambda: self.now)
        # On a busy machine moto may take longer than a function waits; what is asked for must not be left to that.
        for name in ("_ANSWER_SECONDS_IN_PASSING", "_ANSWER_SECONDS_OF_THE_TABLE", "_CONNECT_SECONDS"):
            patch.setattr(aws_clients, name, 30)
        # Nor must what took a moment look old: then more is read.
        patch.setattr(expected, "FRESH_SECONDS", 60.0)
        self.cold_start()
        self._sweep_every_minute()

    # what people do

    def request(
        self, function: str, method: str, target: str, *, body: object = None, is_host: bool = False,
        claims: Mapping[str, str] | None = None,
    ) -> tuple[int, Event]:  # fmt: skip
        """A request through API Gateway, maybe of the installation's own host or one whom its authorizer let in.

        The answer's status and content.
        """
        event = sent_events.http_request(method, target, self.now, body=body, claims=claims)
        if is_host:
            event["headers"]["authorization"] = f"Bearer {HOST_TOKEN}"
        answer = self.invoke(function, event)
        self.settle()
        return answer["statusCode"], json.loads(answer["body"])

    def book(
        self, meet_time: datetime, duration_minutes: float = 60, claims: Mapping[str, str] | None = None
    ) -> Booked:
        """A host books a meeting: the installation's own, or whom these claims name."""
        body = {
            "teacher_name": "Ada",
            "student_name": "Blaise",
            "meet_time": meet_time.isoformat(),
            "duration_minutes": duration_minutes,
        }
        status, content = self.request(
            "schedule-meeting", "POST", "/schedule", body=body, is_host=claims is None, claims=claims
        )
        assert status == 200, content
        links = [parse_qs(urlsplit(link).query) for name, link in content.items() if name.endswith("_link")]
        return Booked(content["id"], {link["role"][0]: link["key"][0] for link in links})

    def cancel(self, meeting: Booked) -> tuple[int, Event]:
        """A host cancels it."""
        return self.request("schedule-meeting", "POST", f"/meetings/{meeting.id}/cancel", is_host=True)

    def move(self, meeting: Booked, meet_time: datetime) -> tuple[int, Event]:
        """A host moves it."""
        body = {"meet_time": meet_time.isoformat()}
        return self.request("schedule-meeting", "PATCH", f"/meetings/{meeting.id}", body=body, is_host=True)

    def join(self, meeting: Booked, role: str) -> tuple[int, Event]:
        """Somebody follows their link, once."""
        return self.request("dcv-url", "GET", f"/join/{meeting.id}/{role}?key={meeting.keys[role]}")

    def sit_down(self, meeting: Booked, role: str) -> str:
        """Somebody follows their link, gets in, and is at the desktop until `leave`; where that is."""
        status, content = self.join(meeting, role)
        assert status == 200, content
        self._desktop(meeting, role).connected = 1
        url: str = content["dcv_url"]
        return url

    def leave(self, meeting: Booked, role: str) -> None:
        """Whoever is at the desktop leaves it for good."""
        desktop = self._desktop(meeting, role)
        desktop.connected = 0
        self.desktops.left(desktop)

    # what can be seen

    def meeting(self, meeting: Booked) -> Meeting:
        """The meeting as stored."""
        return bootstrap.aws().service.meetings.get(meeting.id)

    def row(self, meeting: Booked) -> Event:
        """The row of the meeting, with DynamoDB's types."""
        answer = self.installation.dynamodb.get_item(
            TableName=self.installation.table_name, Key={"id": {"S": meeting.id}}, ConsistentRead=True
        )
        return dict(answer["Item"])

    def machine_id(self, meeting: Booked, role: str) -> str:
        """The machine that the seat shows."""
        seat = self.meeting(meeting).seat(role)
        assert seat is not None
        assert seat.machine_id is not None
        return seat.machine_id

    def is_running(self, machine_id: str) -> bool:
        """True while the machine runs."""
        return any(each.id == machine_id and each.state == "running" for each in self.rules.instances)

    def leftovers(self) -> dict[str, list[str]]:
        """Everything that costs something or leads somewhere; all empty when nothing is left."""
        return {
            "machines": [each.id for each in self.rules.instances if each.state != "terminated"],
            "records": sorted(self.installation.records()),
            "schedules": [each.name for each in self.schedules()],
            "stream": [each["dynamodb"]["SequenceNumber"] for each in self.stream.abandoned],
            "dead letters": [function for function, _, _ in self.dead_letters],
        }

    def schedules(self) -> list[Standing]:
        """The schedules that stand, earliest first."""
        self._look_at_calls()
        if self._standing is None:
            self._standing = standing(self.installation.scheduler, self.installation.schedule_group)
        return self._standing

    # what others do to the table and to EC2

    def field_scan(self, machine_id: str) -> list[str]:
        """An image in the field looks for the meeting of its machine."""
        rows = self.installation.dynamodb.scan(TableName=self.installation.table_name)["Items"]
        return [
            row["id"]["S"]
            for row in rows
            if any(row.get(f"{role}_ec2_id", {}).get("S") == machine_id for role in ("teacher", "student"))
        ]

    def field_write(self, meeting_id: str, **values: str) -> None:
        """An image in the field writes into the table: some attributes, without a condition."""
        self.installation.dynamodb.update_item(
            TableName=self.installation.table_name,
            Key={"id": {"S": meeting_id}},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
            ExpressionAttributeNames={f"#{name}": name for name in values},
            ExpressionAttributeValues={f":{name}": {"S": value} for name, value in values.items()},
        )
        self._is_written = True

    def end_machine(self, machine_id: str) -> None:
        """A machine dies under whoever uses it."""
        self.installation.ec2.terminate_instances(InstanceIds=[machine_id])
        self.settle()

    # time

    def at(self, when: datetime, act: Callable[[], object]) -> None:
        """Do something then."""
        heapq.heappush(self._agenda, (when, next(self._order), act))

    def advance(self, **duration: float) -> None:
        """Play on for so many `minutes` or `seconds`."""
        self.run_until(self.now + timedelta(**duration))

    def run_until(self, until: datetime) -> None:
        """Play everything that is due up to and at that time, in its order."""
        self.settle()
        while True:
            alarm = next(iter(self.schedules()), None)
            acts_at = self._agenda[0][0] if self._agenda else None
            due = [when for when in (alarm and alarm.at, acts_at) if when is not None and when <= until]
            if not due:
                break
            self.now = max(self.now, min(due))
            if alarm is not None and alarm.at == min(due):
                self._fire(alarm)
            else:
                heapq.heappop(self._agenda)[2]()
            self.settle()
        self.now = until

    def settle(self) -> None:
        """Everything that follows at once: functions invoked, EC2's events, the stream."""
        while any([self._run_invoked(), self._tell_of_machines(), self._hand_over_stream()]):
            pass

    # functions

    def cold_start(self) -> None:
        """The next invocations run in a new process."""
        bootstrap.aws.cache_clear()

    def invoke(self, function: str, event: object) -> Any:  # noqa: ANN401  a handler's answer
        """Run a function and return its answer, or raise what it raises; after a Crash the next one starts cold."""
        module = importlib.import_module(f"elephant.entrypoints.lambdas.{MODULES[function]}")
        if self.first_runs_are_cold and function not in self._have_run:
            self.cold_start()
        self._have_run.add(function)
        try:
            with self.calls.of(function, event):
                answer = module.handler(json.loads(json.dumps(event)), None)
        except Crash:
            self.cold_start()
            raise
        # What is no JSON would fail the function when it has done everything.
        return json.loads(json.dumps(answer))

    def invoke_later(self, function: str, event: Event, failures: int = 0) -> None:
        """An asynchronous invocation: now, and again when it failed."""
        for delivered in self.deliver(function, event) if failures == 0 else [event]:
            try:
                self.invoke(function, delivered)
            except (Exception, Crash) as error:  # noqa: BLE001  as Lambda does
                if failures == len(ASYNC_RETRIES_AFTER):
                    self.dead_letters.append((function, delivered, error))
                    continue
                again = self._again(function, delivered, failures + 1)
                self.at(self.now + ASYNC_RETRIES_AFTER[failures], again)

    def _again(self, function: str, event: Event, failures: int) -> Callable[[], None]:
        return lambda: self.invoke_later(function, event, failures)

    def _fire(self, alarm: Standing) -> None:
        """A schedule that its function has set anew meanwhile stands; any other is deleted after it was delivered."""
        self.invoke_later(FUNCTIONS[alarm.target_arn], alarm.payload)
        if alarm in self.schedules():
            group = self.installation.schedule_group
            self.installation.scheduler.delete_schedule(Name=alarm.name, GroupName=group)
            self._standing = None

    def _run_invoked(self) -> bool:
        invoked = self.installation.functions.take()
        for arn, payload in invoked:
            self.invoke_later(FUNCTIONS[arn], payload)
        return bool(invoked)

    def _sweep_every_minute(self) -> None:
        next_minute = (self.now + minutes(1)).replace(second=0, microsecond=0)

        def fire() -> None:
            if self.sweeps:
                self.invoke_later("sweep", sent_events.every_minute(self.now))
            self._sweep_every_minute()

        self.at(next_minute, fire)

    def _look_at_calls(self) -> None:
        """Note what the functions have changed since the last time, so that nothing else need be looked at."""
        for invocation in self.calls.invocations[self._looked_at :]:
            for call in invocation.calls:
                if call.service == "scheduler":
                    self._standing = None
                if call.operation in {"PutItem", "UpdateItem"}:
                    self._is_written = True
        self._looked_at = len(self.calls.invocations)

    def _hand_over_stream(self) -> bool:
        self._look_at_calls()
        records = list(filter(passes, self.stream.new_records())) if self._is_written else []
        self._is_written = False
        self.stream.add([each for record in records for each in self.deliver("terminator", record)])
        if self.now >= self._stream_waits_until and not self.stream.deliver():
            self._stream_waits_until = self.now + STREAM_RETRIES_AFTER
            self.at(self._stream_waits_until, self._hand_over_stream)
        return bool(records)

    # EC2

    def _tell_of_machines(self) -> bool:
        """Say of each instance whose state is another than the last time what it is now."""
        changed = [each for each in self.rules.instances if self._states.get(each.id) != each.state]
        for instance in changed:
            self._states[instance.id] = instance.state
            if instance.state in {"pending", "shutting-down"}:
                self.at(self.now + EC2_SETTLES_AFTER, self.rules.settle)
            if instance.state == "pending":
                instance.launch_time = self.now
            if instance.state == "running":
                self._boot(instance)
            self.invoke_later("ElephantDNSWatchdog", sent_events.state_change(instance.id, instance.state, self.now))
        return bool(changed)

    def _boot(self, instance: Any) -> None:  # noqa: ANN401  moto's
        tags = {tag["key"]: tag["value"] for tag in instance.get_tags()}
        if "MeetingID" in tags:
            token = self.rules.told(instance.id).get("token", "")
            desktop = Desktop(self, instance.id, tags["MeetingID"], tags["Role"], token)
            self._here[desktop.meeting_id, desktop.role] = desktop
            self.desktops.boot(desktop)

    def _desktop(self, meeting: Booked, role: str) -> Desktop:
        desktop = self._here[meeting.id, role]
        assert self.is_running(desktop.machine_id), "nobody can be at a machine that does not run"
        return desktop
