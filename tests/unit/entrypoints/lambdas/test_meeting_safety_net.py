"""The alarm `safety-{id}`."""

from collections.abc import Callable
from typing import Any

import pytest

from elephant.domain.meeting import EndReason
from elephant.ports.alarms import AlarmKind
from elephant.ports.errors import Temporary
from tests.support.builders import MEETING_ID, POLICY, at
from tests.support.frail_ports import broken
from tests.support.memory_world import MemoryWorld
from tests.unit.entrypoints.lambdas.conftest import Installation

Call = Callable[[str, object], dict[str, Any]]
ALARM = {"meeting_id": MEETING_ID}


def test_a_meeting_that_nobody_came_to_ends(call: Call, installation: Installation, world: MemoryWorld) -> None:
    world.both_ready(at(-10))
    installation.now = at(15)
    assert call("meeting_safety_net", ALARM) == {"meeting_id": MEETING_ID, "verdict": "end", "why": "nobody came"}
    assert world.meeting().termination_reason is EndReason.NO_SHOW_TIMEOUT
    assert not world.live_machines()


def test_one_in_progress_is_kept_and_looked_at_again(
    call: Call, installation: Installation, world: MemoryWorld
) -> None:
    world.both_ready(at(-10))
    world.join(at(0))
    installation.now = at(15)
    assert call("meeting_safety_net", ALARM)["verdict"] == "keep"
    assert world.alarms.take_due(at(15) + POLICY.rearm) == [(AlarmKind.SAFETY_NET, MEETING_ID)]


def test_a_missing_meeting_is_nobodys(call: Call) -> None:
    answer = call("meeting_safety_net", {"meetingId": "nobody0000000000"})
    assert (answer["verdict"], answer["why"]) == ("keep", "there is no such meeting")


def test_a_failure_is_logged_with_the_meeting_and_raised(
    call: Call, installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    installation.now = at(15)
    installation.break_port(alarms=broken(installation.world.alarms, "drop", error=Temporary("throttled")))
    with pytest.raises(Temporary):
        call("meeting_safety_net", ALARM)
    assert [line.getMessage() for line in caplog.records if MEETING_ID in line.getMessage()] == [
        f"the safety net of meeting {MEETING_ID} did not work and will be tried again: throttled"
    ]
