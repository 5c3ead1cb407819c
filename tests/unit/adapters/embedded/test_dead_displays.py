"""Which display sockets are taken away, and which never."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from elephant.adapters.embedded.dead_displays import remove_dead_displays


@pytest.fixture
def directory() -> Iterator[Path]:
    """With a short name: the path of a unix socket has room for 107 bytes (unix(7))."""
    path = Path(tempfile.mkdtemp())
    yield path
    shutil.rmtree(path)


def a_socket(path: Path, *, age_seconds: float = 60.0, listening: bool = False) -> socket.socket:
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    if listening:
        server.listen()
    at = path.stat().st_mtime - age_seconds
    os.utime(path, (at, at))
    return server


def test_only_old_sockets_of_displays_that_nobody_serves_go(directory: Path) -> None:
    servers = [
        a_socket(directory / "X0"),
        a_socket(directory / "X1", listening=True),
        a_socket(directory / "X2", age_seconds=0.0),
        a_socket(directory / "other"),
    ]
    (directory / "X3").write_text("no socket")
    (directory / "X4").symlink_to(directory / "other")
    remove_dead_displays(directory)
    assert sorted(path.name for path in directory.iterdir()) == ["X1", "X2", "X3", "X4", "other"]
    for server in servers:
        server.close()


def test_there_may_be_no_such_directory(directory: Path) -> None:
    remove_dead_displays(directory / "missing")
