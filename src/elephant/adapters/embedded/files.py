"""Files of the data directory that are made once: the directory itself, and its secrets."""

import fcntl
import os
import secrets
import tempfile
from pathlib import Path

from elephant.ports.errors import Permanent

_SECRET_BYTES = 32
_SHORTEST_SECRET = 16
_MADE_BY_US = ("elephant.sqlite3", "link_secret", "run")


def prepare_data_dir(data_dir: Path) -> None:
    """Make the data directory, for its owner only; raises Permanent, with the path and the fix, where that fails.

    A directory that others may enter is only closed to them while it is empty: it may be their own, or /tmp.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if data_dir.stat().st_mode & 0o077:
            if any(data_dir.iterdir()):
                raise Permanent(
                    f"the data directory {data_dir} is open to others and not empty; close it with `chmod 700`, "
                    "or name another with --data-dir or ELEPHANT_DATA_DIR"
                )
            data_dir.chmod(0o700)
        tempfile.TemporaryFile(dir=data_dir).close()  # without a name, so that nothing stays if we die now
    except OSError as error:
        raise Permanent(
            f"the data directory {data_dir} cannot be written ({error.strerror}); "
            "make it yours, or name another with --data-dir or ELEPHANT_DATA_DIR"
        ) from error


def require_installation(data_dir: Path) -> None:
    """Raise Permanent where nothing was ever kept: whoever mistyped its name must not be told that there is nothing."""
    try:
        names = {path.name for path in data_dir.iterdir()}
    except FileNotFoundError:
        names = set()
    except OSError:
        return  # whoever goes on to use it is told what is wrong with it
    if names.isdisjoint(_MADE_BY_US):
        raise Permanent(
            f"there is no installation of Elephant in {data_dir}; name its directory with --data-dir or "
            "ELEPHANT_DATA_DIR, or make one with `elephant up`"
        )


def secret_in(path: Path) -> str:
    """The secret that the file keeps, made at the first time of asking; readable by its owner only.

    Two processes that ask at once get the same one: it is written aside, then linked into place, which only one
    of them can do.
    """
    try:
        if not path.exists():
            aside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(_SECRET_BYTES))
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(aside, path)
            except FileExistsError:
                pass  # the other process was first, and its secret is the one
            finally:
                aside.unlink()
        text = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise Permanent(
            f"the secret in {path} cannot be read or made ({reason}); remove it to have one made"
        ) from error
    if len(text) < _SHORTEST_SECRET:
        raise Permanent(f"{path} holds no secret of {_SHORTEST_SECRET} characters or more; remove it to have one made")
    return text


def lock_data_dir(data_dir: Path) -> int:
    """Hold the data directory for one server; returns the descriptor to keep open. Raises Permanent if another does."""
    path = data_dir / "server.lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Permanent(f"{path} cannot be opened ({error.strerror}); remove it, if no server runs") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise Permanent(
            f"another server already serves the data directory {data_dir}; stop it, or name another with --data-dir"
        ) from error
    return descriptor
