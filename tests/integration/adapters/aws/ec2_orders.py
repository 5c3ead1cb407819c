"""Orders for machines on EC2, and how they are carried out."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from elephant.adapters.aws.ec2 import Ec2Machines, Ec2Settings
from elephant.domain.machine import Machine
from elephant.ports.errors import ElephantError
from elephant.ports.machines import LaunchOrder
from tests.support.builders import MEET_TIME, MEETING_ID, TEACHER

if TYPE_CHECKING:
    from tests.support.ec2_rules import Ec2Rules
    from tests.support.ec2_wire import Ec2Wire

NO_ROOM = "InsufficientInstanceCapacity"
THRICE = 3


def an_order(**values: object) -> LaunchOrder:
    order = LaunchOrder(
        meeting_id=MEETING_ID,
        role=TEACHER,
        attempt=1,
        deadline=MEET_TIME + timedelta(hours=1),
        jitsi_url="https://meet.example.test/room",
    )
    return replace(order, **values)  # type: ignore[arg-type]  # any field


def launched(machines: Ec2Machines, **values: object) -> Machine:
    (outcome,) = machines.launch([an_order(**values)], MEET_TIME)
    assert isinstance(outcome, Machine), outcome
    return outcome


def refused(machines: Ec2Machines, **values: object) -> ElephantError:
    (outcome,) = machines.launch([an_order(**values)], MEET_TIME)
    assert isinstance(outcome, ElephantError), outcome
    return outcome


def tried(wire: "Ec2Wire") -> list[tuple[str, str]]:
    """Type and subnet of each RunInstances."""
    runs = [request for request in wire.sent if request["Action"] == "RunInstances"]
    return [(request["InstanceType"], request["NetworkInterface.1.SubnetId"]) for request in runs]


def places(settings: Ec2Settings) -> list[tuple[str, str]]:
    return [(each, subnet) for each in settings.instance_types for subnet in settings.subnet_ids]


def fill(rules: "Ec2Rules", settings: Ec2Settings, but: int | None = None, code: str = NO_ROOM) -> None:
    """No room at any candidate, but for the one of this number."""
    full = places(settings)
    rules.refused = {place: code for number, place in enumerate(full) if number != but}


def together() -> Callable[[object], None]:
    """Lets two requests pass when both are under way, and fails otherwise."""
    barrier = threading.Barrier(2)

    def wait(_: object) -> None:
        barrier.wait(timeout=60)

    return wait
