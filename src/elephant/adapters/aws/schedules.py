"""How an alarm is written down at EventBridge Scheduler: its name, its time, its target.

Limits: EventBridge Scheduler API reference, CreateSchedule, RetryPolicy; botocore's service model has the same.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from elephant.ports.alarms import AlarmKind
from elephant.ports.errors import Permanent

if TYPE_CHECKING:
    from mypy_boto3_scheduler.type_defs import CreateScheduleInputTypeDef, TargetTypeDef

GROUP_SETTING = "SCHEDULE_GROUP"
"""The setting that a group's name comes from; messages say it."""

TARGET_SETTINGS = {AlarmKind.LAUNCH: "LAUNCHER_ARN", AlarmKind.SAFETY_NET: "SAFETY_NET_ARN"}
"""The settings that the functions' ARNs come from; messages say them."""

SOONEST = timedelta(seconds=60)
"""How far ahead of `now` a schedule is at least: longer than all attempts of one call with their time limits take."""

# Both bound the handing over to Lambda alone, which has its own retries once it has accepted. The sweep makes good for
# a lost alarm within a minute, so there is no point in more than riding out a short outage; and the dead letter, which
# tells an engineer of a wrong role or function, comes only when these are used up.
_RETRY_SECONDS = 15 * 60
_RETRIES = 10

_NAME = re.compile(r"[0-9a-zA-Z_.-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerSettings:
    """What alarms call, and how Scheduler may.

    `launcher_arn` and `safety_net_arn` are functions, `role_arn` the role that Scheduler takes on to invoke them.
    `group_name` is a schedule group that exists; `default` always does. `dead_letter_arn` is a standard SQS queue for
    what could not be handed over, or "".
    """

    launcher_arn: str
    safety_net_arn: str
    role_arn: str
    group_name: str = "default"
    dead_letter_arn: str = ""

    def target_of(self, kind: AlarmKind) -> str:
        """The ARN of the function that an alarm of this kind calls."""
        return {AlarmKind.LAUNCH: self.launcher_arn, AlarmKind.SAFETY_NET: self.safety_net_arn}[kind]


def schedule_name(kind: AlarmKind, meeting_id: str) -> str | None:
    """The name of an alarm's schedule, as in `launch-{id}`; None where the id makes none that Scheduler takes."""
    name = f"{kind}-{meeting_id}"
    return name if meeting_id and _NAME.fullmatch(name) else None


def payload_of(meeting_id: str) -> str:
    """What the function is called with."""
    return json.dumps({"meeting_id": meeting_id})


def expression_of(at: datetime, now: datetime) -> str:
    """The schedule expression for `at` in UTC, which a schedule's time zone must say.

    Scheduler takes whole seconds and no time that is past: the second is rounded up, so that no alarm is early, and
    one within the next minute is moved to its end.
    """
    moment = max(at, now + SOONEST).astimezone(UTC)
    if moment.microsecond:
        moment = moment.replace(microsecond=0) + timedelta(seconds=1)
    return f"at({moment.replace(tzinfo=None).isoformat(timespec='seconds')})"


def schedule_request(
    kind: AlarmKind, meeting_id: str, at: datetime, now: datetime, settings: SchedulerSettings
) -> "CreateScheduleInputTypeDef":
    """The whole schedule, for CreateSchedule and UpdateSchedule alike: an update sets back whatever it leaves out.

    Raises Permanent for an id that no schedule can be named after. It has no ClientToken: botocore gives each call one
    of its own, and its repeated attempts the same.
    """
    name = schedule_name(kind, meeting_id)
    if name is None:
        raise Permanent(f"no alarm can be named after the meeting id {meeting_id!r}: at most 57 of [a-zA-Z0-9_.-]")
    target: TargetTypeDef = {
        "Arn": settings.target_of(kind),
        "RoleArn": settings.role_arn,
        "Input": payload_of(meeting_id),
        "RetryPolicy": {"MaximumEventAgeInSeconds": _RETRY_SECONDS, "MaximumRetryAttempts": _RETRIES},
    }
    if settings.dead_letter_arn:
        target["DeadLetterConfig"] = {"Arn": settings.dead_letter_arn}
    return {
        "Name": name,
        "GroupName": settings.group_name,
        "ScheduleExpression": expression_of(at, now),
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": target,
    }
