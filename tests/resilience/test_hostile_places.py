"""Ports that are taken, disks that are full, programs that are missing: each gets a clear answer, nothing is lost."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.resilience.conftest import FAST, MakeServer
from tests.resilience.test_killed_desktops import is_healthy, is_present, ready_meeting, seat_of
from tests.support.desktop_processes import DesktopProcesses
from tests.support.rfb_person import RfbPerson
from tests.support.server_process import ELEPHANT, ServerProcess, eventually, key_of, settings_of

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(180)]


@contextlib.contextmanager
def mounted(directory: Path, options: str) -> Iterator[None]:
    """A file system in memory at the directory; whoever may not mount cannot run these tests."""
    directory.mkdir(exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(directory)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"these tests need the right to mount, as root has it: {done.stderr}"
    yield  # the desktops that use it are ended after this, and the fixture of the directory unmounts it


def fill(directory: Path) -> Path:
    """Leave not a byte free."""
    ballast = directory / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)
    return ballast


def hiding(*programs: str) -> tuple[str, ...]:
    """`elephant` in a mount namespace of its own, where these programs are no programs."""
    covers = "; ".join(f"mount --bind /dev/null {program}" for program in programs)
    return ("unshare", "--mount", "--propagation", "private", "sh", "-ec", f'{covers}; exec "$@"', "sh", str(ELEPHANT))


def test_a_port_that_is_taken(make_server: MakeServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = make_server().run("up", "--port", str(port))
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port} (Address already in use); choose another with --port" in done.stderr


def test_a_data_directory_that_cannot_be_written(make_server: MakeServer) -> None:
    server = make_server()
    with mounted(server.data_dir, "ro,size=1m,mode=700"):
        for command in (["up"], ["schedule", "Ada", "Blaise"]):
            done = server.run(*command)
            assert done.returncode == 1
            assert f"{server.data_dir} cannot be written (Read-only file system); make it yours, or name" in done.stderr


def test_a_second_server_leaves_the_first_one_alone(server: ServerProcess, desktops: DesktopProcesses) -> None:
    ready_meeting(server)
    before = desktops.mains()
    done = server.run("up", "--port", "0")
    assert done.returncode == 1
    assert (
        f"another server already serves the data directory {server.data_dir}; stop it, or name another" in done.stderr
    )
    assert desktops.mains() == before
    assert server.answers()


@pytest.mark.parametrize(
    ("program", "package", "app"),
    [
        ("/usr/bin/Xtigervnc", "tigervnc-standalone-server", "xterm"),
        ("/usr/bin/openbox", "openbox", "xterm"),
        ("/usr/bin/chromium", "chromium", ""),
    ],
)
def test_a_program_is_missing(make_server: MakeServer, program: str, package: str, app: str) -> None:
    settings = {**FAST, **settings_of(app=app, safety_net_minutes_in_seconds=9, presence_seconds=4)}
    server = make_server(settings, command=hiding(program))
    server.start()
    sentence = f"{Path(program).name} (Debian package {package})"
    assert any(sentence in problem for problem in server.place["problems"]), server.place
    booked = server.book()
    eventually(lambda: seat_of(server, booked["id"], "teacher")["problem"], "the seat says what is wrong")
    assert sentence in seat_of(server, booked["id"], "teacher")["problem"]
    answer = server.request("GET", f"/join/{booked['id']}/teacher", params={"key": key_of(booked, "teacher")})
    assert answer.status_code == 202
    assert sentence in answer.json()["problem"]
    eventually(lambda: server.meeting(booked["id"])["status"] == "TERMINATED", "it ends at its net")
    assert server.meeting(booked["id"])["termination_reason"] == "LAUNCH_FAILED"
    assert sentence in server.run("doctor").stdout


def test_bubblewrap_is_missing(make_server: MakeServer, desktops: DesktopProcesses) -> None:
    server = make_server(command=hiding("/usr/bin/bwrap"))
    server.start()
    assert any("without a sandbox" in problem and "bubblewrap" in problem for problem in server.place["problems"])
    booked = server.book()
    eventually(lambda: is_healthy(server, booked["id"], "teacher"), "it works without")
    assert {each.depth for each in desktops.all()} == {1}
    assert server.request("POST", f"/meetings/{booked['id']}/cancel").status_code == 200
    eventually(lambda: not desktops.all(), "nothing is left")


def test_the_disk_is_full_while_booking_and_launching(make_server: MakeServer, desktops: DesktopProcesses) -> None:
    server = make_server()
    with mounted(server.data_dir, "size=8m,mode=700"):
        server.start()
        booked = server.book(10)
        ballast = fill(server.data_dir)
        body = {"teacher_name": "Ada", "student_name": "Blaise", "meet_time": "2099-01-01T00:00:00Z"}
        body["meet_time"] = server.meeting(booked["id"])["meet_time"]
        answer = server.request("POST", "/schedule", json=body)
        assert answer.status_code == 503, answer.text
        assert "full" in answer.json()["message"]
        assert int(answer.headers["Retry-After"]) > 0
        eventually(lambda: "the launch alarm" in server.words(), "the launch was tried")
        assert server.meeting(booked["id"])["status"] == "SCHEDULED"
        assert not desktops.all()
        assert len(server.words().splitlines()) < 200, "it says so again and again"
        ballast.unlink()
        for role in ("teacher", "student"):
            eventually(partial(is_healthy, server, booked["id"], role), f"{role} gets a desktop")
        assert server.book()["id"] != booked["id"]


def test_the_disk_is_full_while_recording_and_ending(make_server: MakeServer, desktops: DesktopProcesses) -> None:
    server = make_server()
    with mounted(server.data_dir, "size=8m,mode=700"):
        server.start()
        booked = ready_meeting(server)
        person = RfbPerson(server, booked, "teacher")
        person.arrive()
        eventually(person.is_inside, "somebody is in")
        before = desktops.mains()
        ballast = fill(server.data_dir)
        eventually(lambda: server.request("POST", f"/meetings/{booked['id']}/cancel").status_code == 503, "it says so")
        assert desktops.mains() == before, "a full disk ends nothing"
        assert server.meeting(booked["id"])["status"] == "IN_PROGRESS"
        ballast.unlink()
        answer = server.request("POST", f"/meetings/{booked['id']}/cancel")
        assert answer.status_code == 200, answer.text
        fill(server.data_dir)
        eventually(lambda: not desktops.all(), "a full disk keeps nothing alive")
        eventually(lambda: not any((server.data_dir / "run/machines").iterdir()), "no directory is left")
        person.leave()


def test_sigterm_leaves_the_desktops_to_the_next_server(make_server: MakeServer, desktops: DesktopProcesses) -> None:
    server = make_server(as_json=False)
    server.start()
    booked = ready_meeting(server)
    before = desktops.mains()
    said = " ".join(server.stop().split())
    assert "2 desktop(s) go on without the server and end themselves after their deadline" in said
    assert desktops.mains() == before
    server.start()
    assert desktops.mains() == before
    assert server.request("POST", f"/meetings/{booked['id']}/cancel").status_code == 200
    eventually(lambda: not desktops.all(), "nothing is left")


def test_a_directory_is_deleted_by_hand(server: ServerProcess, desktops: DesktopProcesses) -> None:
    booked = ready_meeting(server)
    teacher, student = (seat_of(server, booked["id"], role)["machine_id"] for role in ("teacher", "student"))
    mains = desktops.mains()
    subprocess.run(["rm", "-rf", str(server.data_dir / "run/machines" / teacher)], check=True)
    eventually(lambda: is_healthy(server, booked["id"], "teacher", 2), "the seat has another machine")
    eventually(lambda: not mains[teacher].runs(), "the lost one is ended")
    assert mains[student].runs()


def test_six_sweeps_at_once(server: ServerProcess, desktops: DesktopProcesses) -> None:
    booked = server.book(3)
    command = [str(ELEPHANT), "sweep", "--json", "--data-dir", str(server.data_dir)]
    for _ in range(3):
        running = [
            subprocess.Popen(command, env=server.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            for _ in range(2)
        ]
        for process in running:
            said, _ = process.communicate(timeout=60)
            assert process.returncode == 0 or b"has no screen yet" in said, said
    for role in ("teacher", "student"):
        eventually(partial(is_healthy, server, booked["id"], role), f"{role} has one desktop")
    assert len(desktops.mains()) == 2


def test_a_stopped_server_takes_nobody_for_absent(make_server: MakeServer, desktops: DesktopProcesses) -> None:
    settings = {**FAST, **settings_of(presence_seconds=8, leave_seconds=1, safety_net_minutes_in_seconds=25)}
    server = make_server(settings)
    server.start()
    booked = ready_meeting(server)
    gone, there = (RfbPerson(server, booked, role) for role in ("teacher", "student"))
    for person in (gone, there):
        person.arrive()
        eventually(partial(is_present, server, booked["id"], person.role), "somebody is in")
    gone.leave()
    eventually(lambda: seat_of(server, booked["id"], "teacher")["session_data"], "one has left for good")
    before = desktops.mains()
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGSTOP)
    with contextlib.suppress(AssertionError):
        eventually(lambda: False, "the net falls meanwhile", 28)
    (agent,) = [each for each in before.values() if each.role == "student"]
    os.kill(agent.pid, signal.SIGSTOP)  # so that its next report comes after the next look at the net, for sure
    os.kill(server.process.pid, signal.SIGCONT)
    eventually(lambda: "count as taken still" in server.words(), "it noticed")
    time.sleep(2)
    os.kill(agent.pid, signal.SIGCONT)
    with contextlib.suppress(AssertionError):
        eventually(lambda: server.meeting(booked["id"])["termination_reason"], "it must not end", 11)
    assert server.meeting(booked["id"])["termination_reason"] is None, server.meeting(booked["id"])["history"]
    assert desktops.mains() == before
    there.leave()
    eventually(lambda: server.meeting(booked["id"])["status"] == "TERMINATED", "then it ends", 60)
    assert server.meeting(booked["id"])["termination_reason"] in {"SUCCESS", "15_MIN_SUCCESS"}
