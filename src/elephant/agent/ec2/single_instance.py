"""One agent at a time: two would record twice and restart DCV under each other."""

import os
import sys
from pathlib import Path


def take_lock(path: Path) -> int | None:
    """A descriptor that holds the lock until the process ends, or None where another process holds it.

    Raises OSError where the file cannot be opened.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if _is_locked(descriptor):
        return descriptor
    os.close(descriptor)
    return None


if sys.platform == "win32":

    def _is_locked(descriptor: int) -> bool:
        import msvcrt  # noqa: PLC0415  Windows alone has it

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:

    def _is_locked(descriptor: int) -> bool:
        import fcntl  # noqa: PLC0415  Windows has none

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
