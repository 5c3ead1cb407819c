"""What a desktop in a sandbox can see and do of the host and of other desktops: asked from inside."""

import contextlib
import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from elephant.adapters.embedded import programs
from elephant.adapters.embedded.machine_users import FIRST_USER_ID, LAST_USER_ID
from elephant.adapters.embedded.programs import sandbox_problem
from elephant.adapters.embedded.sandbox_host import python_prefix, python_program
from elephant.domain.machine import Machine
from elephant.ports.errors import Temporary
from tests.integration.adapters.embedded.desktop_world import MEETING, ONE, OTHER, DesktopWorld, an_order, eventually

pytestmark = pytest.mark.integration

# Tries what it is told and writes down what came of it; runs as the app, so with all rights that a person has there.
_INQUIRY = """
import json, os, socket, sys, time
def attempt(work):
    try:
        return work()
    except OSError as error:
        return type(error).__name__
def connect(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        return "connected"
def talk(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        client.sendall(b"hello")
        return client.recv(5).decode()
told = json.loads(sys.argv[1])
found = {
    "read": {path: attempt(lambda: open(path, errors="replace").read(40)) for path in told["read"]},
    "list": {path: attempt(lambda: sorted(os.listdir(path))) for path in told["list"]},
    "write": {path: attempt(lambda: open(path, "w").close() or "written") for path in told["write"]},
    "connect": {path: attempt(lambda: connect(path)) for path in told["connect"]},
    "talk": {path: attempt(lambda: talk(path)) for path in told["talk"]},
    "environment": dict(os.environ),
    "status": dict(line.rstrip("\\n").split(":\\t", 1) for line in open("/proc/self/status") if ":\\t" in line),
    "pids": sorted(int(name) for name in os.listdir("/proc") if name.isdecimal()),
    "user": os.getuid(),
    "groups": os.getgroups(),
    "names": attempt(lambda: open("/etc/passwd").read()),
    "name": __import__("pwd").getpwuid(os.getuid()).pw_name,
}
with open(os.environ["HOME"] + "/found.part", "w") as file:
    json.dump(found, file)
os.rename(os.environ["HOME"] + "/found.part", os.environ["HOME"] + "/found.json")
time.sleep(600)
"""


def ask(world: DesktopWorld, **questions: list[str]) -> tuple[Machine, dict[str, Any]]:
    """Launch a desktop that tries these things; the machine and what it found."""
    told = {name: questions.get(name, []) for name in ("read", "list", "write", "connect", "talk")}
    server = world.new_server([str(python_program()), "-I", "-S", "-c", _INQUIRY, json.dumps(told)])
    (machine,) = world.launch(server, an_order(ONE))
    answer = world.folder(machine.id).home / "found.json"
    eventually(answer.exists, "the desktop answers")
    return machine, json.loads(answer.read_text())


@contextlib.contextmanager
def echo(path: Path) -> Iterator[None]:
    """A server on a unix socket that gives back what it gets."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        path.chmod(0o666)
        server.listen()

        def answer() -> None:
            with server.accept()[0] as client:
                client.sendall(client.recv(5))

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield


def test_nothing_of_the_data_directory_can_be_seen(sandboxed: DesktopWorld) -> None:
    data_dir = sandboxed.data_dir
    (other,) = sandboxed.launch(sandboxed.new_server(), an_order(OTHER))
    secrets = [data_dir / "elephant.sqlite3", data_dir / "host_token"]
    for path in secrets:
        path.write_text("secret")
        path.chmod(0o644)  # so that nothing but the sandbox protects it
    their = sandboxed.folder(other.id)
    (their.home / "diary").write_text("secret")
    paths = [*secrets, their.home / "diary", their.agent_settings, their.path / "machine.json"]
    machine, found = ask(
        sandboxed,
        read=[str(path) for path in paths],
        list=[str(data_dir), str(data_dir / "recordings"), "/run/elephant", "/home", "/home/desktop/.."],
        connect=[str(their.vnc_socket), f"/run/elephant/{other.id}/vnc.sock"],
    )
    assert set(found["read"].values()) == {"FileNotFoundError"}
    assert set(found["connect"].values()) == {"FileNotFoundError"}
    assert found["list"][str(data_dir)] == "FileNotFoundError"
    assert found["list"]["/run/elephant"] == sorted(["api", "lib", "machine", "recordings", machine.id])
    assert found["list"]["/home"] == ["desktop"]


def test_a_data_directory_beneath_a_visible_one_is_hidden(sandboxed: DesktopWorld) -> None:
    (sandboxed.data_dir / "host_token").write_text("secret")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("elephant.adapters.embedded.sandbox._READ_ONLY", (Path("/usr"), Path("/etc"), sandboxed.data_dir))
        _, found = ask(sandboxed, read=[str(sandboxed.data_dir / "host_token")], list=[str(sandboxed.data_dir)])
    assert found["list"][str(sandboxed.data_dir)] in ("PermissionError", [])
    assert found["read"][str(sandboxed.data_dir / "host_token")] in ("PermissionError", "FileNotFoundError")


def test_it_runs_as_nobody_with_no_rights(sandboxed: DesktopWorld) -> None:
    _, found = ask(sandboxed, read=["/etc/shadow"], list=["/root"], write=["/usr/bin/x", "/etc/x", "/run/elephant/x"])
    status = found["status"]
    assert {status[name].strip("0") for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {""}
    assert status["NoNewPrivs"] == "1"
    assert found["read"]["/etc/shadow"] == "PermissionError"
    seen = found["list"]["/root"]
    assert isinstance(seen, str) or set(seen) <= set(python_prefix().parts)
    assert "written" not in found["write"].values()
    assert found["name"] == "desktop"
    assert len(found["names"].splitlines()) == 3
    if os.geteuid() == 0:
        assert FIRST_USER_ID <= found["user"] <= LAST_USER_ID
        assert found["groups"] == []
        assert status["CapBnd"].strip("0") == ""


def test_it_sees_only_its_own_processes(sandboxed: DesktopWorld) -> None:
    sandboxed.launch(sandboxed.new_server(), an_order(OTHER))
    _, found = ask(sandboxed)
    assert found["pids"][0] == 1
    assert len(found["pids"]) == 2


def test_its_environment_holds_the_tags_and_nothing_of_the_server(
    sandboxed: DesktopWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELEPHANT_HOST_TOKEN", "secret")
    machine, found = ask(sandboxed)
    environment = found["environment"]
    assert "secret" not in json.dumps(environment)
    assert {name: value for name, value in environment.items() if name.startswith("ELEPHANT_")} == {
        "ELEPHANT_MACHINE_ID": machine.id,
        "ELEPHANT_MEETING_ID": MEETING,
        "ELEPHANT_ROLE": ONE,
        "ELEPHANT_DATA_DIR": str(sandboxed.data_dir),
    }
    for pid in sandboxed.processes():
        assert b"secret" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_it_reaches_the_api_and_its_own_places(sandboxed: DesktopWorld) -> None:
    sandboxed.settings.api_dir.mkdir(parents=True)
    with echo(sandboxed.settings.api_dir / "api.sock"):
        machine, found = ask(
            sandboxed,
            talk=["/run/elephant/api/api.sock"],
            write=["/run/elephant/recordings/segment-0001.mkv", "/home/desktop/x", "/tmp/.Xprobe", "/dev/shm/x"],
            read=["/run/elephant/machine/agent.json", "/run/elephant/lib/elephant/wire/agent_messages.py"],
            list=["/run/elephant/lib/elephant"],
        )
    assert found["talk"] == {"/run/elephant/api/api.sock": "hello"}
    assert set(found["write"].values()) == {"written"}
    assert (sandboxed.data_dir / f"recordings/{MEETING}/{ONE}/segment-0001.mkv").exists()
    assert found["list"]["/run/elephant/lib/elephant"] == ["__init__.py", "agent", "wire"]
    assert found["read"]["/run/elephant/machine/agent.json"].startswith('{"machine_id": "' + machine.id)
    assert not found["read"]["/run/elephant/lib/elephant/wire/agent_messages.py"].endswith("Error")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give each machine a user of its own")
def test_no_two_machines_share_a_user(sandboxed: DesktopWorld) -> None:
    server = sandboxed.new_server()
    machines = sandboxed.launch(server, *(an_order(ONE, attempt=attempt) for attempt in range(1, 7)))
    users = {machine.id: sandboxed.folder(machine.id).vnc_socket.stat().st_uid for machine in machines}
    assert len(set(users.values())) == len(machines)
    for machine_id, user in users.items():
        assert Path(f"/proc/{sandboxed.main_pid(machine_id)}").stat().st_uid == user


def test_the_socket_of_the_screen_is_its_owner_s_alone(sandboxed: DesktopWorld) -> None:
    (machine,) = sandboxed.launch(sandboxed.new_server())
    assert sandboxed.folder(machine.id).vnc_socket.stat().st_mode & 0o777 == 0o600


def test_the_next_machine_of_a_seat_can_go_on_with_its_recordings(sandboxed: DesktopWorld) -> None:
    server = sandboxed.new_server()
    (first,) = sandboxed.launch(server)
    folder = sandboxed.data_dir / f"recordings/{MEETING}/{ONE}"
    owner = sandboxed.folder(first.id).home.stat().st_uid
    (folder / "manifest.json").write_text("{}")
    os.chown(folder / "manifest.json", owner, owner)
    (folder / "manifest.json").chmod(0o600)
    (folder / "link").symlink_to("/etc/hostname")
    os.kill(sandboxed.main_pid(first.id), signal.SIGKILL)
    script = "echo changed > /run/elephant/recordings/manifest.json && touch $HOME/done; sleep 600"
    (second,) = sandboxed.launch(sandboxed.new_server(["sh", "-c", script]), an_order(ONE, attempt=2))
    eventually((sandboxed.folder(second.id).home / "done").exists, "it wrote")
    assert (folder / "manifest.json").read_text() == "changed\n"
    assert Path("/etc/hostname").stat().st_uid == 0


def test_the_doctor_finds_a_working_sandbox_and_leaves_nothing(sandboxed: DesktopWorld) -> None:
    assert sandbox_problem(sandboxed.data_dir) is None
    assert list(sandboxed.data_dir.iterdir()) == []


def test_a_host_too_busy_to_try_a_sandbox_is_no_reason_to_go_without(
    sandboxed: DesktopWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "_PROBE_SECONDS", 0.0)
    with pytest.raises(Temporary, match="try again, or set ELEPHANT_SANDBOX=false"):
        sandbox_problem(sandboxed.data_dir)
    assert list(sandboxed.data_dir.iterdir()) == []


def test_a_sandbox_that_is_given_up_while_it_starts_leaves_no_process(
    sandboxed: DesktopWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in range(160):  # at which step of its start each is given up is a matter of luck
        monkeypatch.setattr(programs, "_PROBE_SECONDS", step / 32000)
        with contextlib.suppress(Temporary):
            assert sandbox_problem(sandboxed.data_dir) is None
    eventually(lambda: _processes_that_name(sandboxed.data_dir) == [], "no process of a sandbox is left")
    assert list(sandboxed.data_dir.iterdir()) == []


def _processes_that_name(path: Path) -> list[str]:
    """The pids of all processes with this path among their arguments."""
    return [each.parent.name for each in Path("/proc").glob("[0-9]*/cmdline") if str(path) in _text(each)]


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""  # it has gone


def test_the_doctor_says_what_is_wrong(sandboxed: DesktopWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("elephant.adapters.embedded.sandbox_host.package_dir", lambda: Path("/no/such/package"))
    problem = sandbox_problem(sandboxed.data_dir)
    assert problem is not None
    assert "/no/such/package" in problem
