"""The three HTTP clients of the agent, against servers that answer badly or not at all."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from elephant.agent.ec2 import imds as imds_module
from elephant.agent.ec2.boot import read_boot
from elephant.agent.ec2.dcv import check_web_server
from elephant.agent.ec2.imds import Imds, NotThereError
from elephant.agent.ec2.upload_file import put_part
from elephant.wire.upload_messages import PartTarget
from tests.integration.agent.ec2.stand_in_servers import Answer, Asked, Metadata, StandIn

pytestmark = pytest.mark.integration


@contextmanager
def raw(answer: bytes | None) -> Iterator[str]:
    """A server that sends these bytes to whoever connects, None for nothing ever; its host and port."""
    held = []

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            held.append(connection)
            if answer is not None:
                connection.recv(65536)
                connection.sendall(answer)
                connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(40)
        for connection in held:
            connection.close()


BAD = {
    "nothing": None,
    "an end": b"",
    "no HTTP": b"SSH-2.0-OpenSSH\r\n",
    "cut in its head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "cut in its body": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
    "an error": b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
    "elsewhere": b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_answer_is_an_error_and_never_a_value(bad: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imds_module, "TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr("elephant.agent.ec2.upload_file.STORE_SECONDS", 0.2)
    with raw(BAD[bad]) as where:
        target = PartTarget(number=1, url=f"http://{where}/part?X-Amz-Signature=abc", headers={})
        calls: list[Callable[[], object]] = [
            Imds(f"http://{where}").user_data,
            lambda: check_web_server(f"https://{where}/", 0.2),
        ]
        if bad != "cut in its body":
            calls.append(lambda: put_part(target, b"content"))  # a yes is one by its status
        for call in calls:
            with pytest.raises(OSError) as failed:  # noqa: PT011  in which words is the system's choice
                call()
            assert "Signature" not in str(failed.value)


def test_what_is_not_there_is_told_apart_from_what_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imds_module, "TIMEOUT_SECONDS", 60.0)
    metadata = Metadata(None)
    server = StandIn(metadata.answer)
    try:
        imds = Imds(server.url)
        assert imds.instance_id() == "i-0123456789abcdef0"
        with pytest.raises(NotThereError, match="/latest/user-data"):
            imds.user_data()
        metadata.user_data = b"\xff"
        with pytest.raises(ValueError, match="utf-8"):
            imds.user_data()
        metadata.instance_id = "<html>"
        with pytest.raises(ValueError, match="the instance id must be"):
            read_boot(imds)
    finally:
        server.close()


def test_dcv_answers_on_loopback_with_any_certificate(dcv_certificate: Path) -> None:
    says = {"Server": "dcv"}

    def answer(_asked: Asked) -> Answer:
        return 200, says, b""

    server = StandIn(answer, dcv_certificate)
    try:
        check_web_server(server.url + "/", 40.0)
        says.clear()
        with pytest.raises(OSError, match="something else than DCV"):
            check_web_server(server.url, 40.0)
    finally:
        server.close()


def test_an_answer_that_comes_twice_is_one() -> None:
    with raw(b'HTTP/1.1 200 OK\r\nETag: "x"\r\nContent-Length: 0\r\n\r\n' * 2) as where:
        put_part(PartTarget(number=1, url=f"http://{where}/part?a=b", headers={}), b"content")
