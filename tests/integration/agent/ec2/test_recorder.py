"""Recorders that die, hang, are missing and lie: the desktop goes on, and what there is arrives."""

import pytest

from tests.integration.agent.ec2.machine_world import MachineWorld, eventually

pytestmark = pytest.mark.integration


def test_a_recorder_that_dies_is_started_again_and_one_that_is_deaf_is_killed(machine: MachineWorld) -> None:
    machine.mode("recorder", "dies")
    machine.settings["close_seconds"] = 0.5
    machine.connect(1)
    machine.start()
    machine.await_recording(2)
    assert "the recorder ended by itself with 3" in machine.log()
    assert machine.api.health[-1] == (True, 1)
    machine.connect(0)
    machine.await_handed_in()
    manifest = machine.api.manifest()
    assert [each["file"] for each in manifest["segments"]] == ["segment-0001.mkv", "segment-0002.mkv"]
    assert "ended by itself" in manifest["problem"]
    assert "did not close a segment in time" in manifest["problem"]


def test_a_recorder_that_is_missing_costs_the_recording_alone(machine: MachineWorld) -> None:
    machine.settings["record_command"] = ["no-such-recorder", "{file}"]
    machine.connect(1)
    machine.start()
    machine.await_reported((True, 1))
    eventually(lambda: "cannot be started" in machine.log(), "the recorder was missed", machine.log)
    machine.connect(0)
    machine.await_handed_in()
    assert machine.api.manifest()["segments"] == []
    assert "no-such-recorder" in machine.api.manifest()["problem"]


def test_what_is_still_being_written_is_uploaded_as_large_as_it_is_said_to_be(machine: MachineWorld) -> None:
    machine.mode("recorder", "leaves")
    machine.connect(1)
    machine.start()
    machine.await_recording()
    machine.connect(0)
    machine.await_handed_in()
    (segment,) = machine.api.manifest()["segments"]
    assert segment["size_bytes"] == len(machine.api.files["segment-0001.mkv"])
    assert machine.calls("recorder") == [
        f":7 /run/user/1000/dcv/console.xauth {machine.recordings / 'segment-0001.mkv'}"
    ]


def test_an_agent_that_was_killed_beside_a_person_records_on_in_another_segment(machine: MachineWorld) -> None:
    machine.connect(1)
    machine.start()
    machine.await_recording()
    machine.kill()
    machine.start_again()
    machine.await_recording(2)
    assert machine.api.data_urls == [], "the seat was not left"
    assert len(machine.calls("restart")) == 1, "and DCV was left alone"
    machine.connect(0)
    machine.await_handed_in()
    files = [each["file"] for each in machine.api.manifest()["segments"]]
    assert files == ["segment-0001.mkv", "segment-0002.mkv"]
