"""Machines that only exist on paper: for tests and the simulator."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from elephant.domain.machine import Machine, MachineState
from elephant.ports.errors import MachineNotFound
from elephant.ports.machines import LaunchOrder, LaunchOutcome


class MemoryMachines:
    """A dictionary of machines that run and end when told to."""

    def __init__(self) -> None:
        self._machines: dict[str, Machine] = {}

    def launch(self, orders: Sequence[LaunchOrder], now: datetime) -> Sequence[LaunchOutcome]:
        """See Machines.launch; a new machine is pending until `move` says otherwise."""
        return [self._launch(order, now) for order in orders]

    def _launch(self, order: LaunchOrder, now: datetime) -> Machine:
        token = f"{order.meeting_id}/{order.role}/{order.attempt}"
        machine_id = f"m-{hashlib.sha256(token.encode()).hexdigest()[:17]}"
        if machine_id not in self._machines:
            self._machines[machine_id] = Machine(
                id=machine_id,
                meeting_id=order.meeting_id,
                role=order.role,
                state=MachineState.PENDING,
                launched_at=now,
                ip_address="192.0.2.1",
            )
        return self._machines[machine_id]

    def get(self, machine_id: str) -> Machine:
        """See Machines.get."""
        try:
            return self._machines[machine_id]
        except KeyError as error:
            raise MachineNotFound(machine_id) from error

    def owned(self) -> Sequence[Machine]:
        """See Machines.owned."""
        return list(self._machines.values())

    def of_meeting(self, meeting_id: str) -> Sequence[Machine]:
        """See Machines.of_meeting."""
        return [machine for machine in self._machines.values() if machine.meeting_id == meeting_id]

    def terminate(self, machine_ids: Sequence[str], now: datetime) -> None:
        """See Machines.terminate; a machine is shutting down until `move` says otherwise."""
        for machine_id in machine_ids:
            machine = self._machines.get(machine_id)
            if machine is not None and machine.state is not MachineState.TERMINATED:
                self.move(machine_id, MachineState.SHUTTING_DOWN)

    def move(self, machine_id: str, state: MachineState) -> None:
        """Put a machine into a state, as the world would."""
        self._machines[machine_id] = replace(self._machines[machine_id], state=state)

    def add(self, machine: Machine) -> None:
        """Put a machine there that no launch of ours made."""
        self._machines[machine.id] = machine
