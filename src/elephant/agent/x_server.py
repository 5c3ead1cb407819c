"""The X server of a desktop, and the cookie that opens it."""

import os
import struct
from pathlib import Path

from elephant.agent.processes import Children
from elephant.wire.agent_messages import AgentSettings

NAME = "x-server"

_DISPLAY_DESCRIPTOR = 3
_COOKIE_BYTES = 16
_FAMILY_WILD = 0xFFFF
_COOKIE_NAME = b"MIT-MAGIC-COOKIE-1"


def cookie_path(settings: AgentSettings) -> Path:
    """Where the cookie lies that opens this desktop's display."""
    return Path(settings.run_dir) / "xauthority"


def start_x_server(settings: AgentSettings, children: Children) -> int:
    """Start it; returns a pipe that says the number of its display, and never blocks. Raises OSError."""
    cookie = cookie_path(settings)
    write_cookie(cookie)
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    try:
        command = x_server_command(settings.geometry, settings.vnc_socket, cookie, _DISPLAY_DESCRIPTOR)
        children.start(NAME, command, pipe_to=writer)
    finally:
        os.close(writer)
    return reader


def write_cookie(path: Path) -> None:
    """Write an authority file with a new cookie for every display of this host, for its owner only.

    Format: libXau's Xauth(3); big-endian family, then address, display number, name and data, each with its length.
    """
    fields = (b"", b"", _COOKIE_NAME, os.urandom(_COOKIE_BYTES))
    content = struct.pack(">H", _FAMILY_WILD) + b"".join(struct.pack(">H", len(each)) + each for each in fields)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def x_server_command(geometry: str, vnc_socket: str, cookie: Path, display_descriptor: int) -> list[str]:
    """The X server with its screen on a unix socket and on nothing else.

    `-UseBlacklist 0`, because aborted handshakes would otherwise lock everybody out. It does listen on its abstract
    socket, although every other desktop of this network namespace can reach that: a client tries the abstract name
    first (libxcb's xcb_util.c) and would end up with whoever holds it, an X server of this machine or a desktop that
    means harm. So the server holds it itself, and the cookie keeps others out.
    """
    return [
        "Xtigervnc",
        *_display(),
        *("-displayfd", str(display_descriptor)),
        *("-geometry", geometry, "-depth", "24"),
        *("-rfbport", "-1", "-rfbunixpath", vnc_socket, "-rfbunixmode", "0600"),
        *("-SecurityTypes", "None", "-AlwaysShared", "-UseBlacklist", "0"),
        *("-desktop", os.uname().nodename[:32] or "desktop"),
        *("-auth", str(cookie), "-nolisten", "tcp", "-noreset"),
    ]


def _display() -> list[str]:
    """In a sandbox the first number that is free: with `-displayfd` the server takes the next one until both are.

    Where desktops share a /tmp it would not see the socket of a server without an abstract one, and take it away;
    there our own pid is a number that nobody else chooses.
    """
    return [] if os.getpid() == 1 else [f":{os.getpid()}"]
