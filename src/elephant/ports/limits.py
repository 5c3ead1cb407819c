"""What desktops share and may run out of: quotas, addresses, memory."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from elephant.domain.capacity import Limit


class Limits(Protocol):
    """Tells what there is. What was read may be kept for a while, so a change is not seen at once."""

    def read(self, now: datetime) -> Sequence[Limit]:
        """Every limit, those included that could not be read: they say so, and why, and nothing is raised for them.

        Takes two seconds or so at most, whatever answers or does not.
        """
