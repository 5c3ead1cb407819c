"""Dropping a meeting's alarms at Scheduler: what the contract does not ask about."""

import secrets
import threading
from typing import TYPE_CHECKING, Any

import pytest

from elephant.adapters.aws.scheduler import SchedulerAlarms
from elephant.ports.alarms import AlarmKind
from elephant.ports.errors import Permanent, Temporary
from tests.integration.adapters.aws.scheduler.examples import MEETING_ID, MINUTE, NOW, Left
from tests.integration.adapters.aws.scheduler.wire import Wire
from tests.support.watched_schedules import settings_of

if TYPE_CHECKING:
    from mypy_boto3_scheduler.client import EventBridgeSchedulerClient

pytestmark = pytest.mark.integration


def set_both(alarms: SchedulerAlarms, wire: Wire) -> None:
    for kind in AlarmKind:
        alarms.set(kind, MEETING_ID, NOW + 5 * MINUTE, NOW)
    wire.calls.clear()


def test_both_are_deleted_at_the_same_time(alarms: SchedulerAlarms, wire: Wire, left: Left) -> None:
    set_both(alarms, wire)
    together = threading.Barrier(2, timeout=60)
    wire.before("DeleteSchedule", lambda _: together.wait(), times=2)
    alarms.drop(MEETING_ID)
    assert wire.calls == ["Delete", "Delete"]
    assert left() == []


@pytest.mark.parametrize("failing", ["launch", "safety"])
def test_the_error_of_one_does_not_keep_the_other(
    alarms: SchedulerAlarms, wire: Wire, left: Left, failing: str
) -> None:
    set_both(alarms, wire)
    wire.answer("DeleteSchedule", 400, "AccessDeniedException", times=9, name=f"{failing}-{MEETING_ID}")
    with pytest.raises(Permanent, match=f"scheduler:DeleteSchedule on the schedule {failing}-{MEETING_ID}"):
        alarms.drop(MEETING_ID)
    assert [schedule.name for schedule in left()] == [f"{failing}-{MEETING_ID}"]


def test_where_both_fail_the_first_is_raised_and_the_other_logged(
    alarms: SchedulerAlarms, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    set_both(alarms, wire)
    wire.answer("DeleteSchedule", 500, "InternalServerException", times=9)
    with pytest.raises(Temporary, match=f"launch-{MEETING_ID}"):
        alarms.drop(MEETING_ID)
    assert f"safety-{MEETING_ID}" in caplog.text
    assert wire.calls == ["Delete"] * 6


def test_one_that_is_being_changed_is_dropped_later(alarms: SchedulerAlarms, wire: Wire, left: Left) -> None:
    set_both(alarms, wire)
    wire.answer("DeleteSchedule", 409, "ConflictException", times=2)
    with pytest.raises(Temporary, match="being changed just now"):
        alarms.drop(MEETING_ID)
    alarms.drop(MEETING_ID)
    assert left() == []


def test_a_deletion_whose_answer_was_lost_is_fine(alarms: SchedulerAlarms, wire: Wire, left: Left) -> None:
    set_both(alarms, wire)
    wire.lose_answer("DeleteSchedule")
    alarms.drop(MEETING_ID)
    assert wire.calls == ["Delete"] * 3
    assert left() == []


def test_nothing_is_left_of_a_group_that_is_gone(client: "EventBridgeSchedulerClient") -> None:
    functions: Any = None
    SchedulerAlarms(client, functions, settings_of(f"gone-{secrets.token_hex(4)}")).drop(MEETING_ID)
