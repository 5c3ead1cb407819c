"""An installation on a data directory of its own, and a bomb around each of its outside calls."""

import functools
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from elephant.adapters.embedded import agent_process, agent_start, reaping, removal
from elephant.adapters.embedded.machine_folder import MachineFolder
from elephant.adapters.embedded.recordings import Recordings
from elephant.bootstrap.embedded import Embedded, build_embedded
from elephant.bootstrap.embedded_settings import EmbeddedSettings
from elephant.domain.meeting import DEFAULT_ROLES, Role
from elephant.usecases.cancel_meeting import cancel_meeting
from elephant.usecases.dns_watchdog import machine_is_gone, machine_is_running
from elephant.usecases.join_meeting import join_meeting
from elephant.usecases.launch_desktops import launch_desktops
from elephant.usecases.record_health import HealthReport, record_health
from elephant.usecases.record_session_data import record_session_data
from elephant.usecases.safety_net import safety_net
from elephant.usecases.schedule_meeting import Booking, schedule_meeting
from elephant.usecases.sweep import World, sweep
from elephant.usecases.terminator import terminator
from tests.support.desktop_processes import DesktopProcesses

KILLED = 137
PATIENCE_SECONDS = 40.0
T0 = datetime.now(UTC).replace(microsecond=0)
BEFORE, AFTER = "before", "after"


@dataclass
class Bomb:
    """Notes every outside call, and kills the process at the chosen one."""

    notes: Path
    at_call: int = 0
    phase: str = BEFORE
    calls: int = 0

    def guard(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call with the bomb around it."""

        @functools.wraps(call)
        def guarded(*args: object, **more: object) -> object:
            self.calls += 1
            mine = self.calls
            with self.notes.open("a") as file:
                file.write(f"{name}\n")
            if mine == self.at_call and self.phase == BEFORE:
                os._exit(KILLED)
            try:
                return call(*args, **more)
            finally:
                if mine == self.at_call:
                    os._exit(KILLED)

        return guarded


class Guarded:
    """A port whose writing methods carry the bomb."""

    def __init__(self, port: object, bomb: Bomb, kind: str, *methods: str) -> None:
        self._port = port
        for method in methods:
            setattr(self, method, bomb.guard(f"{kind}.{method}", getattr(port, method)))

    def __getattr__(self, name: str) -> object:
        found: object = getattr(self._port, name)
        return found


@dataclass
class Place:
    """One data directory, and an installation on it."""

    data_dir: Path
    embedded: Embedded = field(init=False)
    machines: Any = field(init=False)

    def __post_init__(self) -> None:
        settings = EmbeddedSettings(data_dir=self.data_dir, app="sleep 600", port=0)
        (self.data_dir / "run/api").mkdir(parents=True, exist_ok=True)
        self.data_dir.chmod(0o700)
        self.embedded = build_embedded(settings)
        self.world = self.embedded.service.world
        self.machines = self.embedded.machines

    def arm(self, bomb: Bomb, *, inside: bool) -> None:
        """Put the bomb around every outside call that changes something; `inside` the machines' own steps too."""
        self.machines = cast("Any", Guarded(self.embedded.machines, bomb, "machines", "launch", "terminate", "reap"))
        self.world = World(
            meetings=cast("Any", Guarded(self.world.meetings, bomb, "store", "create", "update")),
            machines=self.machines,
            addresses=cast("Any", Guarded(self.world.addresses, bomb, "addresses", "publish", "withdraw")),
            alarms=cast("Any", Guarded(self.world.alarms, bomb, "alarms", "set", "drop")),
        )
        inner: tuple[tuple[object, str, str], ...] = (
            (MachineFolder, "write_facts", "write machine.json"),
            (MachineFolder, "write_process", "write process.json"),
            (MachineFolder, "write_terminating", "write terminating.json"),
            (Recordings, "prepare", "make the recordings' directory"),
            (agent_start, "_write_agent_settings", "write agent.json"),
            (agent_start, "write_accounts", "write accounts"),
            (agent_process, "_spawn", "start bwrap"),
            (agent_process, "_read_pid", "hear bwrap's pid"),
            (reaping, "send_signal", "send a signal"),
            (reaping, "discard", "discard the directory"),
            (removal, "remove_tree", "remove a tree"),
        )
        for owner, name, words in inner if inside else ():
            setattr(owner, name, bomb.guard(words, getattr(owner, name)))

    @property
    def meeting_id(self) -> str:
        """The one meeting that `prepare` booked."""
        (meeting,) = self.world.meetings.page(is_open=None, before=None, limit=10)
        return meeting.id

    # what scenarios are made of

    def book(self, in_minutes: float = 0, *, roles: tuple[Role, ...] = DEFAULT_ROLES) -> None:
        schedule_meeting(
            Booking(
                names={role: f"The {role}" for role in roles},
                meet_time=(T0 + timedelta(minutes=in_minutes)).isoformat(),
                duration_minutes=60,
            ),
            meetings=self.world.meetings,
            alarms=self.world.alarms,
            call_url="",
            policy=self.embedded.service.policy,
            now=T0,
        )

    def launch(self) -> None:
        try:
            launch_desktops(self.meeting_id, **self.ports("meetings", "machines"), policy=self.policy, now=T0)
        finally:
            self.announce(T0)

    def announce(self, now: datetime) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        for machine in self.machines.of_meeting(self.meeting_id):
            # Waited for, so that every run makes the same calls.
            screen = self.data_dir / "run/machines" / machine.id / "run/vnc.sock"
            while not screen.is_socket() and time.monotonic() < until:
                time.sleep(0.01)
            machine_is_running(machine.id, **self.ports("meetings", "machines", "addresses"), now=now)

    def report(self, connected: int, now: datetime) -> None:
        for seat in self.world.meetings.get(self.meeting_id).seats:
            told = HealthReport(
                meeting_id=self.meeting_id,
                role=seat.role,
                machine_id=seat.machine_id or "",
                healthy=True,
                connected=connected,
            )
            record_health(told, **self.ports("meetings"), policy=self.policy, now=now)

    def join(self, now: datetime) -> None:
        meeting = self.world.meetings.get(self.meeting_id)
        keys = self.embedded.service.keys
        for role in meeting.roles:
            join_meeting(
                meeting.id,
                role,
                keys.key(meeting, role),
                **self.ports("meetings"),
                keys=keys,
                policy=self.policy,
                now=now,
            )

    def hand_in(self, now: datetime) -> None:
        for role in DEFAULT_ROLES:
            meeting = record_session_data(
                self.meeting_id, role, f"http://recordings.example/{role}", **self.ports("meetings"), now=now
            )
            terminator(meeting, **self.ports("meetings", "machines", "alarms"), policy=self.policy, now=now)

    def cancel(self, now: datetime) -> None:
        cancel_meeting(self.meeting_id, **self.ports("meetings", "machines", "alarms"), now=now)

    def net(self, now: datetime) -> None:
        safety_net(self.meeting_id, **self.ports("meetings", "machines", "alarms"), policy=self.policy, now=now)

    def sweep(self, now: datetime) -> list[str]:
        report = sweep(self.world, policy=self.policy, now=now)
        return [f"{type(action).__name__}: {problem}" for action, problem in report.failures]

    def reap(self, now: datetime, *, until_gone: bool = True) -> None:
        """As the server's rounds do, once a second; here until nothing is left that is to end."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            for machine in self.machines.reap(now):
                machine_is_gone(
                    machine.id,
                    machine.state,
                    **self.ports("meetings", "addresses"),
                    now=now,
                    meeting_id=machine.meeting_id,
                    role=machine.role,
                )
            if not until_gone or all(machine.state.is_live for machine in self.machines.owned()):
                return
            time.sleep(0.02)
        raise TimeoutError("the machines that were to end are still there")

    def wait_for_the_end(self) -> None:
        """Until no process is left, so that one reap removes everything."""
        until = time.monotonic() + PATIENCE_SECONDS
        while DesktopProcesses(self.data_dir).all() and time.monotonic() < until:
            time.sleep(0.02)

    def kill_a_desktop(self) -> None:
        main = next(iter(DesktopProcesses(self.data_dir).mains().values()))
        os.kill(main.pid, signal.SIGKILL)
        until = time.monotonic() + PATIENCE_SECONDS
        while main.runs() and time.monotonic() < until:
            time.sleep(0.01)

    def ports(self, *names: str) -> dict[str, Any]:
        """As the use cases take them."""
        return {name: getattr(self.world, name) for name in names}

    @property
    def policy(self) -> Any:  # noqa: ANN401  spares an import for one word
        """The design's numbers."""
        return self.embedded.service.policy


def minutes_later(count: float) -> datetime:
    """So many minutes after T0, when everything begins."""
    return T0 + timedelta(minutes=count)
