"""One program that records the screen, and the one connection that gets what it writes."""

import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import IO

from elephant.agent.ec2.screen_stream import MOST_BYTES, end, piece

logger = logging.getLogger(__name__)

_QUIT = b"q"
_LAST_WORDS_BYTES = 2000
# From a program that has no window of its own, Windows would give this one one, in the middle of the recording.
_UNSEEN = 0
if sys.platform == "win32":
    _UNSEEN = subprocess.CREATE_NO_WINDOW


class ScreenProgram:
    """Runs in `run` until its end, which `end` brings about from any thread; then nothing of it is left."""

    def __init__(self, command: Sequence[str], close_seconds: float, connection: socket.socket) -> None:
        self._command = command
        self._close_seconds = close_seconds
        self._connection = connection
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._reason: str | None = None
        self._was_killed = False
        self._last_words = b""
        self._done = threading.Event()

    def run(self) -> None:
        """Run the program to its end, and send all of it with the reason of the end; does not raise."""
        try:
            problem = self._run()
        except OSError as error:
            problem = f"{self._command[0]} cannot be run: {error}"
        logger.info("the recording ended: %s", problem or "it was wanted so")
        try:
            self._connection.sendall(end(problem))
        except OSError as error:
            logger.info("nobody is there to be told: %s", error)
        finally:
            self._done.set()

    def end(self, reason: str = "") -> None:
        """Ask the program to end; the first `reason` is what the other side hears, "" where that wanted it so."""
        with self._lock:
            if self._reason is not None:
                return
            self._reason = reason
            process = self._process
        if process is not None:
            threading.Thread(target=self._kill_if_deaf, args=(process,), name="patience", daemon=True).start()
            _tell(process.stdin)

    def wait_done(self, seconds: float) -> bool:
        """Wait so many seconds at most; True when the program is gone and its end was told."""
        return self._done.wait(seconds)

    def _run(self) -> str:
        with self._lock:
            if self._reason is not None:
                return self._reason
            process = self._process = subprocess.Popen(
                self._command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                creationflags=_UNSEEN,
            )
        listening = threading.Thread(target=self._listen, args=(process.stderr,), name="words", daemon=True)
        listening.start()
        threading.Thread(target=self._watch, name="other side", daemon=True).start()
        with process:
            self._send(process)
            self._kill_if_deaf(process)
            listening.join(self._close_seconds)
        return self._problem(process.returncode)

    def _problem(self, code: int) -> str:
        """Why it ended, "" where that was wanted; without a wish an end is a problem with any code."""
        if self._was_killed:
            return self._reason or "the recorder did not end in time and was killed"
        if self._reason is None or (code != 0 and not self._reason):
            return f"the recorder ended with {code}: {self._last_words.decode(errors='replace')}".strip(": \r\n")
        return self._reason

    def _send(self, process: "subprocess.Popen[bytes]") -> None:
        while content := _some(process.stdout):
            try:
                self._connection.sendall(piece(content))
            except OSError as error:
                logger.info("the other side is gone: %s", error)
                return  # a program whose output nobody takes is killed soon

    def _watch(self) -> None:
        """The other side has nothing to say; it shuts down its direction, or hangs up."""
        while not self._done.is_set():
            try:
                if not self._connection.recv(1):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        self.end()

    def _listen(self, stream: IO[bytes]) -> None:
        """To its last word: a program that nobody listens to stands still."""
        with suppress(OSError, ValueError):  # it is closed
            while words := _some(stream):
                self._last_words = (self._last_words + words)[-_LAST_WORDS_BYTES:]

    def _kill_if_deaf(self, process: "subprocess.Popen[bytes]") -> None:
        try:
            process.wait(self._close_seconds)
        except subprocess.TimeoutExpired:
            self._kill(process)

    def _kill(self, process: "subprocess.Popen[bytes]") -> None:
        self._was_killed = True
        process.kill()


def _some(stream: IO[bytes] | None) -> bytes:
    """What is there, at least something; b"" at the end."""
    return b"" if stream is None else stream.read(MOST_BYTES)


def _tell(stream: IO[bytes] | None) -> None:
    with suppress(OSError, ValueError):  # it has ended by itself
        if stream is not None:
            stream.write(_QUIT)
            stream.close()
