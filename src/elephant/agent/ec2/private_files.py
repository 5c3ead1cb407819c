"""Files that nobody but their owner may read, put in place whole or not at all."""

import contextlib
import os
import shutil
from pathlib import Path


def holds(path: Path, content: bytes) -> bool:
    """True where the file is there with this very content. Raises OSError, but not for a missing file."""
    try:
        return path.read_bytes() == content
    except FileNotFoundError:
        return False


def write_private(path: Path, content: bytes, owner: str) -> None:
    """Write a file of mode 0600; `owner` is a user's name, "" for whoever we are.

    It has its mode before it has its content. Raises OSError, and LookupError for a user that there is not.
    """
    aside = path.with_name(f".{path.name}.new")
    with contextlib.suppress(FileNotFoundError):
        aside.unlink()
    with os.fdopen(
        os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), "wb"
    ) as file:
        if owner:
            shutil.chown(aside, user=owner)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
