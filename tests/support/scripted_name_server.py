"""A name server on loopback that answers each query as it is told: for answers that no real one gives when asked to."""

import socket
import struct
import threading
from collections.abc import Callable

import dns.message
import dns.name
import dns.tsig

# from the query to the bytes of the answer
Answer = Callable[[dns.message.Message], bytes]


class ScriptedNameServer:
    """A context manager; speaks DNS over TCP, one query for each connection."""

    def __init__(self, key: dns.tsig.Key, answer: Answer) -> None:
        self._key, self._answer = key, answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="name server", daemon=True)

    def __enter__(self) -> "ScriptedNameServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        with socket.create_connection(("127.0.0.1", self.port), timeout=40):
            pass
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection, connection.makefile("rwb") as stream:
                if self._closing.is_set():
                    return
                (length,) = struct.unpack("!H", stream.read(2))
                query = dns.message.from_wire(stream.read(length), keyring=self._key)
                wire = self._answer(query)
                stream.write(struct.pack("!H", len(wire)) + wire)
