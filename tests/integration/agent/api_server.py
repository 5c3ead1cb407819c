"""The API as an agent sees it: HTTP on a unix socket, which notes what it hears and answers as it is told."""

import json
import socketserver
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class Heard:
    """One request; `at` is on the monotonic clock."""

    at: float
    path: str
    authorization: str
    body: dict[str, Any]


class ApiServer(socketserver.ThreadingUnixStreamServer):
    """Answers 200 with `deadline`, or with `status`, or with `content`, or never while `hangs` is set."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, path: Path, deadline: datetime) -> None:
        super().__init__(str(path), _Handler)
        self.deadline = deadline
        self.over = False
        self.status = 200
        self.content: bytes | None = None
        self.hangs = threading.Event()
        self.heard: list[Heard] = []
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Be gone, socket included."""
        self.hangs.clear()
        self.shutdown()
        self.server_close()
        Path(cast("str", self.server_address)).unlink()

    def handle_error(self, request: object, client_address: object) -> None:
        """An agent that was killed in the middle of a request is no error of ours."""

    def health(self) -> list[tuple[bool, int]]:
        """Each state that was reported, (healthy, connected), without repetitions."""
        states = [(each.body["healthy"], each.body["connected"]) for each in self.of("/agent/health")]
        return [state for index, state in enumerate(states) if index == 0 or state != states[index - 1]]

    def of(self, path: str) -> list[Heard]:
        """Everything that was heard at one path."""
        return [each for each in list(self.heard) if each.path == path]

    @property
    def is_healthy(self) -> bool:
        """What was reported last."""
        return bool(self.health() and self.health()[-1][0])

    @property
    def urls(self) -> list[str]:
        """The recordings that were handed in."""
        return [each.body["url"] for each in self.of("/agent/session-data")]


class _Handler(BaseHTTPRequestHandler):
    server: ApiServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.heard.append(Heard(time.monotonic(), self.path, self.headers["Authorization"], body))
        while self.server.hangs.is_set():
            time.sleep(0.05)
        answer = {"deadline": self.server.deadline.isoformat(), "over": self.server.over, "message": "noted"}
        content = json.dumps(answer).encode() if self.server.content is None else self.server.content
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def address_string(self) -> str:
        """A peer on a unix socket has no address."""
        return "agent"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        """Nothing to say."""
