"""Pebble on loopback: Let's Encrypt's own test server for ACME (RFC 8555), which looks into the zone of a BIND 9.

It keeps everything in memory, gives a random share of nonces back as bad, and makes an authority of its own at each
start. Its own certificate is made here.
"""

import json
import os
import shutil
import ssl
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

from elephant.adapters.embedded.certificates import certificate_for
from tests.support.server_program import ServerProgram, free_ports


class PebbleServer(ServerProgram):
    """A context manager; `directory(port)` is the directory's address through any port in front of `port`."""

    def __init__(self, folder: Path, dns_port: int, *, bad_nonces_percent: int = 5) -> None:
        super().__init__(folder)
        self._dns_port = dns_port
        self.port, self.management_port = free_ports()
        # whom a client has to trust to talk to it; not the authority of what it gives
        self.trust, self._certfile, self._keyfile = certificate_for(
            ["localhost", "127.0.0.1"], folder / "tls", datetime.now(UTC)
        )
        self.environment = {
            "PATH": os.environ["PATH"],
            "PEBBLE_VA_NOSLEEP": "1",
            "PEBBLE_WFE_NONCEREJECT": str(bad_nonces_percent),
            "PEBBLE_AUTHZREUSE": "0",
        }

    def _command(self) -> list[str | Path]:
        settings = {
            "listenAddress": f"127.0.0.1:{self.port}",
            "managementListenAddress": f"127.0.0.1:{self.management_port}",
            "certificate": str(self._certfile),
            "privateKey": str(self._keyfile),
            "httpPort": 1,
            "tlsPort": 1,
            "externalAccountBindingRequired": False,
        }
        configuration = self.folder / "pebble.json"
        configuration.write_text(json.dumps({"pebble": settings}))
        program = shutil.which("pebble")
        assert program is not None
        return [program, "-strict", "-config", configuration, "-dnsserver", f"127.0.0.1:{self._dns_port}"]

    def _answers(self) -> bool:
        try:
            self._read(self.directory())
            self.root()
        except (OSError, urllib.error.URLError):
            return False
        return True

    def directory(self, port: int | None = None) -> str:
        """The directory's address; every other address that it names begins as the request for it does."""
        return f"https://127.0.0.1:{port or self.port}/dir"

    def root(self) -> str:
        """The root of what it gives, in PEM."""
        return self._read(f"https://127.0.0.1:{self.management_port}/roots/0")

    def _read(self, url: str) -> str:
        trusting = ssl.create_default_context(cafile=self.trust)
        with urllib.request.urlopen(url, timeout=40, context=trusting) as answer:
            text: str = answer.read().decode()
        return text
