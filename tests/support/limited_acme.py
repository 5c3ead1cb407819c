"""An ACME authority that has had enough of us: a directory, nonces, and a refusal of whatever is asked for.

Pebble has no rate limits. The refusal is that of RFC 8555, section 6.6: status 429, a problem of the type rateLimited.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from tests.support.loopback_server import LoopbackServer

PROBLEM = {
    "type": "urn:ietf:params:acme:error:rateLimited",
    "detail": "too many new orders recently, retry after 2026-11-21 18:00:00 UTC",
    "status": 429,
}


@contextmanager
def limited_acme() -> Iterator[str]:
    """The address of its directory."""
    with LoopbackServer("acme", _Handler) as server:
        yield f"{server.url}/directory"


class _Handler(BaseHTTPRequestHandler):
    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        home = f"http://{self.headers['Host']}"
        places = {name: f"{home}/{name}" for name in ("newNonce", "newAccount", "newOrder", "revokeCert", "keyChange")}
        is_order = self.path.endswith(("newAccount", "newOrder"))
        content = json.dumps(PROBLEM if is_order else places).encode()
        self.send_response(429 if is_order else 200)
        self.send_header("Content-Type", "application/problem+json" if is_order else "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Replay-Nonce", "bm9uY2U")
        self.send_header("Retry-After", "3600")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = _answer  # noqa: N815  http.server's names

    def log_message(self, *_: object) -> None:
        """Every request would be a line."""
