"""What everything that machines run on promises (ports/machines.py)."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from elephant.adapters.embedded import agent_process
from elephant.adapters.embedded.desktop_settings import DesktopSettings
from elephant.adapters.embedded.desktops import EmbeddedDesktops
from elephant.adapters.memory.machines import MemoryMachines
from elephant.domain.machine import Machine
from elephant.domain.meeting import DEFAULT_ROLES, Role
from elephant.ports.errors import MachineNotFound
from elephant.ports.machines import LaunchOrder, Machines
from tests.contract.examples import NOW
from tests.support.ec2_fixtures import aws_server, desktop_image, ec2, ec2_machines, ec2_rules, ec2_settings

__all__ = ["aws_server", "desktop_image", "ec2", "ec2_machines", "ec2_rules", "ec2_settings"]

ONE, OTHER = DEFAULT_ROLES
MEETING = "abcdefgh12345678"
_TINY_AGENT = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit()); signal.pause()"


@pytest.fixture(params=["memory", *(pytest.param(each, marks=pytest.mark.integration) for each in ("embedded", "ec2"))])
def machines(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machines]:
    if request.param == "memory":
        yield MemoryMachines()
        return
    if request.param == "ec2":
        yield request.getfixturevalue("ec2_machines")
        return
    monkeypatch.setattr(agent_process, "agent_command", lambda python, _: [str(python), "-I", "-S", "-c", _TINY_AGENT])
    data_dir = Path(tempfile.mkdtemp()).resolve()
    desktops = EmbeddedDesktops(
        DesktopSettings(
            data_dir=data_dir,
            app_for=lambda *_: ["sleep", "600"],
            token_for=lambda *_: "token",
            recordings_url_for=lambda *_: "http://127.0.0.1:8080/recordings",
            use_sandbox=False,
        )
    )
    yield desktops
    desktops.terminate([machine.id for machine in desktops.owned()], NOW)
    while desktops.owned():
        desktops.reap(NOW + timedelta(minutes=1))
    shutil.rmtree(data_dir)


def an_order(role: Role = ONE, attempt: int = 1, meeting_id: str = MEETING) -> LaunchOrder:
    return LaunchOrder(
        meeting_id=meeting_id,
        role=role,
        attempt=attempt,
        deadline=NOW + timedelta(hours=1),
        jitsi_url="https://meet.example/abcdefgh12345678",
    )


def launched(machines: Machines, *orders: LaunchOrder) -> list[Machine]:
    outcomes = machines.launch(orders, NOW)
    found = [outcome for outcome in outcomes if isinstance(outcome, Machine)]
    assert len(found) == len(orders), outcomes
    return found


def ids(found: object) -> set[str]:
    assert isinstance(found, list | tuple)
    return {machine.id for machine in found}


def test_no_orders_no_machines(machines: Machines) -> None:
    assert list(machines.launch([], NOW)) == []
    assert list(machines.owned()) == []


def test_outcomes_come_in_the_order_of_the_orders(machines: Machines) -> None:
    orders = [an_order(role, attempt) for attempt in (2, 1) for role in (OTHER, ONE)]
    found = launched(machines, *orders)
    assert [machine.role for machine in found] == [order.role for order in orders]
    assert len(ids(found)) == len(orders)
    assert all(machine.state.is_live for machine in found)
    # EC2 goes by its own clock, in whole seconds
    started = datetime.now(UTC) - timedelta(seconds=30)
    assert all(machine.launched_at == NOW or started < machine.launched_at < datetime.now(UTC) for machine in found)


def test_an_order_carried_out_before_gives_the_machine_of_then(machines: Machines) -> None:
    (first,) = launched(machines, an_order())
    (again,) = machines.launch([an_order()], NOW + timedelta(minutes=5))
    assert isinstance(again, Machine)
    assert (again.id, again.launched_at) == (first.id, first.launched_at)
    assert ids(machines.owned()) == {first.id}


def test_the_same_order_twice_at_once_gives_one_machine(machines: Machines) -> None:
    assert len(ids(launched(machines, an_order(), an_order()))) == 1
    assert len(machines.owned()) == 1


def test_every_attempt_gives_another_machine(machines: Machines) -> None:
    assert len(ids(launched(machines, an_order(attempt=1), an_order(attempt=2)))) == 2


def test_machines_are_found_by_id_and_by_meeting(machines: Machines) -> None:
    one, other = launched(machines, an_order(), an_order(meeting_id="another"))
    assert machines.get(one.id).meeting_id == MEETING
    assert ids(machines.of_meeting(MEETING)) == {one.id}
    assert ids(machines.of_meeting("another")) == {other.id}
    assert list(machines.of_meeting("unknown")) == []
    assert ids(machines.owned()) == {one.id, other.id}


@pytest.mark.parametrize(
    "machine_id", ["", "..", "unknown", "d-00000000000000000", "m-00000000000000000", "i-00000000000000000"]
)
def test_a_machine_that_is_not_there_is_not_found(machines: Machines, machine_id: str) -> None:
    with pytest.raises(MachineNotFound):
        machines.get(machine_id)


def test_a_terminated_machine_is_not_live_any_more(machines: Machines) -> None:
    one, other = launched(machines, an_order(ONE), an_order(OTHER))
    machines.terminate([one.id], NOW)
    assert not machines.get(one.id).state.is_live
    assert machines.get(other.id).state.is_live


def test_terminating_again_or_what_is_unknown_does_nothing(machines: Machines) -> None:
    (machine,) = launched(machines, an_order())
    machines.terminate(["", "unknown", "d-00000000000000000", "i-00000000000000000"], NOW)
    assert machines.get(machine.id).state.is_live
    machines.terminate([machine.id], NOW)
    machines.terminate([machine.id, machine.id], NOW)
    machines.terminate([], NOW)
    assert not machines.get(machine.id).state.is_live


def test_an_order_whose_machine_ended_gives_no_live_one(machines: Machines) -> None:
    (machine,) = launched(machines, an_order())
    machines.terminate([machine.id], NOW)
    (again,) = launched(machines, an_order())
    assert again.id == machine.id
    assert not again.state.is_live
