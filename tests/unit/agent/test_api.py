"""One request over a unix socket, and every kind of answer."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from elephant.agent import api
from elephant.agent.api import Api

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"over": false}'


@pytest.fixture
def answering(tmp_path: Path) -> Iterator[Callable[[bytes], tuple[Api, list[bytes]]]]:
    """A server that answers one request with these bytes and hangs up; the requests that it read."""
    threads: list[threading.Thread] = []
    server = socket.socket(socket.AF_UNIX)

    def start(answer: bytes) -> tuple[Api, list[bytes]]:
        heard: list[bytes] = []
        server.bind(str(tmp_path / "api.sock"))
        server.listen()

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                while not heard or not heard[-1].endswith(b"}"):
                    heard.append((heard[-1] if heard else b"") + connection.recv(65536))
                connection.sendall(answer)

        threads.append(threading.Thread(target=serve))
        threads[0].start()
        return Api(f"unix:{tmp_path}/api.sock", "opens it"), heard

    yield start
    for thread in threads:
        thread.join(60)
    server.close()


Answering = Callable[[bytes], tuple[Api, list[bytes]]]


def test_a_request_and_its_answer(answering: Answering) -> None:
    told, heard = answering(ANSWER)
    assert told.post("/agent/health", {"healthy": True}) == (200, b'{"over": false}')
    head, _, body = heard[-1].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /agent/health HTTP/1.0"
    assert {"Host: localhost", "Authorization: Bearer opens it", "Content-Length: 17"} <= set(lines)
    assert body == b'{"healthy": true}'


@pytest.mark.parametrize("status", [204, 410, 503])
def test_the_status_is_read(answering: Answering, status: int) -> None:
    told, _ = answering(f"HTTP/1.0 {status} Whatever\r\n\r\n".encode())
    assert told.post("/", {}) == (status, b"")


@pytest.mark.parametrize(
    "answer",
    [b"", b"\r\n\r\n", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 two OK\r\n\r\n", b"SSH-2.0-x 200\r\n\r\n", b"HTTP/1.1 "],
)
def test_what_is_no_answer_is_refused(answering: Answering, answer: bytes) -> None:
    told, _ = answering(answer)
    with pytest.raises(ValueError, match="not HTTP"):
        told.post("/", {})


def test_an_endless_answer_ends(answering: Answering) -> None:
    told, _ = answering(ANSWER + b" " * 60_000)
    assert len(told.post("/", {})[1]) <= 65536


def test_a_silent_server_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "TIMEOUT_SECONDS", 0.05)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "api.sock"))
        server.listen()
        with pytest.raises(TimeoutError):
            Api(f"unix:{tmp_path}/api.sock", "token").post("/", {})


def test_nobody_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Api(f"unix:{tmp_path}/api.sock", "token").post("/", {})
