"""The guard of conftest.py: unit tests reach no network, but may use unix sockets."""

import socket
from pathlib import Path

import pytest


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
@pytest.mark.parametrize(
    ("family", "address"), [(socket.AF_INET, ("127.0.0.1", 9)), (socket.AF_INET6, ("::1", 9, 0, 0))]
)
def test_connections_are_refused(family: socket.AddressFamily, address: tuple[object, ...], method: str) -> None:
    with socket.socket(family) as client, pytest.raises(AssertionError, match="a unit test called"):
        getattr(client, method)(address)


def test_look_ups_are_refused() -> None:
    with pytest.raises(AssertionError, match="looked up 'localhost'"):
        socket.create_connection(("localhost", 9))


def test_unix_sockets_work(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen()
        client.connect(path)
        client.sendall(b"hello")
        connection, _ = server.accept()
        with connection:
            assert connection.recv(5) == b"hello"
