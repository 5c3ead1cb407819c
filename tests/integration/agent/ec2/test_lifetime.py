"""A machine that nobody asked for does not live, whatever is broken."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.agent.ec2.machine_world import MachineWorld, eventually

pytestmark = pytest.mark.integration


def test_without_usable_user_data_it_is_shut_down_after_its_time_to_boot(machine: MachineWorld) -> None:
    machine.metadata.user_data = b"#!/bin/sh\n"
    machine.settings["boot_seconds"] = 1.0
    machine.start_again()
    machine.await_shutdown()
    assert "no meeting is known for this machine" in machine.log()
    assert machine.end() == 0


def test_an_agent_that_is_started_again_does_not_begin_its_time_to_boot_anew(machine: MachineWorld) -> None:
    machine.metadata.failures = 1_000_000
    machine.settings["boot_seconds"] = 1000.0
    machine.start_again()
    state = machine.here / "run" / "state.json"
    eventually(state.exists, "the state is kept", machine.log)
    machine.kill()
    state.write_text(json.dumps(json.loads(state.read_text()) | {"began": 0.0}))
    machine.settings["boot_seconds"] = 0.9 * time.monotonic()  # of the time that this machine is up
    machine.start_again()
    machine.await_shutdown()


def test_without_api_and_desktop_it_is_shut_down_at_its_deadline_and_margin(machine: MachineWorld) -> None:
    machine.api.never = True
    machine.mode("dcv", "hang")
    deadline = datetime.now(UTC) + timedelta(seconds=0.5)
    machine.start(deadline=deadline.isoformat(), margin_seconds=1)
    machine.await_shutdown()
    assert datetime.now(UTC) >= deadline + timedelta(seconds=1)
    assert "the deadline and its margin passed" in machine.log()


def test_a_shutdown_is_not_waited_for_by_uploads_that_hang(machine: MachineWorld) -> None:
    machine.store.holds.set()
    machine.connect(1)
    machine.start(margin_seconds=1)
    machine.await_recording()
    machine.connect(0)
    eventually(lambda: machine.store.puts, "the recording is on its way", machine.log)
    machine.api.deadline = datetime.now(UTC)
    machine.await_shutdown()
    assert not machine.api.data_urls


def test_a_second_agent_leaves_the_first_alone(machine: MachineWorld) -> None:
    machine.start()
    machine.await_healthy()
    first = machine.agent
    machine.start_again()
    assert machine.agent.wait(60) == 4
    assert "another agent runs already" in machine.log()
    machine.process = first
    assert first.poll() is None


def test_told_to_stop_it_hands_in_quickly_and_leaves_the_machine_running(machine: MachineWorld) -> None:
    machine.connect(1)
    machine.start()
    machine.await_recording()
    assert machine.end() == 0
    assert machine.api.order == ["segment-0001.mkv", "manifest.json"]
    assert machine.api.data_urls
    assert not machine.calls("shutdown")


def test_told_to_stop_it_does_not_wait_for_an_api_that_is_away(machine: MachineWorld) -> None:
    machine.settings["stop_seconds"] = 0.5
    machine.connect(1)
    machine.start()
    machine.await_recording()
    machine.api.never = True
    assert machine.end() == 0
    assert "could not be" in machine.log() or "cannot be handed in yet" in machine.log()


def test_settings_that_are_wrong_are_named_and_the_machine_is_not_forgotten(machine: MachineWorld) -> None:
    machine.settings["recording_dir"] = "misspelt"
    defaults = {"run_dir": str(machine.here / "run"), "shutdown_command": [str(machine.here / "shutdown")]}
    program = f"""
import elephant.agent.ec2.__main__ as agent
from elephant.agent.ec2.settings import ImageSettings
agent.ImageSettings = lambda: ImageSettings(**{defaults!r}, boot_seconds=0.5)  # those of this machine are not touched
agent.main()
"""
    machine.start_again(["-c", program])
    machine.await_shutdown()
    assert "recording_dir is no setting" in machine.log()
    assert machine.end() == 2
