"""The processes of a desktop are killed: its seat gets another, three at most, and the other seat notices nothing."""

import os
import random
import signal
import time
from functools import partial
from typing import Any

import pytest

from tests.support.desktop_processes import DesktopProcesses, Process
from tests.support.recording_check import segments_with_a_picture
from tests.support.rfb_person import RfbPerson
from tests.support.server_process import ServerProcess, eventually

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(180)]

SEED = 20261121
AGENT, X_SERVER = "python3.11", "Xtigervnc"


def seat_of(server: ServerProcess, meeting_id: str, role: str) -> dict[str, Any]:
    (seat,) = [each for each in server.meeting(meeting_id)["seats"] if each["role"] == role]
    found: dict[str, Any] = seat
    return found


def is_healthy(server: ServerProcess, meeting_id: str, role: str, launches: int = 1) -> bool:
    seat = seat_of(server, meeting_id, role)
    return bool(seat["launches"] == launches and seat["phase"] in {"HEALTHY", "IN_PROGRESS"} and seat["link"])


def is_present(server: ServerProcess, meeting_id: str, role: str) -> bool:
    """True once the desktop has reported its visitor; it does not notice visits of a fraction of a second."""
    return bool(seat_of(server, meeting_id, role)["present"])


def ready_meeting(server: ServerProcess) -> dict[str, str]:
    booked = server.book()
    for role in ("teacher", "student"):
        eventually(partial(is_healthy, server, booked["id"], role), f"the desktop of {role} is ready")
    return booked


def main_of(desktops: DesktopProcesses, server: ServerProcess, meeting_id: str, role: str) -> Process:
    return desktops.mains()[seat_of(server, meeting_id, role)["machine_id"]]


def processes_of(desktops: DesktopProcesses, machine_id: str, name: str) -> list[Process]:
    return [each for found, many in desktops.of_machine(machine_id).items() if found == name for each in many]


def is_gone(process: Process) -> bool:
    return not process.runs()


def agent_of(desktops: DesktopProcesses, machine_id: str) -> Process:
    return desktops.mains()[machine_id]


def test_a_seat_has_three_machines_and_then_its_meeting_has_failed(
    server: ServerProcess, desktops: DesktopProcesses
) -> None:
    dice = random.Random(SEED)
    print(f"seed {SEED}")  # noqa: T201  so that a failure can be seen again
    booked = ready_meeting(server)
    untouched = main_of(desktops, server, booked["id"], "student")
    victims = ["the agent", "the X server", dice.choice(["the agent", "the X server"])]
    had: list[str] = []
    for launches, victim in enumerate(victims, start=1):
        eventually(partial(is_healthy, server, booked["id"], "teacher", launches), f"machine {launches}")
        machine_id = seat_of(server, booked["id"], "teacher")["machine_id"]
        had.append(machine_id)
        assert untouched.runs()
        main = agent_of(desktops, machine_id)
        (screen,) = processes_of(desktops, machine_id, X_SERVER)
        os.kill((main if victim == "the agent" else screen).pid, signal.SIGKILL)
        eventually(partial(is_gone, main), f"killed {victim}: the machine is gone")
    eventually(lambda: server.meeting(booked["id"])["status"] == "TERMINATED", "the meeting is over")
    ended = server.meeting(booked["id"])
    assert ended["termination_reason"] == "LAUNCH_FAILED", ended["history"]
    assert len(set(had)) == 3
    assert [seat["launches"] for seat in ended["seats"]] == [3, 1]
    eventually(lambda: not desktops.all(), "nothing is left")
    eventually(lambda: not any((server.data_dir / "run/machines").iterdir()), "no directory is left")


def test_what_a_desktop_can_start_again_costs_no_machine(server: ServerProcess, desktops: DesktopProcesses) -> None:
    booked = ready_meeting(server)
    person = RfbPerson(server, booked, "teacher")
    person.arrive()
    mains = [main_of(desktops, server, booked["id"], role) for role in ("teacher", "student")]
    machine_id = mains[0].machine_id
    recordings = server.data_dir / "recordings" / booked["id"] / "teacher"
    eventually(lambda: len(segments_with_a_picture(recordings)) == 1, "it is recorded")
    for name in ("xterm", "openbox", "xprop", "ffmpeg"):
        for process in processes_of(desktops, machine_id, name):
            os.kill(process.pid, signal.SIGKILL)
        eventually(partial(processes_of, desktops, machine_id, name), f"{name} is back")
    (outer,) = [each for each in processes_of(desktops, machine_id, "bwrap") if each.depth == 1]
    os.kill(outer.pid, signal.SIGKILL)
    eventually(lambda: not outer.runs(), "bwrap's outer process is gone")
    time.sleep(3)
    assert all(main.runs() for main in mains)
    assert person.entered == 1, person.problems
    assert [seat["launches"] for seat in server.meeting(booked["id"])["seats"]] == [1, 1]
    eventually(lambda: len(segments_with_a_picture(recordings)) == 2, "it is recorded again")
    person.leave()
    eventually(lambda: seat_of(server, booked["id"], "teacher")["session_data"], "the recording was handed in")
    manifest = server.request("GET", f"/recordings/{booked['id']}/teacher/manifest.json").json()
    assert len(manifest["segments"]) == 2, manifest


def test_a_person_whose_desktop_died_gets_another(server: ServerProcess, desktops: DesktopProcesses) -> None:
    booked = ready_meeting(server)
    person = RfbPerson(server, booked, "teacher")
    person.arrive()
    eventually(person.is_inside, "somebody is in")
    untouched = main_of(desktops, server, booked["id"], "student")
    os.kill(main_of(desktops, server, booked["id"], "teacher").pid, signal.SIGKILL)
    eventually(lambda: person.entered == 2, "they are in the next one")
    assert untouched.runs()
    assert server.meeting(booked["id"])["status"] == "IN_PROGRESS"
    person.leave()


def test_a_seat_that_handed_in_its_data_gets_no_other_machine(
    server: ServerProcess, desktops: DesktopProcesses
) -> None:
    booked = ready_meeting(server)
    person = RfbPerson(server, booked, "teacher")
    person.arrive()
    eventually(partial(is_present, server, booked["id"], "teacher"), "somebody is in")
    person.leave()
    eventually(lambda: seat_of(server, booked["id"], "teacher")["session_data"], "the data is in")
    os.kill(main_of(desktops, server, booked["id"], "teacher").pid, signal.SIGKILL)
    eventually(lambda: seat_of(server, booked["id"], "teacher")["phase"] == "ENDED", "the seat is closed")
    time.sleep(3)
    assert seat_of(server, booked["id"], "teacher")["launches"] == 1
    assert not server.meeting(booked["id"])["termination_reason"]
