"""Asking a provider again: a few times, each after a longer wait with jitter, and not when it names a long one."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from elephant.ports.errors import Temporary

_DEFAULT_RETRY_AFTER_SECONDS = 5.0

T = TypeVar("T")


class Passing(Temporary):
    """It may work if it is asked again at once; `named_seconds` is the wait that the provider named, if it did."""

    def __init__(self, message: str, *, named_seconds: float | None = None) -> None:
        super().__init__(
            message, retry_after_seconds=_DEFAULT_RETRY_AFTER_SECONDS if named_seconds is None else named_seconds
        )
        self.named_seconds = named_seconds


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how long: `longest_wait_seconds` is also the longest wait that a provider may name."""

    attempts: int = 3
    first_wait_seconds: float = 0.2
    longest_wait_seconds: float = 3.0
    sleep: Callable[[float], None] = time.sleep

    def run(self, call: Callable[[], T]) -> T:
        """What `call` returns; it is called again after Passing. Raises the last error when it has had its chances."""
        for attempt in range(self.attempts - 1):
            try:
                return call()
            except Passing as error:
                wait_seconds = min(self.first_wait_seconds * 2**attempt, self.longest_wait_seconds)
                named_seconds = error.named_seconds or 0.0
                if named_seconds > self.longest_wait_seconds:
                    raise
                self.sleep(named_seconds + random.uniform(wait_seconds / 2, wait_seconds))  # noqa: S311  not a secret
        return call()
