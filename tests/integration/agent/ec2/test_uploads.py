"""Recordings arrive whole, although the store, the API and the agent itself fail on the way."""

import pytest

from tests.integration.agent.ec2.machine_world import MachineWorld, eventually

pytestmark = pytest.mark.integration


def recorded(machine: MachineWorld) -> bytes:
    """What the recorder wrote; by now nobody writes any more."""
    return (machine.recordings / "segment-0001.mkv").read_bytes()


def test_an_agent_that_was_killed_in_the_middle_goes_on_where_it_was(machine: MachineWorld) -> None:
    machine.store.held_after = 2
    machine.store.holds.set()
    machine.connect(1)
    machine.start()
    machine.await_recording()
    machine.connect(0)
    eventually(lambda: sum(machine.store.puts.values()) == 3, "the third part is on its way", machine.log)
    machine.kill()
    machine.store.holds.clear()
    machine.start_again()
    machine.await_handed_in()
    assert machine.api.files["segment-0001.mkv"] == recorded(machine)
    (upload_id,) = {upload_id for (upload_id, number) in machine.store.puts if number == 3}
    assert [machine.store.puts[upload_id, number] for number in (1, 2, 3)] == [1, 1, 2]
    assert "goes on, 2 of 3 parts are there" in machine.log()
    machine.end()
    machine.start_again()
    machine.await_handed_in(2)
    assert machine.api.order.count("segment-0001.mkv") == 1, "what arrived is not sent again"


def test_a_store_that_cuts_is_late_expires_and_is_busy(machine: MachineWorld) -> None:
    machine.store.troubles = ["cut", "late", "expired", "broken", "", "", "cut"]
    machine.api.conflicts = 1
    machine.connect(1)
    machine.start()
    machine.await_recording()
    machine.connect(0)
    machine.await_handed_in()
    assert machine.api.files["segment-0001.mkv"] == recorded(machine)
    (segment,) = machine.api.manifest()["segments"]
    assert segment["size_bytes"] == len(recorded(machine))
    assert segment["url"] == "./segment-0001.mkv"
    assert "problem" not in machine.api.manifest()


def test_a_segment_that_is_refused_is_missed_by_name_and_the_machine_ends_all_the_same(machine: MachineWorld) -> None:
    machine.api.refuses = ("segment-0001.mkv",)
    machine.connect(1)
    machine.start()
    machine.await_recording()
    machine.connect(0)
    machine.await_handed_in()
    assert machine.api.manifest()["segments"] == []
    why = "/agent/uploads answered with 413: this seat may hand in no more: 500 files are there"
    assert machine.api.manifest()["problem"] == f"segment-0001.mkv could not be uploaded: {why}"
    machine.api.over = True
    machine.connect(1)  # news are reported at once, and what is not new every ten seconds
    machine.await_shutdown()
    assert machine.end() == 0
