"""Addresses as names in a DNS zone: `{instance-id}.{domain_root}`."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from elephant.domain.machine import Machine, Record
from elephant.ports.errors import Permanent, Temporary
from elephant.ports.zone import Zone

# Amazon DCV's own port (its administrator guide), one of those that Cloudflare's proxy passes on.
_PORT = 8443
# EC2 gives 17 digits, to instances from before 2016 eight (EC2 User Guide, resource ids).
_INSTANCE_ID = re.compile(r"i-[0-9a-f]{8}(?:[0-9a-f]{9})?")
_NO_ADDRESS_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ZoneAddresses:
    """The port Addresses over a zone. `domain_root` belongs to this installation alone: others use other names.

    The name is one level below `domain_root`, because Cloudflare's edge certificate covers one level.
    """

    zone: Zone
    domain_root: str

    def expect(self, machine_id: str) -> None:
        """See Addresses.expect."""
        name = self._name(machine_id)
        if name is not None:
            self.zone.expect(name)

    def publish(self, machine: Machine) -> str:
        """See Addresses.publish."""
        name = self._name(machine.id)
        if name is None:
            raise Permanent(f"{machine.id!r} is no EC2 instance's id, so it gets no DNS name")
        if machine.ip_address is None:
            raise Temporary(f"{machine.id} has no public address yet", retry_after_seconds=_NO_ADDRESS_SECONDS)
        try:
            ip_address = str(ipaddress.IPv4Address(machine.ip_address))
        except ValueError as error:
            raise Permanent(f"the public address of {machine.id} is no IPv4 address: {machine.ip_address!r}") from error
        self.zone.put(name, ip_address)
        return f"https://{name}:{_PORT}"

    def withdraw(self, machine_id: str) -> None:
        """See Addresses.withdraw."""
        name = self._name(machine_id)
        if name is not None:
            self.zone.remove(name)

    def published(self) -> Sequence[Record]:
        """See Addresses.published."""
        return [
            Record(name=record.name, machine_id=machine_id, ours=record.ours, is_complete=record.ip_address is not None)
            for record in self.zone.records()
            if (machine_id := self._machine_id(record.name)) is not None
        ]

    @property
    def _root(self) -> str:
        return self.domain_root.strip(".").lower()

    def _name(self, machine_id: str) -> str | None:
        return f"{machine_id}.{self._root}" if _INSTANCE_ID.fullmatch(machine_id) else None

    def _machine_id(self, name: str) -> str | None:
        label, _, root = name.partition(".")
        return label if root == self._root and _INSTANCE_ID.fullmatch(label) else None
