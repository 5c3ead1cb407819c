"""Work done in a copy of this process, which itself stays as it is: worlds are prepared once and spoilt many times."""

import contextlib
import ctypes
import gc
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

WORK_SECONDS = 1200
_LARGE_PAGE_BYTES = 2 << 20
_MADV_COLLAPSE = 25


def ready_to_fork() -> None:
    """Have what is in memory now stay as it is and lie in large pages, whose table takes a tenth of the time to copy.

    madvise(2): MADV_COLLAPSE, of Linux 6.1. Where the kernel has none, or has no large page, all goes on as it was.
    """
    gc.collect()
    gc.freeze()
    with contextlib.suppress(OSError):
        libc = ctypes.CDLL(None)
        for line in Path("/proc/self/maps").read_text().splitlines():
            addresses, rights, *_, name = [*line.split(maxsplit=5), ""][:6]
            start, end = (int(each, 16) // _LARGE_PAGE_BYTES for each in addresses.split("-"))
            if "w" in rights and name in {"", "[heap]"} and end > start + 1:
                first, size = (start + 1) * _LARGE_PAGE_BYTES, (end - start - 1) * _LARGE_PAGE_BYTES
                libc.madvise(ctypes.c_void_p(first), ctypes.c_size_t(size), _MADV_COLLAPSE)


def forked(work: Callable[[], object]) -> Any:  # noqa: ANN401  JSON
    """What the work returns, by way of JSON; raises RuntimeError with what it raised."""
    (result,) = forked_side_by_side([work], 1)
    return result


def forked_side_by_side(works: Iterable[Callable[[], object]], at_once: int) -> Iterator[Any]:
    """The results of several, in their order; so many run at the same time."""
    running: list[tuple[int, int]] = []
    for work in works:
        running.append(_begun(work))
        if len(running) >= at_once:
            yield _result(*running.pop(0))
    while running:
        yield _result(*running.pop(0))


def _begun(work: Callable[[], object]) -> tuple[int, int]:
    sys.stdout.flush()
    reading, writing = os.pipe()
    child = os.fork()
    if child != 0:
        os.close(writing)
        return child, reading
    os.close(reading)
    signal.alarm(WORK_SECONDS)
    # collecting would copy every page that is still shared
    gc.disable()
    try:
        content, status = json.dumps(work()), 0
    except BaseException:  # noqa: BLE001  nothing of the child may go on
        content, status = json.dumps(traceback.format_exc()), 1
    with os.fdopen(writing, "w") as pipe:
        pipe.write(content)
    os._exit(status)


def _result(child: int, reading: int) -> Any:  # noqa: ANN401  JSON
    with os.fdopen(reading) as pipe:
        content = pipe.read()
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        raise RuntimeError(json.loads(content or '"the copy died"'))
    return json.loads(content)
