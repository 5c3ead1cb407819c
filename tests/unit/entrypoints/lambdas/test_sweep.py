"""The sweep, every minute."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from elephant.bootstrap.certificate_watch import CertificateWatch
from elephant.domain.certificate import Certificate
from elephant.ports.errors import Temporary
from tests.support.builders import MEETING_ID, STUDENT, TEACHER, a_certificate, a_machine, at
from tests.support.frail_ports import broken
from tests.support.memory_world import MemoryWorld
from tests.unit.entrypoints.lambdas.conftest import Installation

Call = Callable[[str, object], dict[str, Any]]
EVENT = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}


def test_the_report_is_the_answer(call: Call, world: MemoryWorld) -> None:
    answer = call("sweep", EVENT)
    (action,) = answer["actions"]
    assert (action["action"], action["meeting_id"], action["roles"]) == (
        "LaunchSeats",
        MEETING_ID,
        (TEACHER, STUDENT),
    )
    assert json.loads(json.dumps(answer))["failures"] == []
    assert len(world.live_machines()) == 2
    assert call("sweep", EVENT)["actions"] == []


def test_an_action_that_failed_is_in_the_report(call: Call, installation: Installation) -> None:
    installation.break_port(machines=broken(installation.world.machines, "launch", error=Temporary("throttled")))
    (failure,) = call("sweep", EVENT)["failures"]
    assert (failure["action"], failure["problem"]) == ("LaunchSeats", "throttled")


@pytest.mark.parametrize(("port", "method"), [("machines", "owned"), ("addresses", "published")])
def test_i8_a_world_that_could_not_be_read_is_an_error(
    call: Call, installation: Installation, world: MemoryWorld, port: str, method: str
) -> None:
    installation.break_port(**{port: broken(getattr(world, port), method, error=Temporary("throttled"))})
    with pytest.raises(Temporary, match="could not read all of the world"):
        call("sweep", EVENT)
    assert not world.machines.owned()


def test_a_plan_that_would_end_too_many_is_an_error_until_somebody_forces_it(call: Call, world: MemoryWorld) -> None:
    for number in range(20):
        world.machines.add(a_machine(f"old-{number}", meeting_id="unknown000000000"))
    with pytest.raises(Temporary, match="refused to end"):
        call("sweep", EVENT)
    assert sum(machine.meeting_id != MEETING_ID for machine in world.live_machines()) == 20
    call("sweep", {"force": True})
    assert not [machine for machine in world.live_machines() if machine.meeting_id != MEETING_ID]


def test_a_certificate_that_ends_soon_is_in_the_report(call: Call, installation: Installation) -> None:
    held = a_certificate(days_left=12, now=installation.now)
    installation.certificate_watch = CertificateWatch(lambda: held)
    answer = call("sweep", EVENT)
    assert "in 12 days: run `elephant certs renew`" in answer["certificate"]
    assert [action["action"] for action in answer["actions"]] == ["LaunchSeats"]


def test_a_certificate_that_cannot_be_read_fails_no_sweep(call: Call, installation: Installation) -> None:
    def read() -> Certificate:
        raise Temporary("throttled")

    installation.certificate_watch = CertificateWatch(read)
    answer = call("sweep", EVENT)
    assert answer["certificate"] == "the machines' certificate could not be read: throttled"
    assert [action["action"] for action in answer["actions"]] == ["LaunchSeats"]


def figures_in(output: str) -> dict[str, int]:
    """The metrics in what was written to standard output, as CloudWatch reads them."""
    (line,) = output.splitlines()
    content = json.loads(line)
    (directive,) = content["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("Elephant", [["Installation"]])
    assert content["Installation"] == "elephant-north"
    assert content["_aws"]["Timestamp"] == int(at(-10).timestamp() * 1000)
    return {each["Name"]: content[each["Name"]] for each in directive["Metrics"]}


def test_the_figures_are_written_for_cloudwatch(
    call: Call, world: MemoryWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.machines.add(a_machine("lost", meeting_id="unknown000000000"))
    call("sweep", EVENT)
    assert figures_in(capsys.readouterr().out) == {
        "Machines": 1,
        "MachinesPastDeadline": 1,
        "DnsRecords": 0,
        "ActionsFailed": 0,
    }
    call("sweep", EVENT)
    assert figures_in(capsys.readouterr().out)["MachinesPastDeadline"] == 0


def test_a_world_that_could_not_be_read_has_no_figures(
    call: Call, installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    installation.break_port(machines=broken(installation.world.machines, "owned", error=Temporary("throttled")))
    with pytest.raises(Temporary):
        call("sweep", EVENT)
    assert figures_in(capsys.readouterr().out) == {"ActionsFailed": 0}
