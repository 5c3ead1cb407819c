"""A person at a desktop: follows the invitation link, speaks RFB through the WebSocket, and comes back by itself."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.support.server_process import ServerProcess, key_of

_RETRY_SECONDS = 0.3
_VERSION = b"RFB 003.008\n"
_NO_PASSWORD = b"\x01"
_SHARED = b"\x01"
_OVER = 410


@dataclass
class RfbPerson:
    """Joins one seat and stays until `leave`, as the desktop page does; `entered` counts how often they got in.

    `answers` is what their link was answered, each time: the status, and the content where that is JSON.
    """

    server: ServerProcess
    booked: dict[str, str]
    role: str
    entered: int = 0
    told_over: str = ""
    problems: list[str] = field(default_factory=list)
    answers: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)
    _leaving: threading.Event = field(default_factory=threading.Event)
    _inside: threading.Event = field(default_factory=threading.Event)
    _connection: ClientConnection | None = None

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name=f"{self.role} of {self.booked['id']}", daemon=True)

    def arrive(self) -> None:
        """Begin to knock."""
        self._thread.start()

    def is_inside(self) -> bool:
        """True while the screen is connected."""
        return self._inside.is_set()

    def leave(self) -> None:
        """Go, and come no more."""
        self._leaving.set()
        connection = self._connection
        if connection is not None:
            connection.close()
        self._thread.join(60)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        while not self._leaving.is_set() and not self.told_over:
            try:
                self._visit()
            except (
                httpx2.TransportError,
                OSError,
                ConnectionClosed,
                InvalidHandshake,
                TimeoutError,
                EOFError,
            ) as error:
                self.problems.append(f"{type(error).__name__}: {error}")
            self._inside.clear()
            self._leaving.wait(_RETRY_SECONDS)

    def _visit(self) -> None:
        url = self.server.url
        with httpx2.Client(base_url=url, timeout=10, trust_env=False, verify=self.server.trust) as client:
            path = f"/join/{self.booked['id']}/{self.role}"
            answer = client.get(path, params={"key": key_of(self.booked, self.role)})
            is_json = answer.headers.get("Content-Type", "").startswith("application/json")
            self.answers.append((answer.status_code, answer.json() if is_json else {}))
            if answer.status_code == _OVER:
                self.told_over = answer.json()["termination_reason"]
            if answer.status_code != 200:
                return
            entry = client.get(answer.json()["dcv_url"])
            if entry.status_code != 303:
                self.problems.append(f"the way in was answered with {entry.status_code}")
                return
            cookie = "; ".join(f"{name}={value}" for name, value in entry.cookies.items())
        page = urlsplit(url)
        where = f"ws://{page.netloc}{urlsplit(answer.json()['dcv_url']).path}/vnc"
        headers = {"Cookie": cookie}
        with connect(where, additional_headers=headers, origin=Origin(url), open_timeout=10, proxy=None) as connection:
            self._connection = connection
            self._watch(connection)

    def _watch(self, connection: ClientConnection) -> None:
        """RFB 3.8 without a password (RFC 6143, section 7), then wait until either end closes."""
        stream = _Stream(connection)
        assert stream.read(len(_VERSION)) == _VERSION
        connection.send(_VERSION)
        (kinds,) = stream.read(1)
        stream.read(kinds)
        connection.send(_NO_PASSWORD)
        assert stream.read(4) == b"\0\0\0\0", "the screen refused us"
        connection.send(_SHARED)
        stream.read(24)
        self.entered += 1
        self._inside.set()
        while not self._leaving.is_set():
            connection.recv()


@dataclass
class _Stream:
    connection: ClientConnection
    pending: bytes = b""

    def read(self, size: int) -> bytes:
        until = time.monotonic() + 10
        while len(self.pending) < size:
            if time.monotonic() > until:
                raise TimeoutError("the screen is silent")
            piece = self.connection.recv(timeout=10)
            self.pending += piece if isinstance(piece, bytes) else piece.encode()
        taken, self.pending = self.pending[:size], self.pending[size:]
        return taken
