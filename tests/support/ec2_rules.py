"""EC2's rules for instances, put into moto in their place.

What moto lacks and this supplies: RunInstances honours no ClientToken; capacity never ends; an instance runs at once
and is terminated at once; what was launched is visible at once; a volume without a size has not that of its image; and
no policy keeps a caller from other people's instances. EC2's own pages: "Ensuring idempotency in Amazon EC2 API
requests", "Error codes", "Instance state changes", "Eventual consistency in the Amazon EC2 API".
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ec2.exceptions import EC2ClientError, InvalidInstanceIdError
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.instances import Instance, Reservation
from moto.ec2.responses.instances import InstanceResponse

REGION = "eu-central-1"
_IMAGE_GIBIBYTES = 30


class Ec2Rules:
    """The rules, and what a test can do to the world: `refused`, `unseen_looks`, `ours`, `settle`, `instances`.

    `refused` says with which error code a type in a subnet (None: any) is refused. A new instance stays unseen for so
    many looks of any kind as `unseen_looks` says. `ours` are the tags without which the caller's policy lets it end
    no instance; "" stands for a tag that is not there.
    """

    def __init__(self) -> None:
        self.refused: dict[tuple[str, str | None], str] = {}
        self.unseen_looks = 0
        self.ours = {"Project": "Elephant"}
        self._unseen: dict[str, int] = {}
        # moto's instance runs for a moment before it is pending, which nobody is to see
        self._lock = threading.RLock()
        self._tokens: dict[tuple[str | None, str], tuple[Any, Reservation | None]] = {}

    @property
    def instances(self) -> list[Instance]:
        """Every instance there ever was."""
        with self._lock:
            return [each for reservation in _backend().reservations.values() for each in reservation.instances]

    def live(self) -> list[Instance]:
        """Those that nobody has ended."""
        return [each for each in self.instances if each.state not in {"shutting-down", "terminated"}]

    def told(self, machine_id: str) -> dict[str, Any]:
        """What the machine was told at its start, in its user data."""
        (instance,) = (each for each in self.instances if each.id == machine_id)
        told: dict[str, Any] = json.loads(instance.user_data.decode()) if instance.user_data else {}
        return told

    def settle(self) -> None:
        """Let what is under way come to its end: pending instances run, those shutting down are terminated."""
        for instance in self.instances:
            if instance.state == "pending":
                _put(instance, "running", 16)
            elif instance.state == "shutting-down":
                _put(instance, "terminated", 48)

    def run(self, launch: Callable[..., Reservation], *args: Any, **request: Any) -> Reservation:  # noqa: ANN401  moto's
        """RunInstances: once per token, which is also remembered for a request that failed (reported)."""
        subnet_id = next((each["SubnetId"] for each in request["nics"]), request["subnet_id"])
        key = (subnet_id, request["client_token"])
        _, image_id, _, user_data, groups = args
        asked = deepcopy((image_id, user_data and user_data.decode(), groups, request))
        asked_before, reservation = self._tokens.setdefault(key, (asked, None))
        if asked != asked_before:
            raise EC2ClientError("IdempotentParameterMismatch", "Arguments are inconsistent with previous request(s).")
        if reservation is not None:
            if any(each.state in {"shutting-down", "terminated"} for each in reservation.instances):
                raise EC2ClientError("IdempotentInstanceTerminated", "The token belongs to a terminated instance.")
            return reservation
        code = self.refused.get((request["instance_type"], subnet_id))
        if code is not None:
            raise EC2ClientError(code, "We currently do not have sufficient capacity.")
        with self._lock:
            reservation = launch(*args, **request)
            for instance in reservation.instances:
                _put(instance, "pending", 0)
                self._unseen[instance.id] = self.unseen_looks
        self._tokens[key] = (asked, reservation)
        return reservation

    def end(self, terminate: Callable[..., Any], backend: EC2Backend, instance_ids: list[str]) -> list[Any]:
        """TerminateInstances: of ours only, as the policy of our functions says, and not at once."""
        known = {each.id: each for each in self.instances}
        for instance_id in instance_ids:
            tags = _tags(known[instance_id]) if instance_id in known else self.ours
            if any(tags.get(key, "") != value for key, value in self.ours.items()):
                raise EC2ClientError("UnauthorizedOperation", "You are not authorized to perform this operation.")
        hidden = self._look(instance_ids)
        if hidden:
            raise InvalidInstanceIdError(hidden)
        # moto fails on an instance that has ended; on EC2 that succeeds
        over = [known[each] for each in instance_ids if each in known and known[each] not in self.live()]
        to_end = [each for each in instance_ids if all(each != one.id for one in over)]
        answer = terminate(backend, to_end) if to_end else []
        for instance, _ in answer:
            _put(instance, "shutting-down", 32)
        return [*answer, *((each, each._state) for each in over)]

    def by_id(self, find: Callable[..., Any], backend: EC2Backend, instance_ids: list[str], filters: Any) -> Any:  # noqa: ANN401  moto's
        """DescribeInstances with ids."""
        hidden = self._look(instance_ids)
        if hidden:
            raise InvalidInstanceIdError(hidden)
        return find(backend, instance_ids, filters)

    def by_filter(self, find: Callable[..., list[Reservation]], backend: EC2Backend, filters: Any) -> list[Reservation]:  # noqa: ANN401  moto's
        """DescribeInstances with filters."""
        hidden = self._look([each.id for each in self.instances])
        return [each for each in find(backend, filters) if not any(one.id in hidden for one in each.instances)]

    def _look(self, instance_ids: list[str]) -> list[str]:
        hidden = [each for each in instance_ids if self._unseen.get(each, 0) > 0]
        for each in hidden:
            self._unseen[each] -= 1
        return hidden


@contextmanager
def ec2_rules() -> Iterator[Ec2Rules]:
    """Put the rules into this process's moto, over a region without instances, and take both away again."""
    rules = Ec2Rules()
    run, end = EC2Backend.run_instances, EC2Backend.terminate_instances
    by_id, by_filter = EC2Backend.get_reservations_by_instance_ids, EC2Backend.describe_instances
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EC2Backend, "run_instances", lambda *args, **request: rules.run(run, *args, **request))
        patch.setattr(EC2Backend, "terminate_instances", lambda self, instance_ids: rules.end(end, self, instance_ids))
        patch.setattr(
            EC2Backend,
            "get_reservations_by_instance_ids",
            lambda self, ids, filters=None: rules.by_id(by_id, self, ids, filters),
        )
        patch.setattr(
            EC2Backend, "describe_instances", lambda self, filters=None: rules.by_filter(by_filter, self, filters)
        )
        patch.setattr(InstanceResponse, "_validate_block_device_mapping", staticmethod(_with_size_of_image))
        _backend().reservations.clear()
        yield rules
        _backend().reservations.clear()


def name_root_device(image_id: str, name: str) -> None:
    """What RegisterImage says on EC2, and moto drops."""
    _backend().amis[image_id].root_device_name = name


def _backend() -> EC2Backend:
    return ec2_backends[DEFAULT_ACCOUNT_ID][REGION]


def _with_size_of_image(mapping: dict[str, Any]) -> None:
    mapping["Ebs"].setdefault("VolumeSize", _IMAGE_GIBIBYTES)


def _put(instance: Instance, name: str, code: int) -> None:
    instance._state.name, instance._state.code = name, code


def _tags(instance: Instance) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in instance.get_tags()}
