import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from elephant.adapters.threads import AT_ONCE, ThreadOverlap

PATIENCE_SECONDS = 20


class Meter:
    """Counts how many of its calls run at the same time."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self._lock = threading.Lock()
        self._all_here = threading.Event()
        self._enough = 0

    def wait_for(self, count: int) -> None:
        """Come in, and stay until so many are here."""
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
            if self.now >= count:
                self._all_here.set()
        assert self._all_here.wait(PATIENCE_SECONDS), f"{self.now} at once and not {count}"
        with self._lock:
            self.now -= 1


@pytest.mark.parametrize("count", [2, 3, AT_ONCE])
def test_calls_really_overlap(count: int) -> None:
    """Each waits until all of them have begun."""
    meter = Meter()
    ThreadOverlap()([lambda: meter.wait_for(count)] * count)
    assert meter.most == count


def test_never_more_at_once_than_allowed() -> None:
    meter = Meter()
    ThreadOverlap(at_once=3)([lambda: meter.wait_for(3)] * 30)
    assert meter.most == 3


def test_one_call_needs_no_thread() -> None:
    assert ThreadOverlap()([threading.get_ident]) == [threading.get_ident()]


def test_no_thread_is_left_behind() -> None:
    def fail() -> None:
        raise ValueError("on purpose")

    before = set(threading.enumerate())
    overlap = ThreadOverlap()
    for _ in range(5):
        with pytest.raises(ValueError, match="on purpose"):
            overlap([fail, threading.get_ident, fail])
    assert set(threading.enumerate()) == before


def test_the_same_one_serves_many_threads_at_the_same_time() -> None:
    overlap = ThreadOverlap(at_once=2)
    meter = Meter()
    with ThreadPoolExecutor(4) as callers:
        list(callers.map(lambda _: overlap([lambda: meter.wait_for(8)] * 2), range(4)))
    assert meter.most == 8
