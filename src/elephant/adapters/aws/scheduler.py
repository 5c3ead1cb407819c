"""Alarms as one-time schedules of EventBridge Scheduler, which invoke functions; see docs/decisions/0015."""

import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from elephant.adapters.aws.errors import code_of, translating
from elephant.adapters.aws.schedules import (
    GROUP_SETTING,
    TARGET_SETTINGS,
    SchedulerSettings,
    payload_of,
    schedule_name,
    schedule_request,
)
from elephant.ports.alarms import AlarmKind
from elephant.ports.errors import ElephantError, Permanent, Temporary

if TYPE_CHECKING:
    from mypy_boto3_lambda.client import LambdaClient
    from mypy_boto3_scheduler.client import EventBridgeSchedulerClient
    from mypy_boto3_scheduler.type_defs import CreateScheduleInputTypeDef

__all__ = ["SchedulerAlarms", "SchedulerSettings"]

logger = logging.getLogger(__name__)

_ROUNDS = 3
_ACCEPTED = 202
_MISSING = "ResourceNotFoundException"
_CONFLICTS = frozenset({"ConflictException", "ResourceConflictException"})
"""Scheduler's and Lambda's word for what stands there already, or is being changed at this moment."""


class SchedulerAlarms:
    """See Alarms; both methods may also raise Permanent, as the errors of AWS are translated.

    The clients bring the time limits and the repeated attempts, bounded and with jitter; those of one call must be over
    within `schedules.SOONEST`. They may be shared between threads; so may this.
    """

    def __init__(
        self, scheduler: "EventBridgeSchedulerClient", functions: "LambdaClient", settings: SchedulerSettings
    ) -> None:
        self._scheduler = scheduler
        self._functions = functions
        self._settings = settings

    def set(self, kind: AlarmKind, meeting_id: str, at: datetime, now: datetime) -> None:
        """See Alarms.set. What is due is invoked at once, and nothing before its time: it would be called in vain.

        A schedule for later that stands there already is left to ring too; what rings must bear being called twice.
        """
        request = schedule_request(kind, meeting_id, at, now, self._settings)
        if at <= now:
            self._invoke(kind, meeting_id)
            return
        for _ in range(_ROUNDS):
            if self._create(request) or self._replace(request):
                return
        raise Temporary(f"{self._named(request['Name'])} comes and goes")

    def drop(self, meeting_id: str) -> None:
        """See Alarms.drop. Both at the same time, each whatever becomes of the other; raises the first error."""
        # An id that makes no name was refused by `set`: nothing can stand there.
        names = [name for kind in AlarmKind if (name := schedule_name(kind, meeting_id)) is not None]
        if not names:
            return
        with ThreadPoolExecutor(len(names)) as threads:
            errors = [error for error in threads.map(self._error_of_deleting, names) if error is not None]
        for error in errors[1:]:
            logger.warning("the other alarm of meeting %s stands too: %s", meeting_id, error)
        if errors:
            raise errors[0]

    def _invoke(self, kind: AlarmKind, meeting_id: str) -> None:
        arn = self._settings.target_of(kind)
        function = f"the function {arn} ({TARGET_SETTINGS[kind]})"
        with _translating("lambda", function):
            payload = payload_of(meeting_id).encode()
            answer = self._functions.invoke(FunctionName=arn, InvocationType="Event", Payload=payload)
            # botocore leaves the body to be read, even where there is none, and the connection open until then
            answer["Payload"].close()
        if answer.get("StatusCode") != _ACCEPTED:
            raise Temporary(f"{function} did not say that it takes the call for meeting {meeting_id}")

    def _create(self, request: "CreateScheduleInputTypeDef") -> bool:
        """False where one stands there already, be it of our own attempt whose answer was lost."""
        name = request["Name"]
        with _translating("scheduler", self._named(name)):
            try:
                answer = self._scheduler.create_schedule(**request)
            except ClientError as error:
                if code_of(error) in _CONFLICTS:
                    return False
                if code_of(error) == _MISSING:
                    raise self._no_group() from error
                raise
        return self._is_whole(name, answer)

    def _replace(self, request: "CreateScheduleInputTypeDef") -> bool:
        """False where none stands there any more: it rang, and was deleted."""
        name = request["Name"]
        with _translating("scheduler", self._named(name)):
            try:
                answer = self._scheduler.update_schedule(**request)
            except ClientError as error:
                if code_of(error) == _MISSING:
                    return False
                raise
        return self._is_whole(name, answer)

    def _error_of_deleting(self, name: str) -> ElephantError | None:
        """What keeps a schedule from being deleted; None where it is gone, or was not there (or its group was not)."""
        try:
            with _translating("scheduler", self._named(name)):
                try:
                    self._scheduler.delete_schedule(Name=name, GroupName=self._settings.group_name)
                except ClientError as error:
                    if code_of(error) != _MISSING:
                        raise
        except (Temporary, Permanent) as error:
            return error
        return None

    def _is_whole(self, name: str, answer: Mapping[str, object]) -> bool:
        # botocore takes an answer that was cut off in its headers for an empty one
        if "ScheduleArn" not in answer:
            raise Temporary(f"{self._named(name)}: the answer to writing it is not whole")
        return True

    def _named(self, name: str) -> str:
        return f"the schedule {name} in the group {self._settings.group_name} ({GROUP_SETTING})"

    def _no_group(self) -> Permanent:
        return Permanent(
            f"there is no schedule group {self._settings.group_name} ({GROUP_SETTING}):"
            " create it, or check that setting, the region and the account"
        )


@contextmanager
def _translating(service: str, resource: str) -> Iterator[None]:
    """As `translating`, and what is being changed by somebody else just now is Temporary."""
    with translating(service, resource):
        try:
            yield
        except ClientError as error:
            if code_of(error) in _CONFLICTS:
                raise Temporary(f"{resource} is being changed just now; ask again") from error
            raise
