"""A DNS zone, as far as Elephant writes in it: one A record per machine, with our ownership mark."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ZoneRecord:
    """One address of one name, in lower case and without the dot at its end.

    `ours` tells whether it carries our mark; `ip_address` is None where only the mark is left of it.
    """

    name: str
    ip_address: str | None
    ours: bool


class Zone(Protocol):
    """A provider's zone. Whatever in it is not ours is never changed and never removed.

    Every function can be repeated after any error, also after one that hid a success; each raises Temporary and
    Permanent, and none waits without end.
    """

    def expect(self, name: str) -> None:
        """Read now what a `put` of this name would have to read first, where that is anything; one may follow or not.

        Changes nothing in the zone, and nothing of what `put` promises. It is tried once.
        """

    def put(self, name: str, ip_address: str) -> None:
        """Make `name` point at this IPv4 address alone, and mark it as ours; replaces an address of ours.

        Raises AddressTaken, and leaves the name as it is, while any record there is not ours.
        """

    def remove(self, name: str) -> None:
        """Remove what is ours of this name, if anything is."""

    def records(self) -> Sequence[ZoneRecord]:
        """Every IPv4 address in the zone, whoever wrote it, and every mark of ours without one."""
