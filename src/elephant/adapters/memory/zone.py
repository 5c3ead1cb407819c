"""A zone that only exists on paper: for tests and the simulator."""

from collections.abc import Sequence

from elephant.ports.errors import AddressTaken
from elephant.ports.zone import ZoneRecord


class MemoryZone:
    """The port Zone over a set of records."""

    def __init__(self) -> None:
        self._records: set[ZoneRecord] = set()

    def expect(self, name: str) -> None:
        """See Zone.expect: there is nothing to read."""

    def put(self, name: str, ip_address: str) -> None:
        """See Zone.put."""
        if any(record.name == name and not record.ours for record in self._records):
            raise AddressTaken(f"{name} is taken by something that is not ours")
        self.remove(name)
        self.add(ZoneRecord(name, ip_address, ours=True))

    def remove(self, name: str) -> None:
        """See Zone.remove."""
        self._records = {record for record in self._records if record.name != name or not record.ours}

    def records(self) -> Sequence[ZoneRecord]:
        """See Zone.records."""
        return sorted(self._records, key=lambda each: (each.name, each.ip_address or "", each.ours))

    def add(self, record: ZoneRecord) -> None:
        """Put a record there that was not written through the port."""
        self._records.add(record)
