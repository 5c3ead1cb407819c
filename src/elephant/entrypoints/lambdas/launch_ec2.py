"""`launch-ec2`: the alarm `launch-{id}`, or its booking where that is due at once, starts a meeting's machines."""

from typing import Any

from elephant.bootstrap.aws import Aws, aws
from elephant.bootstrap.aws_parts import Part
from elephant.domain.machine import Machine
from elephant.entrypoints.lambdas.failures import failures_logged
from elephant.entrypoints.lambdas.starting import start
from elephant.ports.overlap import outcome_of
from elephant.usecases.launch_desktops import launch_desktops
from elephant.wire.aws_events import meeting_id_of

start(Part.LAUNCHING)


def handler(event: object, _context: object) -> dict[str, Any]:
    """Start a machine for every seat that is due one; a missing or ended meeting is a success with a reason.

    Raises whatever kept a seat without a machine, after the other seats have been dealt with: the same alarm, tried
    again, finds the machines that are there.
    """
    meeting_id = meeting_id_of(event)
    with failures_logged(f"the launch for meeting {meeting_id}"):
        machines = _launch(meeting_id, aws())
    answer: dict[str, Any] = {
        "meeting_id": meeting_id,
        "launched": {machine.role: machine.id for machine in machines},
    }
    if not machines:
        answer["reason"] = "the meeting is missing, over or not due, or each of its seats has a machine or needs none"
    return answer


def _launch(meeting_id: str, installation: Aws) -> list[Machine]:
    """Launch; a new process reads meanwhile what it must know of the image."""
    service = installation.service
    machines: list[Machine] = []

    def launch() -> None:
        machines.extend(
            launch_desktops(
                meeting_id,
                meetings=service.meetings,
                machines=service.machines,
                policy=service.policy,
                now=service.now(),
                overlap=service.overlap,
            )
        )

    # What cannot be read now is asked for again by the launch, which says so where it cannot do without.
    service.overlap([launch, outcome_of(installation.prepare_launch)])
    return machines
