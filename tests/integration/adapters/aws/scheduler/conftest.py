"""Alarms at moto's Scheduler and a stand-in for Lambda, and a look at what stands."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from elephant.adapters.aws.scheduler import SchedulerAlarms
from tests.integration.adapters.aws.scheduler.wire import Wire
from tests.support.aws_server import CONFIG
from tests.support.lambda_stand_in import LambdaStandIn
from tests.support.watched_schedules import Standing, settings_of, standing

if TYPE_CHECKING:
    from mypy_boto3_scheduler.client import EventBridgeSchedulerClient

    from tests.support.aws_server import AwsServer


@pytest.fixture
def client(aws_server: "AwsServer") -> "EventBridgeSchedulerClient":
    """A client of its own, because its calls are interrupted."""
    client: EventBridgeSchedulerClient = aws_server.client("scheduler", CONFIG)
    return client


@pytest.fixture
def wire(client: "EventBridgeSchedulerClient") -> Wire:
    return Wire(client)


@pytest.fixture
def alarms(
    client: "EventBridgeSchedulerClient", lambda_stand_in: LambdaStandIn, schedule_group: str, wire: Wire
) -> SchedulerAlarms:
    assert wire.calls == []
    return SchedulerAlarms(client, lambda_stand_in.client(), settings_of(schedule_group))


@pytest.fixture
def left(scheduler: "EventBridgeSchedulerClient", schedule_group: str) -> Callable[[], list[Standing]]:
    """What stands in the group, seen by somebody else."""
    return lambda: standing(scheduler, schedule_group)
