"""What was read at a name just before it may be written: for a provider at which a change must follow a reading."""

import time
from collections.abc import Callable

FRESH_SECONDS = 2.0
"""How long a reading counts as just before: about what looking a machine up takes where it is asked for again."""


class Expected:
    """One name that may be written next, and whether nothing stood there a moment ago.

    One that was not written in the end was somebody else's machine. An account may have many of those, and the provider
    counts every call; so then nothing is expected until the next name is written.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._name: str | None = None
        self._free_at: float | None = None

    def begin(self, name: str) -> bool:
        """True where the name is to be read now."""
        if self._name not in {None, name}:
            return False
        self._name, self._free_at = name, None
        return True

    def is_free(self, name: str) -> None:
        """Nothing stood at the name; to be said at once."""
        if self._name == name:
            self._free_at = self._clock()

    def end(self, name: str) -> bool:
        """The name is being written; True where nothing stood there a moment ago."""
        is_free = self._name == name and self._free_at is not None and self._clock() - self._free_at <= FRESH_SECONDS
        self._name = self._free_at = None
        return is_free
