"""An alarm that is due when it is set: its function is invoked, and nothing is scheduled."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from elephant.adapters.aws.scheduler import SchedulerAlarms
from elephant.ports.alarms import AlarmKind
from elephant.ports.errors import Permanent, Temporary
from tests.integration.adapters.aws.scheduler.examples import (
    IMPATIENT,
    LAUNCH,
    LAUNCH_STANDS,
    MEETING_ID,
    MINUTE,
    NOW,
    SAFETY_NET,
    Left,
)
from tests.integration.adapters.aws.scheduler.wire import Wire, response
from tests.support.lambda_stand_in import LambdaStandIn
from tests.support.watched_schedules import LAUNCHER_ARN, SAFETY_NET_ARN, settings_of

if TYPE_CHECKING:
    from mypy_boto3_scheduler.client import EventBridgeSchedulerClient

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(("kind", "arn"), [(LAUNCH, LAUNCHER_ARN), (SAFETY_NET, SAFETY_NET_ARN)])
def test_what_is_due_is_invoked_at_once_and_nothing_is_scheduled(
    alarms: SchedulerAlarms, wire: Wire, lambda_stand_in: LambdaStandIn, kind: AlarmKind, arn: str
) -> None:
    alarms.set(kind, MEETING_ID, NOW - MINUTE, NOW)
    assert lambda_stand_in.take() == [(arn, {"meeting_id": MEETING_ID})]
    assert wire.calls == []


def test_no_connection_is_left_open_after_a_call(
    client: "EventBridgeSchedulerClient", lambda_stand_in: LambdaStandIn, schedule_group: str
) -> None:
    functions: Any = lambda_stand_in.client()
    bodies: list[Any] = []
    functions.meta.events.register("after-call.lambda.Invoke", lambda parsed, **_: bodies.append(parsed["Payload"]))
    SchedulerAlarms(client, functions, settings_of(schedule_group)).set(LAUNCH, MEETING_ID, NOW, NOW)
    assert [body._raw_stream.closed for body in bodies] == [True]


def test_what_is_nearly_due_is_scheduled_because_its_function_would_do_nothing_yet(
    alarms: SchedulerAlarms, lambda_stand_in: LambdaStandIn, left: Left
) -> None:
    alarms.set(SAFETY_NET, MEETING_ID, NOW + timedelta(seconds=1), NOW)
    assert lambda_stand_in.take() == []
    assert [schedule.at for schedule in left()] == [NOW + MINUTE]


def test_a_schedule_for_later_is_left_when_its_function_is_invoked_at_once(
    alarms: SchedulerAlarms, lambda_stand_in: LambdaStandIn, left: Left
) -> None:
    alarms.set(LAUNCH, MEETING_ID, NOW + 5 * MINUTE, NOW)
    alarms.set(LAUNCH, MEETING_ID, NOW, NOW)
    assert lambda_stand_in.take() == [(LAUNCHER_ARN, {"meeting_id": MEETING_ID})]
    assert left() == [LAUNCH_STANDS]
    alarms.drop(MEETING_ID)
    assert left() == []


def test_a_call_whose_answer_was_lost_is_made_again_and_rings_twice(
    alarms: SchedulerAlarms, lambda_stand_in: LambdaStandIn
) -> None:
    lambda_stand_in.lose_answers()
    alarms.set(LAUNCH, MEETING_ID, NOW, NOW)
    assert lambda_stand_in.take() == [(LAUNCHER_ARN, {"meeting_id": MEETING_ID})] * 2


@pytest.mark.parametrize("code", ["TooManyRequestsException", "ServiceException", "ResourceConflictException"])
def test_a_function_that_cannot_be_called_just_now_is_temporary(
    alarms: SchedulerAlarms, lambda_stand_in: LambdaStandIn, code: str
) -> None:
    lambda_stand_in.refuse(code, times=3)
    with pytest.raises(Temporary, match="LAUNCHER_ARN"):
        alarms.set(LAUNCH, MEETING_ID, NOW, NOW)
    assert lambda_stand_in.take() == []


def test_a_missing_function_names_its_setting(alarms: SchedulerAlarms, lambda_stand_in: LambdaStandIn) -> None:
    lambda_stand_in.missing.add(SAFETY_NET_ARN)
    with pytest.raises(Permanent, match=r"meeting-safety-net \(SAFETY_NET_ARN\) does not exist"):
        alarms.set(SAFETY_NET, MEETING_ID, NOW, NOW)
    assert lambda_stand_in.requests == 1


def test_a_lambda_that_is_silent_is_temporary(
    client: "EventBridgeSchedulerClient", lambda_stand_in: LambdaStandIn, schedule_group: str
) -> None:
    lambda_stand_in.hang(times=2)
    alarms = SchedulerAlarms(client, lambda_stand_in.client(IMPATIENT), settings_of(schedule_group))
    with pytest.raises(Temporary, match="could not be reached"):
        alarms.set(LAUNCH, MEETING_ID, NOW, NOW)
    assert lambda_stand_in.requests == 2


def test_an_answer_that_is_no_acceptance_is_temporary(
    client: "EventBridgeSchedulerClient", lambda_stand_in: LambdaStandIn, schedule_group: str
) -> None:
    functions: Any = lambda_stand_in.client()
    functions.meta.events.register("before-send.lambda.Invoke", lambda request, **_: response(request, 200))
    alarms = SchedulerAlarms(client, functions, settings_of(schedule_group))
    with pytest.raises(Temporary, match="did not say"):
        alarms.set(LAUNCH, MEETING_ID, NOW, NOW)
