"""What an error of SQLite means to a caller: try again later, or somebody has to mend something."""

import os
import sqlite3
from pathlib import Path

from elephant.ports.errors import Permanent, Temporary

_PRIMARY_CODE_BITS = 0xFF
_BUSY_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_LATER_CODES = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT}
_DAMAGED_CODES = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}
_DISK_FULL_RETRY_SECONDS = 30.0
_BUSY_RETRY_SECONDS = 1.0


def primary_code(error: sqlite3.Error) -> int | None:
    """SQLite's result code without its details; None for errors of the Python module itself."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & _PRIMARY_CODE_BITS


def is_busy(error: sqlite3.Error) -> bool:
    """True where another connection was in the way."""
    return primary_code(error) in _BUSY_CODES


def translated(error: sqlite3.Error, path: Path) -> Temporary | Permanent:
    """The error of ours that says the same; codes: https://sqlite.org/rescode.html."""
    code = primary_code(error)
    if code in _BUSY_CODES:
        return Temporary(
            f"{path} is locked by another process ({error})",
            retry_after_seconds=_BUSY_RETRY_SECONDS,
        )
    # A full disk shows as SQLITE_FULL or, where the shared-memory file cannot grow, as an I/O error.
    if code == sqlite3.SQLITE_FULL or (code in _LATER_CODES and _is_disk_full(path)):
        return Temporary(
            f"the disk that holds {path} is full; free some space on it ({error})",
            retry_after_seconds=_DISK_FULL_RETRY_SECONDS,
        )
    if code in _LATER_CODES:
        return Temporary(f"{path} could not be read or written just now ({error})")
    if code in _DAMAGED_CODES:
        return Permanent(
            f"{path} is damaged or is no SQLite database ({error}); stop the server and put a copy of it back, "
            "or move it away to begin with an empty one"
        )
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}:
        return Permanent(
            f"{path} cannot be written ({error}); make it and its directory writable for the user "
            f"who runs Elephant (user id {os.geteuid()})"
        )
    if code == sqlite3.SQLITE_CANTOPEN:
        return _cannot_open(error, path)
    return Permanent(f"{path}: SQLite refused ({type(error).__name__}: {error})")


def _is_disk_full(path: Path) -> bool:
    try:
        return os.statvfs(path.parent).f_bavail == 0
    except OSError:
        # Only asked to word a message about an error that is being reported anyway.
        return False


def _cannot_open(error: sqlite3.Error, path: Path) -> Temporary | Permanent:
    # os.access opens nothing: closing any descriptor of the file would drop SQLite's locks on it.
    if not path.exists():
        return Permanent(
            f"{path} cannot be opened: it does not exist or its directory cannot be searched ({error}); "
            "check the data directory, and start the server again if it was moved or emptied while it ran"
        )
    if not (
        os.access(path, os.R_OK | os.W_OK, effective_ids=True)
        and os.access(path.parent, os.W_OK | os.X_OK, effective_ids=True)
    ):
        return Permanent(
            f"{path} cannot be opened ({error}); make it and its directory readable and writable for the user "
            f"who runs Elephant (user id {os.geteuid()})"
        )
    if not path.is_file():
        return Permanent(f"{path} is not a file ({error}); move it away")
    return Temporary(f"{path} could not be opened just now, perhaps too many files are open ({error})")
