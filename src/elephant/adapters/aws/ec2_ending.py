"""End instances: all that can be ended, whatever is wrong with some of them."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from elephant.adapters.aws.ec2_errors import ABOUT_ONE_OF_MANY, PROTECTED
from elephant.adapters.aws.ec2_instances import Instances, is_instance_id, whole
from elephant.adapters.aws.errors import code_of, translating
from elephant.ports.errors import ElephantError, Permanent

if TYPE_CHECKING:
    from mypy_boto3_ec2.client import EC2Client
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

logger = logging.getLogger(__name__)

_AT_ONCE = 100
"""TerminateInstances takes a thousand, and its page recommends fewer."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Ends machines of ours.

    One call where nothing is wrong. That the ids are ours is then not looked up but left to the policy of whoever
    calls, which allows ec2:TerminateInstances only where the instance has both of our tags.
    """

    client: "EC2Client"
    instances: Instances

    def end(self, machine_ids: Sequence[str]) -> None:
        """Begin to end these; unknown, foreign and ended ones are passed over. Raises Temporary and Permanent.

        The first error is raised after all the others have been tried.
        """
        ids = [each for each in dict.fromkeys(machine_ids) if is_instance_id(each)]
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            if not self._terminated(some):
                self._each(self._ours(some))

    def _each(self, machine_ids: Sequence[str]) -> None:
        """End those known to be ours, together where that works and else one by one."""
        if not machine_ids or self._terminated(machine_ids):
            return
        first_error: ElephantError | None = None
        for machine_id in machine_ids:
            try:
                self._terminate([machine_id])
            except ElephantError as error:
                logger.warning("%s could not be ended", machine_id, exc_info=True)
                first_error = first_error or error
        if first_error is not None:
            raise first_error

    def _terminated(self, machine_ids: Sequence[str]) -> bool:
        """False where EC2 refused because of one or some of them: then it has ended none, or not all."""
        try:
            self._terminate(machine_ids)
        except ElephantError as error:
            cause = error.__cause__
            if isinstance(cause, ClientError) and code_of(cause) in ABOUT_ONE_OF_MANY:
                return False
            raise
        return True

    def _terminate(self, machine_ids: Sequence[str]) -> None:
        with translating("ec2", f"the instances {', '.join(machine_ids[:5])}"):
            try:
                answer = self.client.terminate_instances(InstanceIds=machine_ids)
            except ClientError as error:
                if code_of(error) == PROTECTED:
                    raise Permanent(
                        f"EC2 ends none of {', '.join(machine_ids[:5])}: turn off the termination protection "
                        f"({error.response['Error'].get('Message', '')})"
                    ) from error
                raise
        with whole("TerminateInstances"):
            _ = answer["TerminatingInstances"]

    def _ours(self, machine_ids: Sequence[str]) -> list[str]:
        """Those that EC2 shows, with our tags.

        EC2 calls an id unknown also when it was launched a moment ago ("Eventual consistency", TerminateInstances), so
        what is not there is looked for again.
        """
        shown: dict[str, InstanceTypeDef] = {}

        def look() -> bool | None:
            shown.update(self.instances.by_id([each for each in machine_ids if each not in shown]))
            return True if len(shown) == len(machine_ids) else None

        self.instances.again_until(look)
        ours: list[str] = []
        for machine_id in machine_ids:
            if machine_id in shown and self.instances.machine_of(shown[machine_id]) is not None:
                ours.append(machine_id)
            else:
                logger.info("%s is unknown to EC2 or not ours, and not ended", machine_id)
        return ours
