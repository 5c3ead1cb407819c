"""A real server's program on loopback, waited for at its start and ended with the tests."""

import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

START_SECONDS = 40.0


class ServerProgram(ABC):
    """A context manager; what it prints is in `log`."""

    # None: that of the tests
    environment: Mapping[str, str] | None = None

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def _command(self) -> Sequence[str | Path]:
        """What starts it, once its files are written."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it is there already."""

    def __enter__(self) -> Self:
        # it ends with the tests, also with tests that are killed
        command = ["setpriv", "--pdeathsig", "KILL", *self._command()]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=self.environment)
        try:
            until = time.monotonic() + START_SECONDS
            while not self._answers():
                assert self._process.poll() is None, self.log.read_text()
                assert time.monotonic() < until, self.log.read_text()
                time.sleep(0.05)
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
                self._process.wait(40)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def free_ports() -> tuple[int, int]:
    """Two that nobody listens at."""
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]
