"""A meeting on one machine, from its boot to its shutdown."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.agent.ec2.machine_world import MachineWorld

pytestmark = pytest.mark.integration


def test_from_boot_to_shutdown(machine: MachineWorld) -> None:
    machine.start()
    machine.await_reported((True, 0))
    assert json.loads((machine.here / "run" / "meeting.json").read_text()) == {
        "meeting_id": "abcdefgh12345678",
        "role": "guest",
        "jitsi_url": "https://meet.example/abcdefgh12345678",
    }
    verifier = f'auth-token-verifier="{machine.servers["api"].url}/dcv/auth/i-0123456789abcdef0"'
    assert verifier in (machine.here / "dcv.conf").read_text().splitlines()
    assert len(machine.calls("restart")) == 1
    machine.connect(1)
    machine.await_reported((True, 1))
    machine.await_recording()
    machine.connect(0)
    machine.await_reported((True, 0))
    assert machine.await_handed_in().endswith("/i-0123456789abcdef0/manifest.json")
    assert machine.api.order == ["segment-0001.mkv", "manifest.json"]
    assert not machine.calls("shutdown")
    machine.api.deadline = datetime.now(UTC) - timedelta(seconds=61)
    machine.await_shutdown()
    assert machine.end() == 0


@pytest.mark.parametrize("answer", ["over", "gone"])
def test_a_meeting_that_is_over_is_handed_in_and_the_machine_shut_down(machine: MachineWorld, answer: str) -> None:
    machine.connect(1)
    machine.start()
    machine.await_recording()
    setattr(machine.api, answer, True)
    machine.await_shutdown()
    assert machine.api.data_urls
    assert [each["file"] for each in machine.api.manifest()["segments"]] == ["segment-0001.mkv"]
    assert machine.agent.poll() is None, "it waits for the end of the machine"
    assert machine.end() == 0


def test_a_meeting_that_is_over_does_not_wait_longer_than_its_margin_for_uploads(machine: MachineWorld) -> None:
    machine.connect(1)
    machine.start(margin_seconds=0.5)
    machine.await_recording()
    machine.store.holds.set()
    machine.api.over = True
    machine.await_shutdown()
    assert "the meeting is over" in machine.log()
    assert not machine.api.data_urls
