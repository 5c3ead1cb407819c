"""Small files that survive a crash, and what the operating system's errors mean to a caller."""

import contextlib
import errno
import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from elephant.ports.errors import ElephantError, Permanent, Temporary

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_LOCK_POLL_SECONDS = 0.01
_REMOVE_SECONDS = 60.0


def meaning_of(error: OSError, what: str) -> ElephantError:
    """The port's error for a failure to use a file or start a process; `what` was being done."""
    if error.errno in _FULL:
        return Temporary(f"{what}: the disk is full; make room", retry_after_seconds=30.0)
    if error.errno in _FORBIDDEN:
        return Permanent(f"{what}: not allowed ({error}); give the server's user the right to it")
    return Temporary(f"{what}: {error}")


@contextlib.contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Turn the operating system's errors inside the block into Temporary or Permanent."""
    try:
        yield
    except OSError as error:
        raise meaning_of(error, what) from error


def write_durably(path: Path, content: dict[str, Any], *, mode: int = 0o600) -> None:
    """Write a JSON file whole or not at all, on the disk when this returns. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make the names in a directory survive a power cut. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_json(path: Path) -> dict[str, Any] | None:
    """A JSON object of ours; None if there is no such file. Raises ValueError for anything else, and OSError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not isinstance(content, dict):
        raise ValueError(f"{path} holds no JSON object")  # noqa: TRY004  like any other damage
    return content


@contextlib.contextmanager
def locked(directory: Path, *, wait_seconds: float) -> Iterator[None]:
    """Hold the directory's lock, against threads and other processes; it leaves no file and dies with its holder.

    Raises BlockingIOError if somebody else has it for longer than `wait_seconds`, FileNotFoundError if the
    directory is not there (any more).
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        _take(descriptor, time.monotonic() + wait_seconds)
        if not os.path.samestat(os.fstat(descriptor), directory.stat()):
            raise FileNotFoundError(errno.ENOENT, "removed and made again meanwhile", str(directory))
        yield
    finally:
        os.close(descriptor)


def is_locked(directory: Path) -> bool:
    """True while somebody holds the directory's lock. Raises FileNotFoundError if it is not there."""
    try:
        with locked(directory, wait_seconds=0):
            return False
    except BlockingIOError:
        return True


def remove_tree(path: Path) -> None:
    """Remove a directory and all in it, however deep or unreadable its owner made it. Raises Temporary."""
    if shutil.rmtree.avoids_symlink_attacks:
        with contextlib.suppress(OSError, RecursionError):
            shutil.rmtree(path)
    if not os.path.lexists(path):
        return
    try:
        _run("chmod", "-R", "u+rwx", "--", str(path))
        complaint = _run("rm", "-rf", "--", str(path))
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Temporary(f"could not remove {path}: {error}") from error
    if os.path.lexists(path):
        raise Temporary(f"could not remove {path}: {complaint}")


def _run(*command: str) -> str:
    """What a program says on its standard error."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=_REMOVE_SECONDS, check=False)
    return done.stderr.strip()[:300]


def _take(descriptor: int, until: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise
            time.sleep(_LOCK_POLL_SECONDS)
        else:
            return
