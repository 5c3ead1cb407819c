"""The recorder of a session as two processes, and recorders and impostors that do as they are told."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from elephant.agent.ec2.record import Record
from elephant.agent.ec2.screen import Screen, listen
from elephant.agent.ec2.screen_settings import read_screen_settings
from tests.integration.agent.ec2.machine_world import LIBRARY, PATIENCE_SECONDS, eventually

QUIETLY = {"PATH": os.defpath, "PYTHONPATH": str(LIBRARY)}
# Says on each of its starts what it was told, and ends in good order at a `q`.
RECORDER = """
import os, pathlib, sys, threading, time
here = pathlib.Path(sys.argv[1])
mode = (here / "mode").read_text()
with (here / "started").open("a") as file:
    file.write(f"{os.getpid()}\\n")
if mode == "fails":
    sys.exit("no screen here")
if mode == "leaves":
    sys.exit(0)
out = sys.stdout.buffer
out.write(b"begun ")
out.flush()
if mode == "dies":
    sys.exit(3)
if mode == "floods":
    while True:
        out.write(bytes(65536))
if mode == "deaf":
    threading.Event().wait()
if mode != "silent":
    def go_on():
        while True:
            out.write(b".")
            out.flush()
            time.sleep(0.05)
    threading.Thread(target=go_on, daemon=True).start()
assert sys.stdin.buffer.read(1) == b"q"
out.write(b" ended")
out.flush()
os._exit(0)
"""
WITHOUT_A_CONSOLE = """
import sys
sys.stdin = sys.stdout = sys.stderr = None
from elephant.agent.ec2.screen import main
sys.exit(main(sys.argv[1:]))
"""
# As the task that Windows is told to run: in the session, out of the agent's process group, and of no use twice.
WAKE = """#!/bin/sh
setsid {python} -I '{agent}' screen '{here}/screen.toml' >> '{here}/screen.log' 2>&1 < /dev/null &
echo $! >> '{here}/screen.pids'
"""


def a_free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ScreenWorld:
    """Both halves with their settings in a directory of their own; nothing runs at first."""

    def __init__(self, here: Path) -> None:
        self.here = here
        self.port = a_free_port()
        self.settings: dict[str, Any] = {
            "port": self.port,
            "recorder": [sys.executable, "-I", str(here / "recorder.py"), str(here)],
            "wait_seconds": 0.05,
            "silent_seconds": PATIENCE_SECONDS,
            "close_seconds": PATIENCE_SECONDS,
            "keep_free_mib": 0,
        }
        (here / "recorder.py").write_text(RECORDER)
        self.mode("")
        self._processes: list[subprocess.Popen[bytes]] = []

    def mode(self, mode: str) -> None:
        """How the recorder behaves from its next start on."""
        (self.here / "mode").write_text(mode)

    def wake_by(self, agent: Path) -> None:
        """Who finds nobody on the port starts the session's half, out of the agent's one file."""
        wake = self.here / "wake"
        wake.write_text(WAKE.format(here=self.here, python=sys.executable, agent=agent))
        wake.chmod(0o755)
        self.settings["wake"] = [str(wake)]

    def write_settings(self) -> Path:
        """The file of settings, as they are now."""
        path = self.here / "screen.toml"
        path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in self.settings.items()))
        return path

    def show(self) -> "subprocess.Popen[bytes]":
        """The session's half, listening."""
        return self._shown("-m", "elephant.agent.ec2.screen")

    def show_as_pythonw_would(self) -> "subprocess.Popen[bytes]":
        """The same, with nowhere to say anything."""
        return self._shown("-c", WITHOUT_A_CONSOLE)

    def _shown(self, *program: str) -> "subprocess.Popen[bytes]":
        process = self._start("screen.log", *program, str(self.write_settings()))
        eventually(self.is_shown, "the screen is shown", lambda: self.log("screen.log"))
        return process

    def record(self, name: str = "segment-0001.mkv") -> "subprocess.Popen[bytes]":
        """The agent's half; what it says is in a log of its own."""
        settings = self.write_settings()
        program = ("-m", "elephant.agent.ec2.record")
        return self._start(f"{name}.log", *program, str(settings), str(self.here / name))

    def record_here(self, caplog: pytest.LogCaptureFixture, is_over: Callable[[], bool] = lambda: False) -> str:
        """The agent's half in this process, which has to fail; its last words."""
        with caplog.at_level(logging.INFO):
            settings = read_screen_settings(self.write_settings())
            assert Record(settings, self.here / "segment-0001.mkv", is_over).run() == 1
        return caplog.messages[-1]

    @contextmanager
    def show_here(self) -> Iterator[None]:
        """The session's half in this process."""
        over = threading.Event()
        settings = read_screen_settings(self.write_settings())
        with listen(self.port) as listener:
            serving = threading.Thread(target=Screen(settings).serve, args=(listener, over.is_set))
            serving.start()
            try:
                yield
            finally:
                over.set()
                serving.join(PATIENCE_SECONDS)

    def is_shown(self) -> bool:
        """Somebody listens on the port, which this does not disturb."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def await_content(self, content: bytes, name: str = "segment-0001.mkv") -> None:
        """The file begins so."""
        eventually(
            lambda: (self.here / name).exists() and (self.here / name).read_bytes().startswith(content),
            f"{content!r} in {name}",
            lambda: self.log(f"{name}.log") + self.log("screen.log"),
        )

    def log(self, name: str) -> str:
        path = self.here / name
        return path.read_text() if path.exists() else ""

    def last_line(self, name: str = "segment-0001.mkv.log") -> str:
        return self.log(name).splitlines()[-1]

    def recorders(self) -> list[int]:
        """The process ids of those recorders that still run."""
        return [int(pid) for pid in self.log("started").split() if Path(f"/proc/{pid}").exists()]

    def shown_by(self) -> list[int]:
        """The process ids of the session's halves that were woken and still run."""
        return [int(pid) for pid in self.log("screen.pids").split() if _runs(int(pid))]

    @contextmanager
    def impostor(self, sends: bytes, *, for_ever: bool = False) -> Iterator[None]:
        """Somebody else has the port, says this to whoever connects, once or without end, and stays."""
        with socket.create_server(("127.0.0.1", self.port)) as server:
            deceiving = threading.Thread(target=_deceive, args=(server, sends, for_ever))
            deceiving.start()
            try:
                yield
            finally:
                server.shutdown(socket.SHUT_RDWR)
                deceiving.join(PATIENCE_SECONDS)

    def clear_away(self) -> None:
        """End whatever a test left."""
        for process in self._processes:
            process.kill()
            process.wait(PATIENCE_SECONDS)
        for pid in [*self.shown_by(), *self.recorders()]:
            os.kill(pid, signal.SIGKILL)

    def _start(self, log: str, *program: str) -> "subprocess.Popen[bytes]":
        with (self.here / log).open("ab") as file:
            process = subprocess.Popen(
                [sys.executable, *program],
                env=QUIETLY,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        self._processes.append(process)
        return process


def end(process: "subprocess.Popen[bytes]") -> int:
    """As the agent ends a recorder; its exit code."""
    process.send_signal(signal.SIGINT)
    return process.wait(PATIENCE_SECONDS)


def frames(path: Path) -> tuple[str, str, int]:
    """Width, height and how many frames can be decoded."""
    probe: Sequence[str] = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-count_frames"]
    probe = [*probe, "-show_entries", "stream=width,height,nb_read_frames", "-of", "csv=p=0", str(path)]
    done = subprocess.run(probe, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True)
    width, height, number = done.stdout.split(",")
    return width, height, int(number)


def _deceive(server: socket.socket, sends: bytes, for_ever: bool) -> None:
    with ExitStack() as kept, suppress(OSError):
        while True:
            connection = kept.enter_context(server.accept()[0])
            with suppress(OSError):  # it heard enough
                connection.sendall(sends)
                while for_ever:
                    connection.sendall(sends)


def _runs(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
