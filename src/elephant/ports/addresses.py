"""Where machines can be reached: DNS records, or paths on the same server."""

from collections.abc import Sequence
from typing import Protocol

from elephant.domain.machine import Machine, Record


class Addresses(Protocol):
    """Publishes one address per machine, and marks it as ours."""

    def expect(self, machine_id: str) -> None:
        """Read now what publishing a machine's address would have to read first; it may be anybody's machine.

        Changes nothing that can be seen. May raise Temporary and Permanent, which keeps nobody from publishing.
        """

    def publish(self, machine: Machine) -> str:
        """Make the machine reachable and return its link; idempotent.

        Raises Temporary while the machine has nothing to point at yet, AddressTaken when the name stands there
        without our mark.
        """

    def withdraw(self, machine_id: str) -> None:
        """Remove the machine's address; one that is gone or not ours is left alone."""

    def published(self) -> Sequence[Record]:
        """Every address in our zone that looks like a machine's, with whether it is ours."""
