"""The `elephant` command on a data directory of its own, in this process and in others."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from elephant.bootstrap.embedded_settings import EmbeddedSettings
from elephant.entrypoints.cli.main import app


def free_port() -> int:
    """A port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Commands:
    """Runs commands with ELEPHANT_DATA_DIR set and nothing else of ours."""

    data_dir: Path
    environment: dict[str, str] = field(default_factory=dict)
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def _environment(self) -> dict[str, str]:
        ours = {f"ELEPHANT_{name.upper()}" for name in EmbeddedSettings.model_fields}
        kept = {name: value for name, value in os.environ.items() if name not in ours}
        return {**kept, "ELEPHANT_DATA_DIR": str(self.data_dir), "COLUMNS": "200", **self.environment}

    def run(self, *words: str) -> Result:
        """Run a command in this process."""
        cleared = {name: None for name in os.environ if name.startswith("ELEPHANT_")}
        root, level = logging.getLogger(), logging.getLogger("elephant").level
        handlers, root_level = list(root.handlers), root.level
        try:
            return CliRunner().invoke(app, list(words), env={**cleared, **self._environment})
        finally:
            # `up` sets logging up for its process.
            root.handlers[:] = handlers
            root.setLevel(root_level)
            logging.getLogger("elephant").setLevel(level)

    def json(self, *words: str) -> dict[str, Any]:
        """Run a command that must work with --json, and return its one line."""
        done = self.run(*words, "--json")
        assert done.exit_code == 0, done.output
        assert done.stdout.count("\n") == 1
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def process(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a process of its own."""
        command = [str(Path(sys.executable).with_name("elephant")), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False, env=self._environment)

    def up(self, *words: str) -> tuple[subprocess.Popen[str], str]:
        """Start a server; returns it and the first line that it prints."""
        command = [str(Path(sys.executable).with_name("elephant")), "up", *words]
        server = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self._environment
        )
        self.running.append(server)
        assert server.stdout is not None
        line = server.stdout.readline()
        assert line, server.communicate(timeout=60)
        return server, line

    def stop(self, server: subprocess.Popen[str], number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Send a signal; returns the exit code and what else was printed."""
        server.send_signal(number)
        stdout, stderr = server.communicate(timeout=60)
        return server.returncode, stdout, stderr

    def close(self) -> None:
        """End what a failed test left."""
        for server in self.running:
            if server.poll() is None:
                server.kill()
            server.communicate(timeout=60)


@pytest.fixture
def commands() -> Iterator[Commands]:
    # A short name, for the path of a unix socket.
    with tempfile.TemporaryDirectory(prefix="ele-") as name:
        made = Commands(Path(name) / "data")
        yield made
        made.close()
