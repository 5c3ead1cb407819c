"""Limits that are whatever they were told to be: for tests and the simulator."""

from collections.abc import Sequence
from datetime import datetime

from elephant.domain.capacity import Limit


class MemoryLimits:
    """Without any limit until there are some in `limits`."""

    def __init__(self, *limits: Limit) -> None:
        self.limits = list(limits)

    def read(self, now: datetime) -> Sequence[Limit]:
        """See Limits.read."""
        return tuple(self.limits)
