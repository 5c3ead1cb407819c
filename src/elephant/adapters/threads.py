"""Calls that wait at the same time: one thread for each, for as long as they take."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Answer = TypeVar("Answer")

AT_ONCE = 10
"""As many as the records of a batch; more wait their turn."""


class ThreadOverlap:
    """See Overlap: at most `at_once` calls at the same time.

    The threads live as long as one set of calls: a few tenths of a millisecond each, beside calls of tens. So none
    is left behind, and a call may overlap others of its own without waiting for threads that wait for it.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once

    def __call__(self, calls: Sequence[Callable[[], Answer]]) -> list[Answer]:
        """See Overlap; one call alone needs no thread."""
        if len(calls) <= 1:
            return [call() for call in calls]
        with ThreadPoolExecutor(min(len(calls), self._at_once), thread_name_prefix="overlap") as threads:
            futures = [threads.submit(call) for call in calls]
        return [future.result() for future in futures]
