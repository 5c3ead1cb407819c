"""Launch one machine on EC2: one per order, whoever repeats it and wherever the first one died.

Three things see to that; docs/decisions/0014 has the whole argument. A token for each candidate: a request repeated
with it, after a time-out or by another process, gives the instance of then. The machine's tags: what an earlier run
launched at another candidate is found by them. And age: of two for one order the older stays, whoever looks.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from elephant.adapters.aws.ec2_ending import Ending
from elephant.adapters.aws.ec2_errors import LIMITS, NO_ROOM, TOKEN_USED, Refusal, no_room
from elephant.adapters.aws.ec2_instances import Instances, machine_for, machines_of_order, whole
from elephant.adapters.aws.ec2_requests import Candidate, Ec2Settings, candidates, client_token, run_request
from elephant.adapters.aws.errors import code_of, translating
from elephant.domain.machine import Machine
from elephant.ports.errors import ElephantError, Temporary
from elephant.ports.machines import LaunchOrder, LaunchOutcome

if TYPE_CHECKING:
    from concurrent.futures import Future

    from mypy_boto3_ec2.client import EC2Client
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

    Look = Future[list[InstanceTypeDef]]

logger = logging.getLogger(__name__)

_RESOURCE = "an instance as AMI_ID, INSTANCE_TYPE, KEY_NAME, IAM_PROFILE, SECURITY_GROUP_IDS and SUBNET_IDS describe it"


@dataclass(frozen=True, slots=True)
class Launcher:
    """Launches; `root_device_name` is asked once for each order."""

    client: "EC2Client"
    settings: Ec2Settings
    instances: Instances
    ending: Ending
    root_device_name: Callable[[], str]

    def launch(self, order: LaunchOrder, look: "Look") -> LaunchOutcome:
        """The machine of the order, launched if there was none, or why there is none.

        `look` brings what EC2 shows of the order's meeting; it may still be under way.
        """
        try:
            return self._launch(order, look)
        except ElephantError as error:
            return error

    def _launch(self, order: LaunchOrder, look: "Look") -> Machine:
        root_device_name = self.root_device_name()
        refusals: list[Refusal] = []
        for candidate in candidates(self.settings):
            if any(
                each.code in LIMITS and each.candidate.instance_type == candidate.instance_type for each in refusals
            ):
                continue
            answer = self._run(order, candidate, root_device_name)
            if not isinstance(answer, Refusal):
                return self._one_of([*self._known_before(order, look), *answer])
            refusals.append(answer)
            # no token tells what an earlier run launched at another candidate
            known = machines_of_order(order, look.result())
            if known:
                return self._one_of(known)
            logger.info("no room for %s of meeting %s: %s, %s", order.role, order.meeting_id, candidate, answer.code)
        raise no_room(refusals)

    def _run(self, order: LaunchOrder, candidate: Candidate, root_device_name: str) -> list[Machine] | Refusal:
        """The machine launched at a candidate, or those known for this order there or elsewhere, or why there is none.

        Raises when it is not known whether anything was launched.
        """
        request = run_request(self.settings, order, candidate, root_device_name)
        # EC2 also remembers the token of a request that failed, and then refuses it with a deadline that has moved
        # since (reported). The second token is for that; it comes after looking, so it doubles nothing.
        for token in (client_token(order, candidate), client_token(order, candidate, request)):
            request["ClientToken"] = token
            with translating("ec2", _RESOURCE):
                try:
                    answer = self.client.run_instances(**request)
                except ClientError as error:
                    code = code_of(error)
                    if code in NO_ROOM:
                        return Refusal(candidate, code)
                    if code not in TOKEN_USED:
                        raise
                else:
                    with whole("RunInstances"):
                        return [machine_for(answer["Instances"][0], order.meeting_id, order.role)]
            known = self.instances.again_until(lambda: self._shown(order))
            if known:
                return known
        raise Temporary(
            f"EC2 knows the launch for {order.role} of meeting {order.meeting_id}, but does not show it yet"
        )

    def _shown(self, order: LaunchOrder) -> list[Machine] | None:
        return machines_of_order(order, self.instances.of_meetings([order.meeting_id])) or None

    def _known_before(self, order: LaunchOrder, look: "Look") -> list[Machine]:
        try:
            return machines_of_order(order, look.result())
        except ElephantError:
            # there is a machine, which matters more; should there be another, then the sweep ends one
            logger.warning("could not look for an earlier machine of meeting %s", order.meeting_id, exc_info=True)
            return []

    def _one_of(self, machines: list[Machine]) -> Machine:
        """Of the machines of one order, the one that stays; the others are ended. What is said last holds."""
        by_id = {machine.id: machine for machine in machines}
        stays = min(by_id.values(), key=_standing)
        others = [each.id for each in by_id.values() if each.id != stays.id and each.state.is_live]
        if others:
            logger.warning("%s stays, and there is more for its order: %s", stays.id, ", ".join(others))
            try:
                self.ending.end(others)
            except ElephantError:
                logger.warning("could not end %s; left to the sweep", ", ".join(others), exc_info=True)
        return stays


def _standing(machine: Machine) -> tuple[bool, object, str]:
    """Which of two machines of one order stays, the same for whoever compares them."""
    return (not machine.state.is_live, machine.launched_at, machine.id)
