"""Addresses that only exist on paper: for tests and the simulator."""

from collections.abc import Sequence

from elephant.domain.machine import Machine, Record
from elephant.ports.errors import AddressTaken


class MemoryAddresses:
    """A dictionary of records."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}

    def expect(self, machine_id: str) -> None:
        """See Addresses.expect: there is nothing to read."""

    def publish(self, machine: Machine) -> str:
        """See Addresses.publish."""
        existing = self._records.get(machine.id)
        if existing is not None and not existing.ours:
            raise AddressTaken(f"{existing.name} is taken by something that is not ours")
        self._records[machine.id] = Record(name=f"{machine.id}.example.test", machine_id=machine.id, ours=True)
        return f"https://{machine.id}.example.test:8443"

    def withdraw(self, machine_id: str) -> None:
        """See Addresses.withdraw."""
        existing = self._records.get(machine_id)
        if existing is not None and existing.ours:
            del self._records[machine_id]

    def published(self) -> Sequence[Record]:
        """See Addresses.published."""
        return list(self._records.values())

    def add(self, record: Record) -> None:
        """Put a record there that we did not publish."""
        self._records[record.machine_id] = record
