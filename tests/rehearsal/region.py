"""What AWS does around the functions, by the wall clock: EC2's events, the stream, schedules, the sweep's rule.

moto is the table, its stream, EC2, Scheduler, Secrets Manager and S3; `ec2_rules.py` and `lambda_stand_in.py` say what
it lacks. The sweep's rule fires every few seconds here instead of every minute, as everything else is shortened.
"""

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.rehearsal.functions import Functions
from tests.rehearsal.installation import Installation
from tests.rehearsal.machines import Machines
from tests.rehearsal.timeline import Timeline
from tests.support import sent_events
from tests.support.aws_server import AwsServer
from tests.support.bind_server import BindServer
from tests.support.lambda_stand_in import LambdaStandIn
from tests.support.stream_filter import passes
from tests.support.table_stream import TableStream
from tests.support.watched_schedules import standing

if TYPE_CHECKING:
    from tests.support.ec2_rules import Ec2Rules

TURN_SECONDS = 0.2
SWEEP_SECONDS = 5.0
EC2_SETTLES_SECONDS = 1.0


class Region:
    """A context manager around one thread that looks at everything and passes it on."""

    def __init__(
        self,
        functions: Functions,
        server: AwsServer,
        rules: "Ec2Rules",
        invoked: LambdaStandIn,
        machines: Machines,
        name_server: BindServer,
        timeline: Timeline,
        *,
        installation: Installation,
    ) -> None:
        self._functions, self._rules, self._invoked, self._timeline = functions, rules, invoked, timeline
        self._machines, self._group, self._name_server = machines, installation.schedule_group, name_server
        self._records: set[str] = set()
        told = installation.environments["schedule-meeting"]
        self._function_of = {told["LAUNCHER_ARN"]: "launch-ec2", told["SAFETY_NET_ARN"]: "meeting-safety-net"}
        self._scheduler = server.client("scheduler")
        self.stream = TableStream(server, installation.table_name, lambda batch: functions.invoke("terminator", batch))
        self._states: dict[str, str] = {}
        self._changed_at: dict[str, datetime] = {}
        self._sweeps_at = datetime.now(UTC)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="region")
        self._failure: BaseException | None = None

    def __enter__(self) -> "Region":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def check(self) -> None:
        """Raises what stopped it."""
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            while not self._stop.wait(TURN_SECONDS):
                self._turn(datetime.now(UTC))
        except BaseException as error:  # noqa: BLE001  told by whoever waits
            self._failure = error

    def _turn(self, now: datetime) -> None:
        for arn, payload in self._invoked.take():
            self._timeline.say("Lambda", f"invokes {self._function_of[arn]} at once")
            self._functions.invoke_later(self._function_of[arn], payload)
        self._tell_of_machines(now)
        self._tell_of_records()
        self.stream.add(list(filter(passes, self.stream.new_records())))
        self.stream.deliver()
        self._fire_schedules(now)
        if (now - self._sweeps_at).total_seconds() >= SWEEP_SECONDS:
            self._sweeps_at = now
            self._functions.invoke_later("sweep", sent_events.every_minute(now))

    def _tell_of_machines(self, now: datetime) -> None:
        self._machines.end_those_that_shut_down()
        waits = any((now - when).total_seconds() >= EC2_SETTLES_SECONDS for when in self._changed_at.values())
        if waits and not self._machines.are_ending:
            self._changed_at.clear()
            self._rules.settle()
        for instance in self._rules.instances:
            state = instance.state
            if self._states.get(instance.id) == state:
                continue
            self._states[instance.id] = state
            self._timeline.say("EC2", f"{instance.id} is {state}")
            if state in {"pending", "shutting-down"}:
                self._changed_at[instance.id] = now
            if state == "running":
                self._machines.boot(instance.id)
            if state == "shutting-down":
                self._machines.end(instance.id)
            if state != "pending":
                event = sent_events.state_change(instance.id, state, now)
                self._functions.invoke_later("ElephantDNSWatchdog", event)

    def _tell_of_records(self) -> None:
        records = {f"{name} A {value}" for name, kind, value in self._name_server.content() if kind == "A"}
        for record in sorted(records - self._records):
            self._timeline.say("DNS", record)
        for record in sorted(self._records - records):
            self._timeline.say("DNS", f"{record} is gone")
        self._records = records

    def _fire_schedules(self, now: datetime) -> None:
        for schedule in standing(self._scheduler, self._group):
            if schedule.at <= now:
                try:
                    self._scheduler.delete_schedule(Name=schedule.name, GroupName=self._group)
                except self._scheduler.exceptions.ResourceNotFoundException:
                    continue  # a function dropped it just now
                self._timeline.say("Scheduler", f"{schedule.name} is due")
                self._functions.invoke_later(self._function_of[schedule.target_arn], schedule.payload)
