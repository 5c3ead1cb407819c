"""A gate on loopback in front of a real server, which loses, delays, repeats and cuts what passes, as told.

An exchange is a request and its answer. They are counted over all connections, so that a fault can befall any one.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Mapping
from enum import Enum, auto

_CHUNK = 65536


class Fault(Enum):
    """What befalls an exchange."""

    REFUSED = auto()  # the request reaches nobody, the connection is closed
    HANGS = auto()  # the request reaches nobody, and nothing is answered
    LOST = auto()  # the request is carried out, the connection is closed without an answer
    CUT = auto()  # the request is carried out, the answer ends in its middle
    LATE = auto()  # the request is carried out, the answer comes when nobody waits for it any more
    TWICE = auto()  # the answer is sent twice


class FrailGate:
    """A context manager. `faults` are by the number of the exchange, from one; `always` is for all the others."""

    def __init__(self, upstream: int, *, late_seconds: float) -> None:
        self.faults: Mapping[int, Fault | None] = {}
        self.always: Fault | None = None
        self.exchanges = 0
        self._upstream, self._late_seconds = upstream, late_seconds
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._listen, name="gate", daemon=True)]

    def __enter__(self) -> "FrailGate":
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        # wakes the thread that waits in accept
        with socket.create_connection(("127.0.0.1", self.port), timeout=40):
            pass
        for each in list(self._open):
            _end(each)
        for thread in self._threads:
            thread.join(40)
        self._listener.close()

    def plan(self, faults: Mapping[int, Fault | None] | None = None, always: Fault | None = None) -> None:
        """Count from one again, with these faults."""
        with self._lock:
            self.faults, self.always, self.exchanges = faults or {}, always, 0

    def _listen(self) -> None:
        while True:
            client, _ = self._listener.accept()
            if self._closing.is_set():
                client.close()
                return
            thread = threading.Thread(target=self._serve, args=(client,), name="gate", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        """One connection of a client; the server's is opened with the first request that it gets."""
        server: socket.socket | None = None
        back: threading.Thread | None = None
        # the fault of the exchange that is under way; empty between two
        current: list[Fault | None] = []
        self._open.add(client)
        try:
            while data := client.recv(_CHUNK):
                if not current:
                    current.append(self._next_fault())
                if current[0] is Fault.REFUSED:
                    break
                if current[0] is Fault.HANGS:
                    continue
                if server is None:
                    server = socket.create_connection(("127.0.0.1", self._upstream), timeout=40)
                    server.settimeout(None)
                    back = threading.Thread(target=self._bring_back, args=(server, client, current), name="gate")
                    back.start()
                server.sendall(data)
        except OSError:
            pass  # one of the two has gone
        if server is not None and back is not None:
            _end(server)
            back.join()
            server.close()
        self._open.discard(client)
        client.close()

    def _next_fault(self) -> Fault | None:
        with self._lock:
            self.exchanges += 1
            return self.faults.get(self.exchanges, self.always)

    def _bring_back(self, server: socket.socket, client: socket.socket, current: "list[Fault | None]") -> None:
        try:
            while data := server.recv(_CHUNK):
                fault = current[0] if current else None
                current.clear()
                if fault is Fault.LATE:
                    self._closing.wait(self._late_seconds)
                if fault is Fault.TWICE:
                    data = 2 * (data + _the_rest(server))
                if fault is Fault.CUT:
                    client.sendall(data[: len(data) // 2])
                if fault in {Fault.LOST, Fault.CUT}:
                    break
                client.sendall(data)
        except OSError:
            pass  # one of the two has gone
        _end(client)


def _the_rest(server: socket.socket) -> bytes:
    """What else a server sends within a moment: some write an answer in two pieces."""
    time.sleep(0.05)
    try:
        return server.recv(_CHUNK, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return b""


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it has ended already
        connection.shutdown(socket.SHUT_RDWR)
