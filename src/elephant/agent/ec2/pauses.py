"""How long to wait before something is tried again."""

import random


class Pauses:
    """Twice as long each time, with full jitter, so that machines launched together do not knock together."""

    def __init__(self, *, first_seconds: float, last_seconds: float) -> None:
        self._first_seconds = first_seconds
        self._last_seconds = last_seconds
        self._most_seconds = first_seconds

    def next_seconds(self) -> float:
        """The next one; at least the first."""
        most, self._most_seconds = self._most_seconds, min(self._most_seconds * 2, self._last_seconds)
        return random.uniform(self._first_seconds, most)  # noqa: S311  nobody gains by guessing it

    def reset(self) -> None:
        """It worked: the next failure is a first one."""
        self._most_seconds = self._first_seconds
