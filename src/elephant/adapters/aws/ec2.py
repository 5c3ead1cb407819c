"""Machines that are EC2 instances; see docs/decisions/0014."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING

from elephant.adapters.aws.ec2_ending import Ending
from elephant.adapters.aws.ec2_errors import try_elsewhere_at_once
from elephant.adapters.aws.ec2_image import Image
from elephant.adapters.aws.ec2_instances import Instances, is_instance_id
from elephant.adapters.aws.ec2_launching import Launcher
from elephant.adapters.aws.ec2_requests import Ec2Settings
from elephant.domain.machine import Machine
from elephant.ports.errors import MachineNotFound
from elephant.ports.machines import LaunchOrder, LaunchOutcome

if TYPE_CHECKING:
    from mypy_boto3_ec2.client import EC2Client

__all__ = ["Ec2Machines", "Ec2Settings"]

_AT_ONCE = 16


class Ec2Machines:
    """See Machines; every method may also raise Permanent, as the errors of AWS are translated.

    The client brings the time limits and the repeated attempts, for which botocore's Config(connect_timeout=2,
    read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3}) is meant. It may be shared between threads;
    so may this.
    """

    def __init__(
        self, client: "EC2Client", settings: Ec2Settings, *, pause: Callable[[float], None] = time.sleep
    ) -> None:
        try_elsewhere_at_once(client)
        self._image = Image(client, settings.image_id)
        self._instances = Instances(client, pause, settings.installation)
        self._ending = Ending(client, self._instances)
        self._launcher = Launcher(client, settings, self._instances, self._ending, self._image.root_device_name)

    def launch(self, orders: Sequence[LaunchOrder], now: datetime) -> Sequence[LaunchOutcome]:
        """See Machines.launch. A chain of one call, RunInstances; of two for the first one of a process (`prepare`).

        Beside it goes one look for what earlier runs may have launched, for all the orders together.
        """
        if not orders:
            return []
        with ThreadPoolExecutor(min(len(orders), _AT_ONCE) + 1, thread_name_prefix="launch") as pool:
            look = pool.submit(self._instances.of_meetings, [order.meeting_id for order in orders])
            return list(pool.map(lambda order: self._launcher.launch(order, look), orders))

    def prepare(self) -> None:
        """Read what every launch of this process needs; may go on beside whatever comes before one.

        Without it the first launch does so. Raises Temporary and Permanent.
        """
        self._image.root_device_name()

    def get(self, machine_id: str) -> Machine:
        """See Machines.get; what EC2 does not show is looked for again, for two seconds in all."""
        if is_instance_id(machine_id):
            instance = self._instances.again_until(lambda: self._instances.get(machine_id))
            machine = None if instance is None else self._instances.machine_of(instance)
            if machine is not None:
                return machine
        raise MachineNotFound(machine_id)

    def owned(self) -> Sequence[Machine]:
        """See Machines.owned; those that are gone are not shown."""
        return self._instances.not_ended()

    def of_meeting(self, meeting_id: str) -> Sequence[Machine]:
        """See Machines.of_meeting; those that are gone are not shown."""
        return self._instances.not_ended(meeting_id)

    def terminate(self, machine_ids: Sequence[str], now: datetime) -> None:
        """See Machines.terminate; one call where nothing is wrong with any of the ids."""
        self._ending.end(machine_ids)
