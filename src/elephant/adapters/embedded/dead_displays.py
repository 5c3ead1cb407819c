"""Sockets of X servers that were killed: without a sandbox they lie in a directory that the whole host shares."""

import logging
import os
import re
import socket
import stat
import time
from pathlib import Path

logger = logging.getLogger(__name__)

_DIRECTORY = Path("/tmp/.X11-unix")  # noqa: S108  the X servers' own, X(7)
_DISPLAY = re.compile(r"X[0-9]+")
# A server that is just starting has bound its socket and does not listen yet.
_AGE_SECONDS = 2.0


def remove_dead_displays(directory: Path = _DIRECTORY) -> None:
    """Remove this user's display sockets that nobody listens on any more; what cannot be removed stays."""
    try:
        paths = [path for path in directory.iterdir() if _DISPLAY.fullmatch(path.name)]
    except FileNotFoundError:
        return
    for path in paths:
        try:
            if _is_dead(path):
                path.unlink()
        except FileNotFoundError:
            continue
        except OSError:
            logger.warning("%s is still there", path, exc_info=True)


def _is_dead(path: Path) -> bool:
    status = path.lstat()
    if not stat.S_ISSOCK(status.st_mode) or status.st_uid != os.geteuid():
        return False
    if time.time() - status.st_mtime < _AGE_SECONDS:
        return False
    with socket.socket(socket.AF_UNIX) as client:
        client.setblocking(False)  # a live server with a full queue says "again", a dead one refuses
        try:
            client.connect(str(path))
        except ConnectionRefusedError:
            return True
        except BlockingIOError:
            return False
    return False
