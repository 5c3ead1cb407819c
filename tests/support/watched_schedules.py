"""Alarms at moto's Scheduler, which keeps schedules and rings none: so we look at what stands there."""

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from elephant.adapters.aws.scheduler import SchedulerAlarms, SchedulerSettings
from elephant.ports.alarms import AlarmKind, DueAlarm
from tests.support.lambda_stand_in import LambdaStandIn

if TYPE_CHECKING:
    from mypy_boto3_scheduler.client import EventBridgeSchedulerClient

LAUNCHER_ARN = "arn:aws:lambda:eu-central-1:123456789012:function:launch-ec2"
SAFETY_NET_ARN = "arn:aws:lambda:eu-central-1:123456789012:function:meeting-safety-net"
ROLE_ARN = "arn:aws:iam::123456789012:role/elephant-scheduler"
DEAD_LETTER_ARN = "arn:aws:sqs:eu-central-1:123456789012:elephant-dead-letters"

_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_KINDS = {LAUNCHER_ARN: AlarmKind.LAUNCH, SAFETY_NET_ARN: AlarmKind.SAFETY_NET}


class Standing(NamedTuple):
    """A schedule: when it invokes which function, and with what."""

    name: str
    at: datetime
    target_arn: str
    payload: dict[str, str]


def settings_of(group_name: str, dead_letter_arn: str = DEAD_LETTER_ARN) -> SchedulerSettings:
    return SchedulerSettings(
        launcher_arn=LAUNCHER_ARN,
        safety_net_arn=SAFETY_NET_ARN,
        role_arn=ROLE_ARN,
        group_name=group_name,
        dead_letter_arn=dead_letter_arn,
    )


def time_of(expression: str) -> datetime:
    """The moment of a schedule expression in UTC; raises ValueError for any other than `at(...)`."""
    match = _AT.fullmatch(expression)
    if match is None:
        raise ValueError(f"{expression} is no time that Scheduler takes")
    return datetime.fromisoformat(match[1]).replace(tzinfo=UTC)


def standing(client: "EventBridgeSchedulerClient", group_name: str) -> list[Standing]:
    """The schedules of a group, earliest first."""
    found = []
    for each in client.list_schedules(GroupName=group_name)["Schedules"]:
        try:
            schedule = client.get_schedule(GroupName=group_name, Name=each["Name"])
        except client.exceptions.ResourceNotFoundException:
            # dropped, or rung, since it was listed
            continue
        assert schedule["ScheduleExpressionTimezone"] == "UTC"
        target = schedule["Target"]
        at = time_of(schedule["ScheduleExpression"])
        found.append(Standing(schedule["Name"], at, target["Arn"], json.loads(target["Input"])))
    return sorted(found, key=lambda schedule: (schedule.at, schedule.name))


class WatchedSchedules:
    """See WatchedAlarms; `at_once` is the time that a call at once counts as."""

    def __init__(
        self, client: "EventBridgeSchedulerClient", functions: LambdaStandIn, group_name: str, *, at_once: datetime
    ) -> None:
        self.alarms = SchedulerAlarms(client, functions.client(), settings_of(group_name))
        self._client = client
        self._functions = functions
        self._group_name = group_name
        self._at_once = at_once

    def rings(self) -> list[DueAlarm]:
        called = [
            DueAlarm(_KINDS[arn], payload["meeting_id"], self._at_once) for arn, payload in self._functions.invocations
        ]
        later = []
        for schedule in standing(self._client, self._group_name):
            kind = _KINDS[schedule.target_arn]
            assert schedule.name == f"{kind}-{schedule.payload['meeting_id']}"
            later.append(DueAlarm(kind, schedule.payload["meeting_id"], schedule.at))
        return [*called, *later]
