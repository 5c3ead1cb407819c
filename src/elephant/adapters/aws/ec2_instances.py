"""Instances as EC2 describes them, and which of them are machines of ours.

EC2 is eventually consistent ("Eventual consistency in the Amazon EC2 API"): what was just launched may not be there yet
for whoever looks for it. So a machine is gone only when several looks say so, and a listing without it proves nothing.
"""

import contextlib
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError

from elephant.adapters.aws.ec2_errors import UNKNOWN_ID
from elephant.adapters.aws.ec2_requests import (
    ATTEMPT_TAG,
    INSTALLATION_TAG,
    MEETING_TAG,
    PROJECT,
    PROJECT_TAG,
    ROLE_TAG,
)
from elephant.adapters.aws.errors import code_of, translating
from elephant.domain.machine import Machine, MachineState
from elephant.domain.meeting import Role
from elephant.ports.errors import Temporary
from elephant.ports.machines import LaunchOrder

if TYPE_CHECKING:
    from mypy_boto3_ec2.client import EC2Client
    from mypy_boto3_ec2.type_defs import DescribeInstancesRequestTypeDef, FilterTypeDef, InstanceTypeDef

_INSTANCE_ID = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_PAGE = 1000
_FILTER_VALUES = 200
_NOT_ENDED = [state.value for state in MachineState if state is not MachineState.TERMINATED]
_RESOURCE = "the instances of the region"
_LOOK_AGAIN_SECONDS = (0.5, 1.5)
"""Before the second and the third look, of which the last is believed."""

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Instances:
    """Reads. Every method may raise Temporary, when unsure, and Permanent."""

    client: "EC2Client"
    pause: Callable[[float], None] = time.sleep
    installation: str = ""

    def get(self, machine_id: str) -> "InstanceTypeDef | None":
        """One instance, whoever's it is; None where there is none.

        Asked for by its id and not by a filter, which fails for all zones when one of them does (DescribeInstances).
        """
        with translating("ec2", _RESOURCE):
            try:
                return next(self._described({"InstanceIds": [machine_id]}), None)
            except ClientError as error:
                if code_of(error) != UNKNOWN_ID:
                    raise
                return None

    def by_id(self, machine_ids: Sequence[str]) -> "dict[str, InstanceTypeDef]":
        """Those of the instances that there are, whoever's they are."""
        found: dict[str, InstanceTypeDef] = {}
        for start in range(0, len(machine_ids), _FILTER_VALUES):
            some = list(machine_ids[start : start + _FILTER_VALUES])
            for instance in self._filtered({"Name": "instance-id", "Values": some}):
                found[instance["InstanceId"]] = instance
        return found

    def of_meetings(self, meeting_ids: Iterable[str]) -> "list[InstanceTypeDef]":
        """All of ours for these meetings; EC2 shows one that ended for about an hour more."""
        return list(self._filtered(*_ours(meeting_ids, self.installation)))

    def not_ended(self, meeting_id: str | None = None) -> list[Machine]:
        """Our machines that are not gone yet, those of one meeting where it is given."""
        by_meeting = None if meeting_id is None else [meeting_id]
        states: FilterTypeDef = {"Name": "instance-state-name", "Values": _NOT_ENDED}
        machines = map(self.machine_of, self._filtered(states, *_ours(by_meeting, self.installation)))
        # in a filter `*` and `?` stand for anything
        return [each for each in machines if each is not None and meeting_id in {None, each.meeting_id}]

    def machine_of(self, instance: "InstanceTypeDef") -> Machine | None:
        """The instance as a machine of this installation, None for anything else."""
        return machine_of(instance, self.installation)

    def again_until(self, look: Callable[[], Found | None]) -> Found | None:
        """What a look finds, or None where the third one finds nothing either."""
        found = look()
        for seconds in _LOOK_AGAIN_SECONDS:
            if found is not None:
                break
            self.pause(seconds)
            found = look()
        return found

    def _filtered(self, *filters: "FilterTypeDef") -> "Iterator[InstanceTypeDef]":
        with translating("ec2", _RESOURCE):
            yield from self._described({"Filters": filters, "MaxResults": _PAGE})

    def _described(self, request: "DescribeInstancesRequestTypeDef") -> "Iterator[InstanceTypeDef]":
        while True:
            page = self.client.describe_instances(**request)
            with whole("DescribeInstances"):
                instances = [instance for each in page["Reservations"] for instance in each["Instances"]]
            yield from instances
            if not page.get("NextToken"):
                return
            request = {**request, "NextToken": page["NextToken"]}


def is_instance_id(text: str) -> bool:
    """True for what EC2 would look up; for anything else it refuses the whole request."""
    return _INSTANCE_ID.fullmatch(text) is not None


def machine_of(instance: "InstanceTypeDef", installation: str) -> Machine | None:
    """The instance as a machine, None unless it carries both of our tags and is this installation's.

    A role is whatever its tag says.
    """
    tags = _tags(instance)
    if tags.get(PROJECT_TAG) != PROJECT or MEETING_TAG not in tags or tags.get(INSTALLATION_TAG, "") != installation:
        return None
    return machine_for(instance, tags[MEETING_TAG], Role(tags.get(ROLE_TAG, "")))


def machine_for(instance: "InstanceTypeDef", meeting_id: str, role: Role) -> Machine:
    """The instance as the machine of this seat. Raises Temporary for a description that lacks something."""
    with whole("the description of an instance"):
        return Machine(
            id=instance["InstanceId"],
            meeting_id=meeting_id,
            role=role,
            state=MachineState(instance["State"]["Name"]),
            launched_at=instance["LaunchTime"].astimezone(UTC),
            ip_address=instance.get("PublicIpAddress"),
        )


def machines_of_order(order: LaunchOrder, instances: "Iterable[InstanceTypeDef]") -> list[Machine]:
    """Those that were launched for this very order."""
    wanted = {MEETING_TAG: order.meeting_id, ROLE_TAG: order.role, ATTEMPT_TAG: str(order.attempt)}.items()
    return [machine_for(each, order.meeting_id, order.role) for each in instances if wanted <= _tags(each).items()]


@contextlib.contextmanager
def whole(what: str) -> Iterator[None]:
    """Raise Temporary for something missing: botocore takes an answer cut off in its headers for an empty one."""
    try:
        yield
    except (LookupError, ValueError) as error:
        raise Temporary(f"EC2: {what}: the answer is not whole ({error})") from error


def _tags(instance: "InstanceTypeDef") -> Mapping[str, str]:
    return {tag["Key"]: tag["Value"] for tag in instance.get("Tags", [])}


def _ours(meeting_ids: Iterable[str] | None, installation: str) -> "list[FilterTypeDef]":
    of_meetings: FilterTypeDef = (
        {"Name": "tag-key", "Values": [MEETING_TAG]}
        if meeting_ids is None
        else {"Name": f"tag:{MEETING_TAG}", "Values": list(dict.fromkeys(meeting_ids))}
    )
    filters: list[FilterTypeDef] = [{"Name": f"tag:{PROJECT_TAG}", "Values": [PROJECT]}, of_meetings]
    if installation:
        # None of EC2's filters finds what lacks a tag; `machine_of` leaves out what has another's.
        filters.append({"Name": f"tag:{INSTALLATION_TAG}", "Values": [installation]})
    return filters
