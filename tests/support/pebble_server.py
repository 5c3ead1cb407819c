"""Pebble on loopback: Let's Encrypt's own test server for ACME (RFC 8555), which looks into the zone of a BIND 9.

It keeps everything in memory, gives a random share of nonces back as bad, and makes an authority of its own at each
start. Its own certificate is made here.
"""

import json
import os
import shutil
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

from elephant.adapters.embedded.certificates import certificate_for

START_SECONDS = 40.0


class PebbleServer:
    """A context manager; `directory(port)` is the directory's address through any port in front of `port`."""

    def __init__(self, folder: Path, dns_port: int, *, bad_nonces_percent: int = 5) -> None:
        self.folder, self._dns_port, self._bad_nonces_percent = folder, dns_port, bad_nonces_percent
        self.port, self.management_port = _free_ports()
        self.log = folder / "log"
        # whom a client has to trust to talk to it; not the authority of what it gives
        self.trust, self._certfile, self._keyfile = certificate_for(
            ["localhost", "127.0.0.1"], folder / "tls", datetime.now(UTC)
        )
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "PebbleServer":
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
        environment = {
            "PATH": os.environ["PATH"],
            "PEBBLE_VA_NOSLEEP": "1",
            "PEBBLE_WFE_NONCEREJECT": str(self._bad_nonces_percent),
            "PEBBLE_AUTHZREUSE": "0",
        }
        # it ends with the tests, also with tests that are killed
        command = ["setpriv", "--pdeathsig", "KILL", program, "-strict", "-config", str(configuration)]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "-dnsserver", f"127.0.0.1:{self._dns_port}"], stdout=log, stderr=log, env=environment
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End it, whatever state it is in."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def directory(self, port: int | None = None) -> str:
        """The directory's address; every other address that it names begins as the request for it does."""
        return f"https://127.0.0.1:{port or self.port}/dir"

    def root(self) -> str:
        """The root of what it gives, in PEM."""
        return self._read(f"https://127.0.0.1:{self.management_port}/roots/0")

    def _read(self, url: str) -> str:
        trusting = ssl.create_default_context(cafile=self.trust)
        with urllib.request.urlopen(url, timeout=10, context=trusting) as answer:
            text: str = answer.read().decode()
        return text

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                self._read(self.directory())
                self.root()
                return
            except (OSError, urllib.error.URLError):
                pass
            assert self._process is not None
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.05)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]
