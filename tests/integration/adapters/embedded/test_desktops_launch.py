"""Starting desktops: at once, once, and again after dying anywhere in between."""

import errno
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from elephant.adapters.embedded import agent_process, launching
from elephant.adapters.embedded.machine_folder import Facts
from elephant.adapters.embedded.names import Tags, machine_id_for
from elephant.domain.machine import Machine, MachineState
from elephant.ports.errors import Permanent, Temporary
from tests.integration.adapters.embedded.desktop_world import (
    DEADLINE,
    MEETING,
    NOW,
    ONE,
    OTHER,
    DesktopWorld,
    an_order,
    eventually,
    runs,
)
from tests.integration.adapters.embedded.stub_agent import stub_agent_command

pytestmark = pytest.mark.integration

MACHINE_ID = machine_id_for(MEETING, ONE, 1)


def prepare_folder(world: DesktopWorld) -> None:
    """As far as a launch gets before its process is started."""
    folder = world.folder(MACHINE_ID)
    folder.path.mkdir(parents=True)
    folder.write_facts(Facts(Tags(MACHINE_ID, MEETING, ONE), NOW))


def test_each_order_gets_a_machine_of_its_own(world: DesktopWorld) -> None:
    server = world.new_server()
    one, other = world.launch(server, an_order(ONE), an_order(OTHER))
    assert (one.meeting_id, one.role, one.state, one.launched_at) == (MEETING, ONE, MachineState.RUNNING, NOW)
    assert (one.id, other.id) == (machine_id_for(MEETING, ONE, 1), machine_id_for(MEETING, OTHER, 1))
    assert world.main_pid(one.id) != world.main_pid(other.id)
    assert server.get(one.id) == one
    assert sorted(server.owned(), key=lambda each: each.id) == sorted([one, other], key=lambda each: each.id)
    assert server.of_meeting(MEETING) == server.owned()
    assert server.of_meeting("another") == []


def test_a_desktop_shares_nothing_with_the_server_that_started_it(world: DesktopWorld) -> None:
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    (machine,) = world.launch(world.new_server())
    os.close(writer)
    assert os.read(reader, 1) == b"", "somebody inherited a descriptor"
    os.close(reader)
    for pid in world.processes(machine.id):
        assert os.getsid(pid) != os.getsid(0)
        assert os.getpgid(pid) != os.getpgid(0)
        assert Path(f"/proc/{pid}/fd/0").readlink() == Path(os.devnull)


def test_the_agent_is_told_all_it_needs(world: DesktopWorld) -> None:
    (machine,) = world.launch(world.new_server())
    told = json.loads(world.folder(machine.id).agent_settings.read_text())
    assert world.folder(machine.id).agent_settings.stat().st_mode & 0o777 == 0o400
    assert told["machine_id"] in told["vnc_socket"]
    assert told["token"] == f"token of {MEETING} {ONE} {machine.id}"
    assert told["deadline"] == DEADLINE.isoformat()
    assert told["recordings_url"].endswith(f"/recordings/{MEETING}/{ONE}")


def test_the_same_order_gives_the_same_machine(world: DesktopWorld) -> None:
    server = world.new_server()
    (first,) = world.launch(server)
    pid = world.main_pid(first.id)
    assert world.launch(world.new_server(), an_order(), an_order(), now=NOW + timedelta(minutes=1)) == [first, first]
    assert world.main_pid(first.id) == pid


def test_many_servers_that_launch_at_once_make_one_machine(world: DesktopWorld) -> None:
    servers = [world.new_server() for _ in range(6)]
    with ThreadPoolExecutor(len(servers)) as pool:
        outcomes = list(pool.map(lambda server: server.launch([an_order()], NOW)[0], servers))
    assert {outcome.id if isinstance(outcome, Machine) else repr(outcome) for outcome in outcomes} == {MACHINE_ID}
    assert sum(len(server._children) for server in servers) == 1
    eventually(lambda: _count_apps(world) > 0, "its app runs")
    assert _count_apps(world) == 1


def _count_apps(world: DesktopWorld) -> int:
    return sum(Path(f"/proc/{pid}/comm").read_text() == "sleep\n" for pid in world.processes())


def test_a_launch_that_died_before_its_process_is_done_again(world: DesktopWorld) -> None:
    prepare_folder(world)
    server = world.new_server()
    assert server.get(MACHINE_ID).state is MachineState.TERMINATED
    assert world.launch(server)[0].state is MachineState.RUNNING


def test_a_launch_that_died_before_its_first_note_is_done_again(world: DesktopWorld) -> None:
    world.folder(MACHINE_ID).path.mkdir(parents=True)
    assert world.launch(world.new_server())[0].state is MachineState.RUNNING


def test_a_launch_that_died_after_its_process_is_adopted(world: DesktopWorld) -> None:
    (machine,) = world.launch(world.new_server())
    pid = world.main_pid(machine.id)
    note = world.folder(machine.id).path / "process.json"
    note.unlink()
    server = world.new_server()
    assert server.get(machine.id) == machine
    assert world.launch(server) == [machine]
    assert world.main_pid(machine.id) == pid
    note.unlink()
    assert server.reap(NOW) == []
    assert world.main_pid(machine.id) == pid


def test_a_machine_that_ended_stays_ended(world: DesktopWorld) -> None:
    server = world.new_server()
    (machine,) = world.launch(server)
    os.kill(world.main_pid(machine.id), signal.SIGKILL)
    eventually(lambda: not runs(world.main_pid(machine.id)), "it is dead")
    (again,) = server.launch([an_order()], NOW)
    assert isinstance(again, Machine)
    assert again.state is MachineState.TERMINATED
    (other,) = world.launch(server, an_order(attempt=2))
    assert (other.state, other.id != machine.id) == (MachineState.RUNNING, True)


def test_one_that_was_told_to_end_before_it_started_is_not_started(world: DesktopWorld) -> None:
    prepare_folder(world)
    world.folder(MACHINE_ID).write_terminating(NOW)
    (outcome,) = world.new_server().launch([an_order()], NOW)
    assert isinstance(outcome, Machine)
    assert outcome.state is MachineState.TERMINATED
    assert not world.processes()


def test_desktops_outlive_a_killed_server(world: DesktopWorld) -> None:
    server = f"""
import os, signal
from pathlib import Path
from elephant.adapters.embedded import agent_process
from elephant.adapters.embedded.desktop_settings import DesktopSettings
from elephant.adapters.embedded.desktops import EmbeddedDesktops
from tests.integration.adapters.embedded.desktop_world import NOW, an_order
from tests.integration.adapters.embedded.stub_agent import stub_agent_command
agent_process.agent_command = stub_agent_command()
desktops = EmbeddedDesktops(DesktopSettings(
    data_dir=Path({str(world.data_dir)!r}), use_sandbox={world.settings.use_sandbox}, token_for=lambda *_: "",
    app_for=lambda *_: ["sleep", "600"], recordings_url_for=lambda *_: "http://127.0.0.1:8080/recordings"))
desktops.launch([an_order()], NOW)
os.killpg(0, signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", server], start_new_session=True, check=False, timeout=100)
    assert done.returncode == -signal.SIGKILL
    adopting = world.new_server()
    assert adopting.get(MACHINE_ID).state is MachineState.RUNNING
    descriptor = adopting.pidfd(MACHINE_ID)
    assert not _is_readable(descriptor)
    os.kill(world.main_pid(MACHINE_ID), signal.SIGKILL)
    try:
        eventually(lambda: _is_readable(descriptor), "the end is seen")
    finally:
        os.close(descriptor)
    assert [machine.id for machine in world.reap_until_nothing_is_left(adopting, NOW)] == [MACHINE_ID]


def _is_readable(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], 0)[0])


def test_a_missing_program_is_named_with_its_package(world: DesktopWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    real = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name, path: None if name == "Xtigervnc" else real(name, path=path))
    (outcome,) = world.new_server().launch([an_order()], NOW)
    assert isinstance(outcome, Permanent)
    assert "Xtigervnc (Debian package tigervnc-standalone-server)" in str(outcome)
    assert world.nothing_is_left()


def test_a_missing_app_is_named(world: DesktopWorld) -> None:
    (outcome,) = world.new_server(["no-such-app"]).launch([an_order()], NOW)
    assert isinstance(outcome, Permanent)
    assert "no-such-app" in str(outcome)


def test_a_sandbox_that_fails_says_why_and_leaves_nothing(
    sandboxed: DesktopWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_process, "agent_command", lambda *_: ["/no/such/agent"])
    one, other = sandboxed.new_server().launch([an_order(ONE), an_order(OTHER)], NOW)
    for outcome in (one, other):
        assert isinstance(outcome, Permanent)
        assert "/no/such/agent" in str(outcome)
    eventually(sandboxed.nothing_is_left, "nothing is left")


def test_a_sandbox_that_started_while_the_host_stood_still_has_started(
    sandboxed: DesktopWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawn = agent_process._spawn

    def spawn_and_stand_still(command: list[str], *rest: Any, **more: Any) -> "subprocess.Popen[bytes]":  # noqa: ANN401
        child = spawn(command, *rest, **more)
        eventually(sandboxed.folder(MACHINE_ID).vnc_socket.is_socket, "its agent runs")
        return child

    monkeypatch.setattr(agent_process, "_START_SECONDS", 0.0)
    monkeypatch.setattr(agent_process, "_spawn", spawn_and_stand_still)
    assert sandboxed.launch(sandboxed.new_server())[0].state is MachineState.RUNNING


def test_whoever_waits_for_a_launch_outlasts_it() -> None:
    assert launching._LOCK_SECONDS > agent_process._START_SECONDS


def test_a_mount_that_fails_says_why(sandboxed: DesktopWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = sandboxed.data_dir / "no-such-package"
    monkeypatch.setattr("elephant.adapters.embedded.sandbox_host.package_dir", lambda: missing)
    (outcome,) = sandboxed.new_server().launch([an_order()], NOW)
    assert isinstance(outcome, Permanent)
    assert str(missing) in str(outcome)
    eventually(sandboxed.nothing_is_left, "nothing is left")


def test_a_full_disk_is_temporary_and_leaves_nothing(world: DesktopWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        (outcome,) = world.new_server().launch([an_order()], NOW)
    assert isinstance(outcome, Temporary)
    assert "disk is full" in str(outcome)
    eventually(world.nothing_is_left, "nothing is left")


def test_names_that_are_no_names_get_nowhere(world: DesktopWorld) -> None:
    (outcome,) = world.new_server().launch([an_order(meeting_id="../../etc")], NOW)
    assert isinstance(outcome, Permanent)
    assert world.nothing_is_left()


def test_a_stubborn_agent_starts_like_any_other(world: DesktopWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_process, "agent_command", stub_agent_command(stubborn=True))
    assert world.launch(world.new_server())[0].state is MachineState.RUNNING
