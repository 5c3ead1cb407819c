"""EC2 on paper: as much of it as launching needs, with a fault wherever a test wants one; nothing leaves the process.

The rules are those of ec2_rules.py. A new instance is visible to looks after `settle`: EC2 is consistent in the end.
"""

import threading
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError


class Fault(StrEnum):
    """What happens to a request."""

    NONE = "none"
    NO_ROOM = "no room"
    NOT_SENT = "not sent"
    THROTTLED = "throttled"
    ANSWER_LOST = "answer lost"
    CUT_OFF = "cut off"
    DIES = "dies"


class Died(BaseException):
    """The process ended right after the request was carried out."""


class PaperEc2:
    """A client of EC2. `fault_of` is asked with each operation, and with the type of machine where there is one."""

    def __init__(self) -> None:
        self.fault_of: Callable[[str, str], Fault] = lambda _operation, _type: Fault.NONE
        self._instances: dict[str, dict[str, Any]] = {}
        self._visible: set[str] = set()
        self._tokens: dict[str, tuple[Any, str | None]] = {}
        self._lock = threading.Lock()

    @property
    def meta(self) -> "PaperEc2":
        """As a client has it, for its events alone."""
        return self

    @property
    def events(self) -> "PaperEc2":
        """See meta."""
        return self

    def register_first(self, *_: object, **__: object) -> None:
        """On paper nothing is sent twice."""

    def live(self) -> list[str]:
        """The ids of all that nobody has ended."""
        return [each for each, instance in self._instances.items() if instance["State"]["Name"] == "running"]

    def settle(self) -> None:
        """Let time pass until everything is visible."""
        self._visible = set(self._instances)

    def describe_images(self, **_: object) -> Any:  # noqa: ANN401  as boto3
        """DescribeImages."""
        return {"Images": [{"RootDeviceName": "/dev/sda1"}]}

    def describe_instances(self, **_: object) -> Any:  # noqa: ANN401  as boto3
        """DescribeInstances; there is one meeting."""
        return self._carry_out("DescribeInstances", "", lambda _: {"Reservations": [{"Instances": self._shown()}]})

    def run_instances(self, **request: Any) -> Any:  # noqa: ANN401  as boto3
        """RunInstances."""
        kind = request["InstanceType"]
        return self._carry_out("RunInstances", kind, lambda full: {"Instances": [self._run(request, full=full)]})

    def terminate_instances(self, **request: Any) -> Any:  # noqa: ANN401  as boto3
        """TerminateInstances."""
        return self._carry_out("TerminateInstances", "", lambda _: self._end(request["InstanceIds"]))

    def _carry_out(self, operation: str, kind: str, act: Callable[[bool], Any]) -> Any:  # noqa: ANN401  an answer
        with self._lock:
            fault = self.fault_of(operation, kind)
            if fault is Fault.NOT_SENT:
                raise ReadTimeoutError(endpoint_url="paper")
            if fault is Fault.THROTTLED:
                raise _refusal(operation, "RequestLimitExceeded")
            answer = act(fault is Fault.NO_ROOM)
            if fault is Fault.ANSWER_LOST:
                raise ReadTimeoutError(endpoint_url="paper")
            if fault is Fault.DIES:
                raise Died
            return {} if fault is Fault.CUT_OFF else answer

    def _run(self, request: dict[str, Any], *, full: bool) -> dict[str, Any]:
        token = request["ClientToken"]
        asked, instance_id = self._tokens.setdefault(token, (deepcopy(request), None))
        if asked != request:
            raise _refusal("RunInstances", "IdempotentParameterMismatch")
        if instance_id is None:
            if full:
                raise _refusal("RunInstances", "InsufficientInstanceCapacity")
            instance_id = f"i-{len(self._instances):017x}"
            self._tokens[token] = (asked, instance_id)
            self._instances[instance_id] = {
                "InstanceId": instance_id,
                "State": {"Name": "running"},
                "LaunchTime": datetime(2026, 3, 2, tzinfo=UTC) + timedelta(seconds=len(self._instances)),
                "Tags": request["TagSpecifications"][0]["Tags"],
            }
        elif instance_id not in self.live():
            raise _refusal("RunInstances", "IdempotentInstanceTerminated")
        return self._instances[instance_id]

    def _end(self, instance_ids: list[str]) -> dict[str, Any]:
        for each in instance_ids:
            self._instances[each]["State"] = {"Name": "shutting-down"}
        return {"TerminatingInstances": []}

    def _shown(self) -> list[dict[str, Any]]:
        return [deepcopy(self._instances[each]) for each in sorted(self._visible)]


def _refusal(operation: str, code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "as it says"}}, operation)
