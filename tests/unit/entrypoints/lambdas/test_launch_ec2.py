"""The alarm `launch-{id}`."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from elephant.domain.meeting import EndReason, SeatPhase
from elephant.ports.errors import Temporary
from tests.support.builders import MEETING_ID, STUDENT, TEACHER, at
from tests.support.frail_ports import broken
from tests.support.memory_world import MemoryWorld
from tests.unit.entrypoints.lambdas.conftest import Installation

Call = Callable[[str, object], dict[str, Any]]


@pytest.mark.parametrize("name", ["meeting_id", "meetingId"])
def test_every_seat_gets_a_machine(call: Call, world: MemoryWorld, name: str) -> None:
    answer = call("launch_ec2", {name: MEETING_ID})
    assert answer["launched"] == {role: world.seat(role).machine_id for role in (TEACHER, STUDENT)}
    assert [seat.phase for seat in world.meeting().seats] == [SeatPhase.LAUNCHED] * 2
    assert "reason" not in answer


def test_a_missing_meeting_is_a_success_with_a_reason(call: Call) -> None:
    assert "missing" in call("launch_ec2", {"meeting_id": "nobody0000000000"})["reason"]


def test_i1_no_launch_for_a_meeting_that_is_over(call: Call, world: MemoryWorld) -> None:
    world.end(EndReason.CANCELLED, at(-11))
    answer = call("launch_ec2", {"meeting_id": MEETING_ID})
    assert (answer["launched"], "over" in answer["reason"]) == ({}, True)
    assert not world.machines.owned()


def test_i2_the_same_alarm_twice_launches_once(call: Call, world: MemoryWorld) -> None:
    call("launch_ec2", {"meeting_id": MEETING_ID})
    assert call("launch_ec2", {"meeting_id": MEETING_ID})["launched"] == {}
    assert len(world.machines.owned()) == 2


def test_what_cannot_be_read_beforehand_keeps_nobody_from_a_machine(call: Call, installation: Installation) -> None:
    def refuse() -> None:
        raise Temporary("throttled")

    installation.prepare_launch = refuse
    assert len(call("launch_ec2", {"meeting_id": MEETING_ID})["launched"]) == 2


def test_a_failure_is_logged_once_with_the_meeting_and_raised(
    call: Call, installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    installation.break_port(meetings=broken(installation.world.meetings, "get", error=Temporary("throttled")))
    with pytest.raises(Temporary, match="throttled"):
        call("launch_ec2", {"meeting_id": MEETING_ID})
    (line,) = caplog.records
    assert line.levelno == logging.WARNING
    assert line.getMessage() == f"the launch for meeting {MEETING_ID} did not work and will be tried again: throttled"


def test_a_bug_is_logged_with_its_traceback_and_raised(
    call: Call, installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    installation.break_port(meetings=broken(installation.world.meetings, "get", error=RuntimeError("a bug")))
    with pytest.raises(RuntimeError):
        call("launch_ec2", {"meeting_id": MEETING_ID})
    (line,) = caplog.records
    assert (line.levelno, MEETING_ID in line.getMessage()) == (logging.ERROR, True)
    assert line.exc_info


def test_an_alarm_about_nothing_is_an_error(call: Call) -> None:
    with pytest.raises(ValueError, match="meeting_id"):
        call("launch_ec2", {})
