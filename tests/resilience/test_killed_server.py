"""kill -9 of the server, thirty times at random moments, with meetings in every phase."""

import random
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from elephant.adapters.embedded.sqlite import FILE_NAME
from tests.resilience.conftest import FAST, MakeServer
from tests.resilience.everlasting_watch import EverlastingWatch
from tests.support.desktop_processes import DesktopProcesses
from tests.support.rfb_person import RfbPerson
from tests.support.server_process import ServerProcess, eventually, settings_of

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(900)]

KILLS = 30
SEED = 20261121
USUAL_START_SECONDS = 2.0
SLOWEST = 6.0
NET, DEADLINE_STEP, WIND_UP, LONGEST = 12.0, 6.0, 100.0, 1000.0
KEPT = {FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm", "link_secret", "recordings", "run", "server.lock"}


def timetable(unit: float) -> dict[str, str]:
    """Everything in units: seconds on an idle host, longer where starting a server takes longer."""
    return {
        **FAST,
        **settings_of(
            safety_net_minutes_in_seconds=NET * unit,
            rearm_minutes_in_seconds=2 * unit,
            grace_minutes_in_seconds=DEADLINE_STEP * unit,
            duration_minutes_in_seconds=LONGEST * unit,
            max_minutes_in_seconds=LONGEST * unit,
            presence_seconds=20 * unit,
            leave_seconds=4 * unit,
        ),
    }


@dataclass
class Story:
    """What becomes of one meeting: who comes, for how long, and how it has to end; times in units."""

    name: str
    reasons: set[str]
    begins_in: float = 0.0
    comers: tuple[str, ...] = ()
    stays: float = 0.0
    cancelled_after: float | None = None
    duration_minutes: float | None = None
    booked: dict[str, str] = field(default_factory=dict)
    booked_at: float = 0.0
    unit: float = 1.0
    people: list[RfbPerson] = field(default_factory=list)
    has_left: bool = False
    is_cancelled: bool = False

    def begin(self, server: ServerProcess, unit: float) -> None:
        self.unit = unit
        more = {} if self.duration_minutes is None else {"duration_minutes": self.duration_minutes}
        self.booked = server.book(self.begins_in * unit, **more)
        self.booked_at = time.monotonic()
        self.people = [RfbPerson(server, self.booked, role) for role in self.comers]
        for person in self.people:
            person.arrive()

    def go_on(self, server: ServerProcess) -> None:
        """Do what is due; the server answers."""
        age = (time.monotonic() - self.booked_at) / self.unit
        if self.cancelled_after is not None and age >= self.cancelled_after and not self.is_cancelled:
            answer = server.request("POST", f"/meetings/{self.booked['id']}/cancel")
            assert answer.status_code in {200, 410}, answer.text
            self.is_cancelled = True
        stayed = self.stays and age >= self.stays and all(person.entered for person in self.people)
        if stayed and not self.has_left:
            for person in self.people:
                person.leave()
            self.has_left = True


BOTH = ("teacher", "student")
GOOD = {"SUCCESS", "15_MIN_SUCCESS"}
FOR_EVER = float("inf")


def stories() -> list[Story]:
    """In the order in which they are booked; each kind is in its phase during several kills."""
    return [
        Story("stays through all kills", GOOD, comers=BOTH, stays=FOR_EVER, duration_minutes=0.05),
        Story("a whole meeting", GOOD, comers=BOTH, stays=25),
        Story("past its net", {"NO_SHOW_TIMEOUT"}),
        Story("cancelled while it is launched", {"CANCELLED"}, cancelled_after=0.05),
        Story("one came and left", {"PARTIAL_NO_SHOW_TIMEOUT"}, comers=("teacher",), stays=12),
        Story("booked for later", {"NO_SHOW_TIMEOUT"}, begins_in=12),
        Story("cancelled while it waits", {"CANCELLED"}, cancelled_after=6),
        Story("a late whole meeting", GOOD, begins_in=4, comers=BOTH, stays=20),
        Story("past its deadline", {"OVERTIME"}, duration_minutes=0.05),
        Story("cancelled before it begins", {"CANCELLED"}, begins_in=60, cancelled_after=3),
    ]


@pytest.fixture
def ending() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_thirty_kills_lose_nothing_and_leave_nothing_behind(
    make_server: MakeServer, desktops: DesktopProcesses, ending: ExitStack, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(SEED)
    server = make_server(timetable(1))
    unit = unit_of(server)
    server.settings = timetable(unit)
    began = time.monotonic()
    server.start()
    told = stories()
    booked: list[Story] = []
    watch = ending.enter_context(EverlastingWatch(server.data_dir))
    phases: set[str] = set()
    for number in range(KILLS):
        if number % 2 == 0 and told:
            booked.append(told.pop(0))
            booked[-1].begin(server, unit)
        run_for_a_while(server, booked, dice.uniform(0, unit))
        before = states(server)
        phases |= phases_of(before)
        survivors = in_progress(before, desktops)
        kill_and_restart(server, dice, unit)
        after = states(server)
        assert set(after) == {story.booked["id"] for story in booked}, "a meeting was lost, or made"
        for meeting_id, machines in survivors.items():
            if after[meeting_id]["status"] != "TERMINATED":
                assert machines <= main_identities(desktops), f"kill {number} took a desktop of {meeting_id}"
        staying = [story for story in booked if story.stays == FOR_EVER]
        assert not any(after[story.booked["id"]]["termination_reason"] for story in staying), (
            f"I6: kill {number} ended what people stay in: {[after[each.booked['id']] for each in staying]}"
            f"{[(person.is_inside(), person.problems[-8:]) for each in staying for person in each.people]}"
        )
    killing_seconds = time.monotonic() - began
    wait_for_every_end(server, booked, desktops, unit)
    with capsys.disabled():
        report(server, booked, watch, phases, killing_seconds, time.monotonic() - began)
    assert watch.violations == []
    assert watch.looks > KILLS
    for story in booked:
        assert_ended_as_told(server, story, watch)
    assert all(len(identities) == 1 for identities in watch.seen.values()), watch.seen
    assert {path.name for path in server.data_dir.iterdir()} <= KEPT
    eventually(lambda: alarms_left(server.data_dir) == 0, "no alarm is left", 90)


def unit_of(server: ServerProcess) -> float:
    """How much slower than usual this host is now."""
    began = time.monotonic()
    server.start()
    seconds = time.monotonic() - began
    server.kill()
    return min(max(seconds / USUAL_START_SECONDS, 1), SLOWEST)


def kill_and_restart(server: ServerProcess, dice: random.Random, unit: float) -> None:
    """kill -9, now and then again while it starts; on the same port or on another."""
    server.kill()
    time.sleep(dice.choice([0, 0, 0.5]))
    server.port = dice.choice([0, server.port])
    server.spawn()
    if dice.random() < 0.3:
        time.sleep(dice.uniform(0, 1.5 * unit))
        server.kill()
        server.spawn()
    server.wait_ready()


def wait_for_every_end(server: ServerProcess, booked: list[Story], desktops: DesktopProcesses, unit: float) -> None:
    for story in booked:
        if story.stays == FOR_EVER:
            story.stays = 1.0
    until = time.monotonic() + WIND_UP * unit
    while any(meeting["status"] != "TERMINATED" for meeting in states(server).values()):
        assert time.monotonic() < until, states(server)
        run_for_a_while(server, booked, 0.5)
    eventually(lambda: not desktops.all(), "no process is left")
    eventually(lambda: not any((server.data_dir / "run/machines").iterdir()), "no directory is left")
    eventually(lambda: not any((server.data_dir / "run/addresses").iterdir()), "no address is left")
    for story in booked:
        for person in story.people:
            person.leave()


def assert_ended_as_told(server: ServerProcess, story: Story, watch: EverlastingWatch) -> None:
    ended = server.meeting(story.booked["id"])
    assert ended["termination_reason"] in story.reasons, (story.name, ended["history"])
    eventually(lambda: story.booked["id"] in watch.ends, f"the watch has seen the end of: {story.name}")
    assert watch.ends[story.booked["id"]] == ended["termination_reason"]
    for seat in ended["seats"]:
        assert seat["launches"] <= 1, (story.name, ended["history"])
        assert (seat["session_data"] is not None) == (seat["role"] in story.comers), (story.name, seat)


def run_for_a_while(server: ServerProcess, booked: list[Story], seconds: float) -> None:
    until = time.monotonic() + seconds
    while True:
        for story in booked:
            story.go_on(server)
        left = until - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, 0.2))


def states(server: ServerProcess) -> dict[str, dict[str, Any]]:
    """Every meeting as hosts see it."""
    listed = server.request("GET", "/meetings", params={"limit": 100}).json()["meetings"]
    return {meeting["id"]: meeting for meeting in listed}


def phases_of(meetings: Mapping[str, dict[str, Any]]) -> set[str]:
    seats = [seat["phase"] for meeting in meetings.values() for seat in meeting["seats"]]
    return {*(meeting["status"] for meeting in meetings.values()), *seats}


def main_identities(desktops: DesktopProcesses) -> set[tuple[str, int, int]]:
    return {(each.machine_id, each.pid, each.start_ticks) for each in desktops.mains().values()}


def in_progress(
    meetings: Mapping[str, dict[str, Any]], desktops: DesktopProcesses
) -> dict[str, set[tuple[str, int, int]]]:
    """The desktops of each meeting that is in progress."""
    running = main_identities(desktops)
    found = {}
    for meeting in meetings.values():
        if meeting["status"] == "IN_PROGRESS":
            machine_ids = {seat["machine_id"] for seat in meeting["seats"]}
            found[meeting["id"]] = {each for each in running if each[0] in machine_ids}
    return found


def alarms_left(data_dir: Path) -> int:
    connection = sqlite3.connect(f"{(data_dir / FILE_NAME).as_uri()}?mode=ro", uri=True)
    try:
        ((count,),) = connection.execute("SELECT count(*) FROM alarms").fetchall()
    finally:
        connection.close()
    return int(count)


def report(
    server: ServerProcess,
    booked: list[Story],
    watch: EverlastingWatch,
    phases: set[str],
    killing_seconds: float,
    seconds: float,
) -> None:
    lines = [
        f"\n{KILLS} kills, seed {SEED}, {booked[0].unit:.1f} times slower than usual: "
        f"{killing_seconds:.0f} s of kills, {seconds:.0f} s in all; {watch.looks} looks, {len(watch.seen)} desktops",
        f"  phases {', '.join(sorted(phases))}",
    ]
    for story in booked:
        ended = server.meeting(story.booked["id"])
        visits = sum(person.entered for person in story.people)
        lines.append(f"  {story.name:32} {ended['termination_reason']:26} {visits} visits")
    print("\n".join(lines))  # noqa: T201  what the run was, for whoever reads its log
