"""The session's half of the recorder of a session: shows the screen to whoever asks on a port of loopback.

`elephant-agent.pyz screen SETTINGS`, run in the session of the person at the desktop, as that person: where the agent
itself cannot see the screen, as on Windows. It has no secret and no rights, and keeps nothing.

One recording at a time. A new one ends the one before, which may be that of an agent that was killed.
"""

import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from elephant.agent.ec2.screen_program import ScreenProgram
from elephant.agent.ec2.screen_settings import ScreenSettings, read_screen_settings
from elephant.agent.ec2.screen_stream import GREETING, HOST

logger = logging.getLogger(__name__)

_USAGE, _RUNS_ALREADY = 2, 4
_STEP_SECONDS = 0.25
_GREETING_SECONDS = 5.0
_SEND_SECONDS = 20.0
"""Whoever takes nothing for so long wants nothing any more."""


class Screen:
    """Serves one recording after the other, each in a thread of its own."""

    def __init__(self, settings: ScreenSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._running: ScreenProgram | None = None

    def serve(self, listener: socket.socket, is_over: Callable[[], bool]) -> None:
        """Until it is over; then the recording that runs is ended in good order."""
        listener.settimeout(_STEP_SECONDS)
        while not is_over():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            except OSError as error:
                logger.warning("a connection that came to nothing: %s", error)
                continue
            threading.Thread(target=self._serve, args=(connection,), name="recording", daemon=True).start()
        self._replace(None, "the person's session ends")

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(_GREETING_SECONDS)
            if not _greets(connection):
                logger.warning("somebody who wants no recording was sent away")
                return
            connection.settimeout(_SEND_SECONDS)
            program = ScreenProgram(self._settings.recorder, self._settings.close_seconds, connection)
            self._replace(program, "another recording began")
            logger.info("a recording begins")
            program.run()

    def _replace(self, program: ScreenProgram | None, reason: str) -> None:
        with self._lock:
            before, self._running = self._running, program
        if before is not None:
            before.end(reason)
            before.wait_done(2 * self._settings.close_seconds)


def listen(port: int) -> socket.socket:
    """Listen on loopback alone. Raises OSError where somebody else does already."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            # There the other option would let anybody take the port away from us.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def main(arguments: Sequence[str]) -> int:
    """Run until told to end; returns 2 for bad settings, 4 where another one has the port."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    told: list[int] = []
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):  # Windows alone has the last
            signal.signal(getattr(signal, name), lambda number, _: told.append(number))
    try:
        (file,) = arguments
        settings = read_screen_settings(Path(file))
    except (OSError, ValueError) as error:
        logger.error("elephant-agent.pyz screen SETTINGS.toml: %s", error)  # noqa: TRY400  it says it all
        return _USAGE
    try:
        listener = listen(settings.port)
    except OSError as error:
        logger.error("port %d: %s", settings.port, error)  # noqa: TRY400  it says it all
        return _RUNS_ALREADY
    with listener:
        logger.info("the screen is shown on port %d of loopback", settings.port)
        Screen(settings).serve(listener, lambda: bool(told))
    return 0


def _greets(connection: socket.socket) -> bool:
    heard = b""
    with suppress(OSError):
        while len(heard) < len(GREETING):
            some = connection.recv(len(GREETING) - len(heard))
            heard += some
            if not some or not GREETING.startswith(heard):
                return False
    return heard == GREETING


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
