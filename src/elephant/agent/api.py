"""One request to the API at a time, over a unix socket or the network."""

import json
import socket
from dataclasses import dataclass, field

TIMEOUT_SECONDS = 3.0
_ANSWER_BYTES = 1_000_000
"""The parts of an upload that goes on are listed in one answer, near 100 bytes each."""

_PIECE_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Api:
    """Where the API is and what opens it; each step of a request may take `timeout_seconds`."""

    address: str
    token: str = field(repr=False)
    timeout_seconds: float = TIMEOUT_SECONDS

    def post(self, path: str, body: dict[str, object]) -> tuple[int, bytes]:
        """Status and content of the answer. Raises OSError, and ValueError for what is no answer."""
        content = json.dumps(body).encode()
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
        }
        if self.address.startswith("unix:"):
            return _post_to_socket(self.address.removeprefix("unix:"), path, headers, content, self.timeout_seconds)
        return _post_to_host(self.address, path, headers, content, self.timeout_seconds)


def _post_to_socket(
    where: str, path: str, headers: dict[str, str], content: bytes, timeout_seconds: float
) -> tuple[int, bytes]:
    """HTTP/1.0, whose answers end with the connection: http.client takes longer to load than a window to open."""
    head = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "localhost", **headers}.items())
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout_seconds)
        connection.connect(where)
        connection.sendall(f"POST {path} HTTP/1.0\r\n{head}\r\n".encode() + content)
        answer = b""
        while len(answer) < _ANSWER_BYTES and (piece := connection.recv(_PIECE_BYTES)):
            answer += piece
    head_bytes, is_whole, rest = answer.partition(b"\r\n\r\n")
    version, _, status = head_bytes.partition(b" ")
    if not is_whole or not version.startswith(b"HTTP/1.") or not status[:3].isdigit():
        raise ValueError("the answer is not HTTP")
    return int(status[:3]), rest


def _post_to_host(
    address: str, path: str, headers: dict[str, str], content: bytes, timeout_seconds: float
) -> tuple[int, bytes]:
    import http.client  # noqa: PLC0415  see above
    from urllib.parse import urlsplit  # noqa: PLC0415

    url = urlsplit(address)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(url.hostname or "", url.port, timeout=timeout_seconds)
    try:
        connection.request("POST", url.path.rstrip("/") + path, content, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(_ANSWER_BYTES)
    except http.client.HTTPException as error:
        raise ValueError(f"the answer is not HTTP: {error!r}") from error
    finally:
        connection.close()
