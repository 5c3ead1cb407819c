"""Dies before or after each single outside call of a use case, starts again, sweeps once, and says what it found.

`crash_points.py DIRECTORY SCENARIO` prints one JSON line per crash. Every step is a process of its own (a fork of this
one, which itself opens nothing), so that death is death: no `finally`, no lock, no buffer survives it.
"""

import contextlib
import functools
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from elephant.adapters.embedded import agent_process, agent_start, reaping, removal
from elephant.adapters.embedded.machine_folder import MachineFolder
from elephant.adapters.embedded.recordings import Recordings
from elephant.bootstrap import embedded
from elephant.bootstrap.embedded import Embedded, build_embedded
from elephant.bootstrap.embedded_settings import EmbeddedSettings
from elephant.domain.meeting import DEFAULT_ROLES, EndReason, Meeting, Role
from elephant.ports.alarms import AlarmKind
from elephant.ports.errors import MachineNotFound
from elephant.usecases.cancel_meeting import cancel_meeting
from elephant.usecases.dns_watchdog import machine_is_gone, machine_is_running
from elephant.usecases.end_meeting import end_meeting
from elephant.usecases.extend_meeting import extend_meeting
from elephant.usecases.join_meeting import join_meeting
from elephant.usecases.launch_desktops import launch_desktops
from elephant.usecases.record_health import HealthReport, record_health
from elephant.usecases.record_session_data import record_session_data
from elephant.usecases.reschedule_meeting import Move, reschedule_meeting
from elephant.usecases.safety_net import safety_net
from elephant.usecases.schedule_meeting import Booking, schedule_meeting
from elephant.usecases.sweep import World, sweep
from elephant.usecases.terminator import terminator
from tests.integration.adapters.embedded.stub_agent import stub_agent_command
from tests.support.desktop_processes import DesktopProcesses, Process, name_of

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


class _Guarded:
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
        self.machines = cast("Any", _Guarded(self.embedded.machines, bomb, "machines", "launch", "terminate", "reap"))
        self.world = World(
            meetings=cast("Any", _Guarded(self.world.meetings, bomb, "store", "create", "update")),
            machines=self.machines,
            addresses=cast("Any", _Guarded(self.world.addresses, bomb, "addresses", "publish", "withdraw")),
            alarms=cast("Any", _Guarded(self.world.alarms, bomb, "alarms", "set", "drop")),
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
            launch_desktops(self.meeting_id, **self._ports("meetings", "machines"), policy=self.policy, now=T0)
        finally:
            self.announce(T0)

    def announce(self, now: datetime) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        for machine in self.machines.of_meeting(self.meeting_id):
            # Waited for, so that every run makes the same calls.
            screen = self.data_dir / "run/machines" / machine.id / "run/vnc.sock"
            while not screen.is_socket() and time.monotonic() < until:
                time.sleep(0.01)
            machine_is_running(machine.id, **self._ports("meetings", "machines", "addresses"), now=now)

    def report(self, connected: int, now: datetime) -> None:
        for seat in self.world.meetings.get(self.meeting_id).seats:
            told = HealthReport(
                meeting_id=self.meeting_id,
                role=seat.role,
                machine_id=seat.machine_id or "",
                healthy=True,
                connected=connected,
            )
            record_health(told, **self._ports("meetings"), policy=self.policy, now=now)

    def join(self, now: datetime) -> None:
        meeting = self.world.meetings.get(self.meeting_id)
        keys = self.embedded.service.keys
        for role in meeting.roles:
            join_meeting(
                meeting.id,
                role,
                keys.key(meeting, role),
                **self._ports("meetings"),
                keys=keys,
                policy=self.policy,
                now=now,
            )

    def hand_in(self, now: datetime) -> None:
        for role in DEFAULT_ROLES:
            meeting = record_session_data(
                self.meeting_id, role, f"http://recordings.example/{role}", **self._ports("meetings"), now=now
            )
            terminator(meeting, **self._ports("meetings", "machines", "alarms"), policy=self.policy, now=now)

    def cancel(self, now: datetime) -> None:
        cancel_meeting(self.meeting_id, **self._ports("meetings", "machines", "alarms"), now=now)

    def net(self, now: datetime) -> None:
        safety_net(self.meeting_id, **self._ports("meetings", "machines", "alarms"), policy=self.policy, now=now)

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
                    **self._ports("meetings", "addresses"),
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

    def _ports(self, *names: str) -> dict[str, Any]:
        return {name: getattr(self.world, name) for name in names}

    @property
    def policy(self) -> Any:  # noqa: ANN401  spares an import for one word
        """The design's numbers."""
        return self.embedded.service.policy


@dataclass(frozen=True)
class Scenario:
    """`prepare` happens in peace, `act` under the bomb; the sweep after it is at `T0 + after_minutes`.

    `inside` dies at every step of launching and ending a machine too; such a meeting has one seat, so that the steps
    of two machines do not mix.
    """

    act: Callable[[Place], object]
    prepare: Callable[[Place], object] = lambda _place: None
    after_minutes: float = 1
    inside: bool = False


def _in_order(*steps: Callable[[Place], object]) -> Callable[[Place], None]:
    def run(place: Place) -> None:
        for step in steps:
            step(place)

    return run


def _minutes(count: float) -> datetime:
    return T0 + timedelta(minutes=count)


def _book_one(place: Place) -> None:
    place.book(roles=DEFAULT_ROLES[:1])


def _ready(place: Place) -> None:
    place.book()
    place.launch()
    place.report(0, T0)


def _cancel_and_reap(place: Place) -> None:
    place.cancel(T0)
    place.wait_for_the_end()
    place.reap(T0)


def _orphans(place: Place) -> None:
    """A meeting marked over whose machines run still, as a crash of long ago may have left it."""
    _ready(place)
    end = cast("Any", _Guarded(place.world.machines, Bomb(Path(os.devnull)), "machines"))
    end.terminate = lambda *_: None
    end_meeting(
        place.meeting_id,
        EndReason.CANCELLED,
        "a test asked",
        meetings=place.world.meetings,
        machines=end,
        alarms=place.world.alarms,
        now=T0,
    )


def _reschedule(place: Place) -> None:
    move = Move(meet_time=_minutes(90).isoformat())
    reschedule_meeting(place.meeting_id, move, **place._ports("meetings", "alarms"), policy=place.policy, now=T0)


def _extend(place: Place) -> None:
    extend_meeting(place.meeting_id, 5, **place._ports("meetings"), policy=place.policy, now=T0)


SCENARIOS: dict[str, Scenario] = {
    "schedule": Scenario(lambda place: place.book(60)),
    "reschedule": Scenario(_reschedule, lambda place: place.book(60)),
    "launch": Scenario(Place.launch, _book_one, inside=True),
    "launch two": Scenario(Place.launch, Place.book),
    "health and join": Scenario(
        _in_order(lambda place: place.report(0, T0), lambda place: place.join(T0), lambda place: place.report(1, T0)),
        _in_order(_book_one, Place.launch),
    ),
    "extend": Scenario(_extend, _in_order(_book_one, Place.launch)),
    "cancel": Scenario(
        _cancel_and_reap,
        _in_order(_book_one, Place.launch),
        inside=True,
    ),
    "cancel two": Scenario(_cancel_and_reap, _ready),
    "net lets go on": Scenario(
        lambda place: place.net(_minutes(15)), _in_order(_ready, lambda place: place.join(T0)), 16
    ),
    "net ends": Scenario(lambda place: place.net(_minutes(15)), _ready, 16),
    "terminator": Scenario(
        lambda place: place.hand_in(_minutes(20)), _in_order(_ready, lambda place: place.join(T0)), 21
    ),
    "a desktop dies": Scenario(
        _in_order(lambda place: place.reap(T0, until_gone=False), lambda place: place.sweep(T0)),
        _in_order(_ready, Place.kill_a_desktop),
    ),
    "sweep launches": Scenario(lambda place: place.sweep(T0), Place.book),
    "sweep ends": Scenario(lambda place: place.sweep(T0), _orphans),
}


def check(place: Place, now: datetime) -> list[str]:
    """What does not hold of I1 to I5; read from /proc, the directory and the store."""
    found: list[str] = []
    meetings = {each.id: each for each in place.world.meetings.page(is_open=None, before=None, limit=10)}
    seats: dict[tuple[str, str], Process] = {}
    for process in DesktopProcesses(place.data_dir).mains().values():
        meeting = meetings.get(process.meeting_id)
        if meeting is None or meeting.is_over or now >= meeting.deadline:
            found.append(f"I1: {process.machine_id} has no open meeting")
            continue
        seat = meeting.seat(process.role)
        if seat is None or seat.machine_id != process.machine_id:
            found.append(f"I1: the seat does not know {process.machine_id}")
        if (process.meeting_id, process.role) in seats:
            found.append(f"I2: two machines for {process.role}")
        if name_of(process.pid) in {"bwrap", "setpriv"}:
            found.append(f"{process.machine_id} is stuck on its way into the sandbox")
        seats[process.meeting_id, process.role] = process
    live = {process.machine_id for process in seats.values()}
    found.extend(
        f"I3: {record.name} leads nowhere"
        for record in place.world.addresses.published()
        if record.machine_id not in live
    )
    found.extend(problem for meeting in meetings.values() for problem in check_meeting(meeting, live, now))
    return found


def check_meeting(meeting: Meeting, live: set[str], now: datetime) -> list[str]:
    """What does not hold of I4 and I5, and whether anybody due a machine has none."""
    found: list[str] = []
    if meeting.is_over != (meeting.termination_reason is not None):
        found.append("I4: over without a reason, or a reason without an end")
    due = meeting.meet_time - timedelta(minutes=10) <= now < meeting.deadline
    for seat in meeting.seats:
        if seat.is_ready and not meeting.is_over and seat.machine_id not in live:
            found.append(f"I5: the seat of {seat.role} offers a machine that is gone")
        if due and not meeting.is_over and seat.session_data is None and seat.machine_id not in live:
            found.append(f"nobody launched for {seat.role}")
    return found


def recover(place: Place, scenario: Scenario) -> dict[str, object]:
    """The restart, one sweep, and what holds after it; then the end of everything, and what is left after that."""
    now = _minutes(scenario.after_minutes)
    place.embedded.alive.take_over()
    reasons = {
        each.id: each.termination_reason for each in place.world.meetings.page(is_open=None, before=None, limit=10)
    }
    failures = [each for each in place.sweep(now) if "has no screen yet" not in each]
    place.reap(now)
    found = check(place, now)
    known = place.world.meetings.page(is_open=None, before=None, limit=10)
    for meeting in known:
        before = reasons.get(meeting.id)
        if before is not None and meeting.termination_reason != before:
            found.append(f"I4: {before} became {meeting.termination_reason}")
    outcome = ", ".join(meeting.termination_reason or meeting.status for meeting in known) or "not booked"
    for meeting in known:
        if not meeting.is_over:
            with contextlib.suppress(MachineNotFound):
                place.cancel(now)
    place.reap(now)
    place.sweep(now)
    ring_what_is_left(place)
    return {"outcome": outcome, "violations": [*found, *failures], "left": left_over(place)}


def left_over(place: Place) -> list[str]:
    """Everything that should be gone when every meeting is over."""
    left = [f"process {each.pid} of {each.machine_id}" for each in DesktopProcesses(place.data_dir).all()]
    for name in ("run/machines", "run/addresses"):
        directory = place.data_dir / name
        left += [str(path.relative_to(place.data_dir)) for path in directory.iterdir()] if directory.exists() else []
    left += [path.name for path in place.data_dir.glob("probe-*")]
    if place.embedded.alarms.due(_minutes(999_999)):
        left.append("an alarm")
    return left


def ring_what_is_left(place: Place) -> None:
    """What a crash between the end and its last step leaves set rings once, at its time, and is gone after that."""
    for alarm in place.embedded.alarms.due(_minutes(24 * 60)):
        if alarm.kind is AlarmKind.LAUNCH:
            launch_desktops(
                alarm.meeting_id, **place._ports("meetings", "machines"), policy=place.policy, now=_minutes(24 * 60)
            )
        else:
            place.net(_minutes(24 * 60))
        place.embedded.alarms.done(alarm)


def in_a_process(work: Callable[[], object]) -> int:
    """The exit code of a fork that does the work; errors are printed and make 1."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:  # noqa: BLE001  there is nothing above this but the end of the process
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def crash(directory: Path, scenario: Scenario, at_call: int, phase: str) -> tuple[list[str], dict[str, Any]]:
    """One crash on a new data directory: the names of the calls so far, and what the restart found."""
    data_dir, notes, answer = directory / "data", directory / "notes", directory / "answer"
    data_dir.mkdir()
    notes.touch()

    def act() -> None:
        place = Place(data_dir)
        place.arm(Bomb(notes, at_call, phase), inside=scenario.inside)
        scenario.act(place)

    def look() -> None:
        answer.write_text(json.dumps(recover(Place(data_dir), scenario)))

    codes = [in_a_process(lambda: scenario.prepare(Place(data_dir))), in_a_process(act), in_a_process(look)]
    expected = [0, KILLED if at_call else 0, 0]
    found: dict[str, Any] = {"outcome": "", "violations": [], "left": []}
    if answer.exists():
        found = json.loads(answer.read_text())
    if codes != expected:
        found["violations"].append(f"the processes ended with {codes} and not {expected}")
    return notes.read_text().splitlines(), found


def crashes(directory: Path, scenario: Scenario) -> Iterator[dict[str, Any]]:
    """Every crash of a scenario; first none at all, to learn what there is to die at."""
    calls, found = crash(_new(directory), scenario, 0, BEFORE)
    yield {"call": "(no crash)", "number": 0, "phase": "", **found}
    for number in range(1, len(calls) + 1):
        for phase in (BEFORE, AFTER):
            so_far, found = crash(_new(directory), scenario, number, phase)
            call = so_far[number - 1] if len(so_far) >= number else "(not reached)"
            yield {"call": call, "number": number, "phase": phase, **found}


def _new(directory: Path) -> Path:
    path = directory / f"{len(list(directory.iterdir()))}"
    path.mkdir()
    return path


if __name__ == "__main__":
    setattr(agent_process, "agent_command", stub_agent_command())  # noqa: B010  mypy forbids the plain assignment
    # Asked hundreds of times here, and tested elsewhere.
    setattr(embedded, "sandbox_problem", lambda _data_dir: None)  # noqa: B010
    for line in crashes(Path(sys.argv[1]), SCENARIOS[sys.argv[2]]):
        print(json.dumps(line), flush=True)  # noqa: T201  this is what it is for
