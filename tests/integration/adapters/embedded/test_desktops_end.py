"""Ending desktops: whatever they do and whatever was lost, not one process, socket or directory stays."""

import contextlib
import errno
import os
import shutil
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from elephant.adapters.embedded import agent_process
from elephant.adapters.embedded.processes import ProcessIdentity, boot_id, identity_of
from elephant.adapters.embedded.sandbox_host import python_program
from elephant.domain.machine import Machine, MachineState
from elephant.ports.errors import MachineNotFound, Temporary
from tests.integration.adapters.embedded.desktop_world import (
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

# Two forks and a session of its own, with no environment of ours: as far away from the agent as a process gets.
DAEMON = ["sh", "-c", "env -i setsid sh -c 'env -i setsid sleep 600 & sleep 600' & sleep 600"]
TAGGED_DAEMON = ["sh", "-c", "setsid sh -c 'setsid sleep 600 &' & sleep 600"]


def test_terminate_then_reap_leaves_nothing(world: DesktopWorld) -> None:
    server = world.new_server()
    machines = world.launch(server, an_order(ONE), an_order(OTHER))
    eventually(lambda: len(world.processes()) >= 4, "both desktops have their programs")
    pids = world.processes()
    server.terminate([machine.id for machine in machines], NOW)
    ended = world.reap_until_nothing_is_left(server, NOW)
    assert {machine.id for machine in ended} == {machine.id for machine in machines}
    assert {machine.state for machine in ended} == {MachineState.TERMINATED}
    assert len(ended) == 2, "each is returned once"
    assert not any(map(runs, pids))
    assert server.owned() == []
    with pytest.raises(MachineNotFound):
        server.get(machines[0].id)
    assert server._children == []
    assert (world.data_dir / "recordings" / MEETING / ONE).is_dir(), "recordings stay"


def test_terminating_shows_at_once_and_only_there(world: DesktopWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_process, "agent_command", stub_agent_command(stubborn=True))
    server = world.new_server()
    one, other = world.launch(server, an_order(ONE), an_order(OTHER))
    server.terminate([one.id], NOW)
    assert server.get(one.id).state is MachineState.SHUTTING_DOWN
    assert world.new_server().get(one.id).state is MachineState.SHUTTING_DOWN
    assert server.reap(NOW + timedelta(seconds=9)) == []
    assert runs(world.main_pid(one.id))
    ended = world.reap_what_ends(server, NOW + timedelta(seconds=10))
    assert [machine.id for machine in ended] == [one.id]
    assert server.owned() == [other]
    assert server.reap(NOW + timedelta(days=1)) == []


def test_terminating_again_gives_no_more_time(world: DesktopWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_process, "agent_command", stub_agent_command(stubborn=True))
    server = world.new_server()
    (machine,) = world.launch(server)
    server.terminate([machine.id], NOW)
    server.terminate([machine.id], NOW + timedelta(seconds=9))
    assert len(world.reap_what_ends(server, NOW + timedelta(seconds=10))) == 1


def test_a_clock_set_back_keeps_no_machine_alive(world: DesktopWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_process, "agent_command", stub_agent_command(stubborn=True))
    server = world.new_server()
    (machine,) = world.launch(server)
    server.terminate([machine.id], NOW)
    earlier = NOW - timedelta(hours=1)
    assert server.reap(earlier) == []
    assert len(world.reap_what_ends(server, earlier + timedelta(seconds=10))) == 1


@pytest.mark.parametrize("app", [DAEMON, TAGGED_DAEMON], ids=["without our environment", "with it"])
def test_a_daemon_in_a_sandbox_ends_with_it(sandboxed: DesktopWorld, app: list[str]) -> None:
    server = sandboxed.new_server(app)
    (machine,) = sandboxed.launch(server)
    pid = sandboxed.main_pid(machine.id)
    namespace = str(Path(f"/proc/{pid}/ns/pid").readlink())
    eventually(lambda: len(_of_namespace(namespace)) >= 4, "the daemons run")
    daemons = _of_namespace(namespace)
    os.kill(pid, signal.SIGKILL)
    assert sandboxed.reap_until_nothing_is_left(server, NOW)
    assert not any(map(runs, daemons))


def _of_namespace(namespace: str) -> list[int]:
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdecimal():
            with contextlib.suppress(OSError):
                if str((path / "ns/pid").readlink()) == namespace:
                    found.append(int(path.name))
    return found


def test_a_daemon_without_a_sandbox_ends_too(plain: DesktopWorld) -> None:
    server = plain.new_server(TAGGED_DAEMON)
    (machine,) = plain.launch(server)
    eventually(lambda: len(plain.processes()) >= 3, "the daemon runs")
    os.kill(plain.main_pid(machine.id), signal.SIGKILL)
    eventually(lambda: server.get(machine.id).state is MachineState.TERMINATED, "it shows")
    assert plain.processes(), "what it started lives on until it is reaped"
    assert [each.id for each in plain.reap_what_ends(server, NOW)] == [machine.id]
    assert plain.nothing_is_left()


def test_a_child_that_dropped_its_environment_is_found_through_its_parent(plain: DesktopWorld) -> None:
    server = plain.new_server(["sh", "-c", "env -i sleep 599 & sleep 600"])
    (machine,) = plain.launch(server)
    eventually(lambda: _untagged_children(plain), "it runs")
    (child,) = _untagged_children(plain)
    server.terminate([machine.id], NOW)
    eventually(lambda: server.get(machine.id).state is MachineState.TERMINATED, "its agent is gone")
    plain.reap_until_nothing_is_left(server, NOW)
    eventually(lambda: not runs(child), "what dropped its environment is gone")


def _untagged_children(world: DesktopWorld) -> list[int]:
    tagged = world.processes()
    return [
        pid
        for parent in tagged
        for pid in map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())
        if pid not in tagged and b"599" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def test_a_machine_whose_directory_is_lost_is_found_and_ended(world: DesktopWorld) -> None:
    server = world.new_server()
    (machine,) = world.launch(server)
    shutil.rmtree(world.folder(machine.id).path)
    (found,) = server.owned()
    assert (found.id, found.meeting_id, found.role) == (machine.id, MEETING, ONE)
    assert found.state is MachineState.STOPPED
    assert server.get(machine.id) == found
    assert server.reap(NOW) == []
    server.terminate([machine.id], NOW)
    assert {each.id for each in world.reap_until_nothing_is_left(server, NOW + timedelta(seconds=10))} == {machine.id}


def test_a_damaged_note_ends_the_machine_and_stops_nothing_else(world: DesktopWorld) -> None:
    server = world.new_server()
    one, other = world.launch(server, an_order(ONE), an_order(OTHER))
    (world.folder(one.id).path / "machine.json").write_text("{")
    states = {machine.id: machine.state for machine in server.owned()}
    assert states == {one.id: MachineState.STOPPED, other.id: MachineState.RUNNING}
    server.terminate([one.id, other.id], NOW)
    assert len(world.reap_until_nothing_is_left(server, NOW)) == 2


def test_a_machine_that_died_is_terminated_until_it_is_reaped(world: DesktopWorld) -> None:
    server = world.new_server()
    (machine,) = world.launch(server)
    os.kill(world.main_pid(machine.id), signal.SIGKILL)
    eventually(lambda: server.get(machine.id).state is MachineState.TERMINATED, "it shows")
    assert [each.state for each in server.owned()] == [MachineState.TERMINATED]
    assert [each.id for each in world.reap_what_ends(server, NOW)] == [machine.id]
    assert world.nothing_is_left()


@pytest.mark.parametrize("wrong", ["start", "boot"])
def test_a_pid_used_again_is_nobody_of_ours(world: DesktopWorld, wrong: str) -> None:
    server = world.new_server()
    (machine,) = world.launch(server)
    eventually(world.kill_all, "it is gone")
    me = identity_of(os.getpid())
    assert me is not None
    used_again = (
        ProcessIdentity(me.pid, me.start_ticks - 1, boot_id())
        if wrong == "start"
        else ProcessIdentity(me.pid, me.start_ticks, "another boot")
    )
    world.folder(machine.id).write_process(used_again)
    assert server.get(machine.id).state is MachineState.TERMINATED
    with pytest.raises(MachineNotFound):
        server.pidfd(machine.id)
    assert len(world.reap_what_ends(server, NOW + timedelta(hours=1))) == 1


def test_a_full_disk_keeps_no_machine_alive(world: DesktopWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_process, "agent_command", stub_agent_command(stubborn=True))
    server = world.new_server()
    (machine,) = world.launch(server)

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    server.terminate([machine.id], NOW)
    assert server.get(machine.id).state is MachineState.SHUTTING_DOWN
    assert len(world.reap_what_ends(server, NOW + timedelta(seconds=10))) == 1
    assert world.nothing_is_left()


def test_what_is_not_ours_is_passed_over(world: DesktopWorld) -> None:
    server = world.new_server()
    (machine,) = world.launch(server)
    server.terminate(["", "..", "../../etc", "i-0123456789abcdef0", "d-00000000000000000"], NOW)
    assert server.owned() == [machine]
    for foreign in ("", "..", "../machines", "d-00000000000000000"):
        with pytest.raises(MachineNotFound):
            server.get(foreign)


def test_unreadable_is_not_empty(world: DesktopWorld) -> None:
    server = world.new_server()
    assert server.owned() == []
    world.settings.machines_dir.parent.mkdir(parents=True)
    world.settings.machines_dir.write_text("no directory")
    with pytest.raises(Temporary):
        server.owned()
    with pytest.raises(Temporary):
        server.of_meeting(MEETING)
    with pytest.raises(Temporary):
        server.reap(NOW)


def test_a_home_that_resists_is_removed_all_the_same(world: DesktopWorld) -> None:
    script = """
import os, time
os.mkdir("locked")
open("locked/file", "w").close()
os.chmod("locked", 0)
top = os.getcwd()
for _ in range(1500):
    os.mkdir("d")
    os.chdir("d")
open(top + "/done", "w").close()
time.sleep(600)
"""
    server = world.new_server([str(python_program()), "-I", "-S", "-c", script])
    (machine,) = world.launch(server)
    eventually((world.folder(machine.id).home / "done").exists, "it made its mess")
    server.terminate([machine.id], NOW)
    assert world.reap_until_nothing_is_left(server, NOW)


def test_half_a_removal_is_finished(world: DesktopWorld) -> None:
    half = world.settings.machines_dir / ".gone-d-00000000000000000"
    (half / "home").mkdir(parents=True)
    assert world.new_server().reap(NOW) == []
    assert not half.exists()


def test_a_directory_that_never_became_a_machine_goes(world: DesktopWorld) -> None:
    path = world.folder("d-00000000000000000").path
    path.mkdir(parents=True)
    server = world.new_server()
    assert server.owned() == []
    assert server.reap(NOW) == []
    assert not path.exists()


def test_one_that_is_told_to_end_before_it_can_hear_ends_all_the_same(world: DesktopWorld) -> None:
    """A namespace's first process loses every signal that comes before it has a handler (pid_namespaces(7))."""
    server = world.new_server()
    (machine,) = server.launch([an_order()], NOW)
    assert isinstance(machine, Machine)
    server.terminate([machine.id], NOW)
    assert [each.id for each in world.reap_until_nothing_is_left(server, NOW)] == [machine.id]
