"""The same thing from several threads at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

THREADS = 8


def at_once(work: Callable[[int], object], *losing: type[Exception]) -> list[object]:
    """What `work(number)` returned in each of eight threads that start together, or what it lost with."""
    start = threading.Barrier(THREADS)

    def one(number: int) -> object:
        start.wait()
        try:
            return work(number)
        except losing as error:
            return error

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(one, range(THREADS)))
