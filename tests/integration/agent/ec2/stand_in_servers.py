"""What an agent on EC2 talks to: the metadata service, the API, the store for uploads, and DCV's web server."""

import base64
import hashlib
import json
import re
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

Answer = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    content: bytes


class StandIn(ThreadingHTTPServer):
    """HTTP on a free port of loopback, answered by one function; one that raises cuts the connection off."""

    daemon_threads = True
    block_on_close = False
    asked: list[Asked]

    def __init__(self, answer: Callable[[Asked], Answer], certificate: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.asked = []
        self.scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
            self.scheme = "https"
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that was cut off, by us or by an agent that was killed, is what tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: StandIn

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        asked = Asked(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, self.rfile.read(length))
        self.server.asked.append(asked)
        status, headers, content = self.server.answer(asked)
        self.send_response_only(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = _serve  # noqa: N815  http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        """Nothing to say."""


@dataclass
class Metadata:
    """IMDSv2: no answer without a token of its own, and none to anybody who forwards for another."""

    user_data: bytes | None
    instance_id: str = "i-0123456789abcdef0"
    failures: int = 0

    def answer(self, asked: Asked) -> Answer:
        if self.failures > 0:
            self.failures -= 1
            raise ConnectionAbortedError
        if asked.path == "/latest/api/token":
            ttl = asked.headers.get("x-aws-ec2-metadata-token-ttl-seconds", "")
            good = asked.method == "PUT" and ttl.isdigit() and 1 <= int(ttl) <= 21600
            return (200, {}, b"metadata-token") if good else (400, {}, b"")
        if asked.method != "GET" or asked.headers.get("x-aws-ec2-metadata-token") != "metadata-token":
            return 401, {}, b""
        if asked.path == "/latest/meta-data/instance-id":
            return 200, {}, self.instance_id.encode()
        if asked.path == "/latest/user-data" and self.user_data is not None:
            return 200, {}, self.user_data
        return 404, {}, b""


@dataclass
class Store:
    """Takes parts as S3 does: only what was signed for, each address once or until it expires.

    `troubles` are taken one for each PUT: cut, late, expired, broken; "" for none. While `holds` is set nothing
    after the first `held_after` PUTs is answered.
    """

    parts: dict[tuple[str, int], bytes] = field(default_factory=dict)
    puts: Counter[tuple[str, int]] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)
    held_after: int = 0
    holds: threading.Event = field(default_factory=threading.Event)

    def answer(self, asked: Asked) -> Answer:
        match = re.fullmatch(r"/([\w-]+)/(\d+)\?signature=([\w=+/%-]+)", asked.path)
        assert match is not None, asked.path
        assert asked.method == "PUT"
        key = (match[1], int(match[2]))
        self.puts[key] += 1
        if self.holds.is_set() and sum(self.puts.values()) > self.held_after:
            while self.holds.is_set():
                time.sleep(0.02)
            raise ConnectionAbortedError  # whoever sent it was gone before it was whole
        trouble = self.troubles.pop(0) if self.troubles else ""
        if trouble == "cut":
            raise ConnectionAbortedError
        if trouble == "expired":
            return 403, {}, b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
        if trouble == "broken":
            return 503, {}, b"<Error><Code>SlowDown</Code></Error>"
        digest = base64.b64encode(hashlib.sha256(asked.content).digest()).decode()
        if asked.headers.get("x-amz-checksum-sha256") != digest:
            return 400, {}, b"<Error><Code>BadDigest</Code></Error>"
        self.parts[key] = asked.content
        if trouble == "late":
            raise ConnectionAbortedError  # it is there, and nobody was told
        return 200, {"ETag": '"etag"'}, b""


@dataclass
class _Upload:
    upload_id: str
    name: str
    size_bytes: int


@dataclass
class AgentApi:
    """The `/agent` routes of docs/http-api.md, strict about what it is sent."""

    machine_id: str
    token: str
    deadline: datetime
    store: Store
    store_url: str = ""
    part_size_bytes: int = 1000
    over: bool = False
    gone: bool = False
    unready: int = 0
    certificate: dict[str, str] | None = None
    never: bool = False
    refuses: tuple[str, ...] = ()
    conflicts: int = 0
    health: list[tuple[bool, int]] = field(default_factory=list)
    data_urls: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    _open: list[_Upload] = field(default_factory=list)

    def answer(self, asked: Asked) -> Answer:
        if self.never:
            raise ConnectionAbortedError
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            return _said(401, {"message": "no"})
        body = json.loads(asked.content)
        assert body.pop("machine_id") == self.machine_id
        if self.gone and asked.path == "/agent/health":
            return _said(410, {"message": "over", "termination_reason": "CANCELED"})
        if self.unready > 0:
            self.unready -= 1
            return _said(503, {"message": "not yet"}, {"Retry-After": "1"})
        routes: dict[str, Callable[..., Answer]] = {
            "/agent/health": self._health,
            "/agent/session-data": self._session_data,
            "/agent/certificate": self._certificate,
            "/agent/uploads": self._begin,
            "/agent/uploads/parts": self._parts,
            "/agent/uploads/complete": self._complete,
        }
        return routes[asked.path](**body)

    def _health(self, *, healthy: bool, connected: int) -> Answer:
        if not self.health or self.health[-1] != (healthy, connected):
            self.health.append((healthy, connected))
        return _said(200, {"deadline": self.deadline.isoformat(), "over": self.over})

    def _session_data(self, *, url: str) -> Answer:
        self.data_urls.append(url)
        return _said(200, {"message": "noted"})

    def _certificate(self) -> Answer:
        if any(healthy for healthy, _ in self.health):
            return _said(403, {"message": "the desktop is in use"})
        return _said(404, {"message": "none is kept"}) if self.certificate is None else _said(200, self.certificate)

    def _begin(self, *, name: str, size_bytes: int) -> Answer:
        assert re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,99}", name)
        if name in self.refuses:
            return _said(413, {"message": "this seat may hand in no more: 500 files are there"})
        same = [each for each in self._open if (each.name, each.size_bytes) == (name, size_bytes)]
        if not same:
            same = [_Upload(f"upload-{len(self.order)}-{len(self._open)}", name, size_bytes)]
            self._open += same
        (upload,) = same
        uploaded = [_listed(number, content) for number, content in sorted(self._of(upload).items())]
        answer = {"upload_id": upload.upload_id, "part_size_bytes": self.part_size_bytes, "uploaded": uploaded}
        return _said(200, answer)

    def _of(self, upload: _Upload) -> dict[int, bytes]:
        return {n: content for (upload_id, n), content in self.store.parts.items() if upload_id == upload.upload_id}

    def _parts(self, *, name: str, upload_id: str, parts: list[dict[str, Any]]) -> Answer:
        if not any((each.upload_id, each.name) == (upload_id, name) for each in self._open):
            return _said(404, {"message": "no such upload"})
        assert len(parts) <= 50
        targets = [
            {
                "number": part["number"],
                "url": f"{self.store_url}/{upload_id}/{part['number']}?signature=abc",
                "headers": {"x-amz-checksum-sha256": part["sha256"]},
            }
            for part in parts
        ]
        return _said(200, {"parts": targets})

    def _complete(self, *, name: str, upload_id: str, size_bytes: int, parts: list[dict[str, Any]]) -> Answer:
        upload = next(each for each in self._open if each.upload_id == upload_id)
        have = self._of(upload)
        content = b"".join(have[part["number"]] for part in parts)
        shas = {number: _listed(number, each)["sha256"] for number, each in have.items()}
        is_right = all(shas[part["number"]] == part["sha256"] for part in parts)
        if self.conflicts > 0 or len(content) != size_bytes or not is_right:
            self.conflicts -= 1
            self._open.remove(upload)
            return _said(409, {"message": "that is not what was announced"})
        self.files[name] = content
        self.order.append(name)
        return _said(200, {"url": f"https://bucket.s3.eu-central-1.amazonaws.com/m/r/{self.machine_id}/{name}"})

    def manifest(self) -> dict[str, Any]:
        """What a host would read."""
        return cast("dict[str, Any]", json.loads(self.files["manifest.json"]))


def _listed(number: int, content: bytes) -> dict[str, Any]:
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return {"number": number, "size_bytes": len(content), "sha256": digest}


def _said(status: int, content: dict[str, Any], headers: dict[str, str] | None = None) -> Answer:
    return status, headers or {}, json.dumps(content).encode()
