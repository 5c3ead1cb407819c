"""The last deadline that was heard, kept against a clock that never jumps."""

import threading
import time
from datetime import datetime


class Deadline:
    """Seconds of `time.monotonic()` at which the meeting's time is up.

    Converted whenever it is heard, so that a wall clock set back or forth afterwards changes nothing.
    """

    def __init__(self, deadline: datetime, wall_now: datetime) -> None:
        self._lock = threading.Lock()
        self._deadline = deadline
        self._at = time.monotonic() + (deadline - wall_now).total_seconds()

    def hear(self, deadline: datetime, wall_now: datetime) -> None:
        """Take a deadline from the API; one that is not new changes nothing."""
        with self._lock:
            if deadline != self._deadline:
                self._deadline = deadline
                self._at = time.monotonic() + (deadline - wall_now).total_seconds()

    @property
    def at(self) -> float:
        """When it is, on the monotonic clock."""
        with self._lock:
            return self._at
