"""The agent's half of the recorder of a session: takes what the session's half sends, and writes it to a file.

`elephant-agent.pyz record SETTINGS FILE`, which `record_command` names where the agent itself cannot see the screen, as
on Windows. It runs as the agent does, so the file is out of the reach of whoever sits at the desktop. What comes is
bytes and is looked at by nobody. It leaves with 0 when it was told to end, and with 1 and a last line that says why.
"""

import logging
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from elephant.agent.ec2.programs import run_quietly
from elephant.agent.ec2.screen_settings import ScreenSettings, read_screen_settings
from elephant.agent.ec2.screen_stream import GREETING, HOST, MOST_BYTES, End, Piece, StreamReader

logger = logging.getLogger(__name__)

_FAILED, _USAGE = 1, 2
_STEP_SECONDS = 0.25
_CONNECT_SECONDS = 3.0
_WAKE_SECONDS = 4.0
_FAREWELL_SECONDS = 3.0
"""The session's half may take its own `close_seconds`, and then so long to say so."""
_MIB = 1024**2
_LOOK_AT_DISK_BYTES = 8 * _MIB


class CannotWrite(Exception):
    """There is no room for the file, or no way to it; asking again makes none."""


class Record:
    """One segment; `is_over` is asked again and again whether to end it."""

    def __init__(self, settings: ScreenSettings, path: Path, is_over: Callable[[], bool]) -> None:
        self._settings = settings
        self._path = path
        self._is_over = is_over
        self._file: BinaryIO | None = None
        self._unlooked_bytes = 0

    def run(self) -> int:
        """Record until told to end; returns the exit code.

        Until its first byte it tries again: the session's half may be starting just now, or the screen be one that no
        program can see, such as that of Ctrl+Alt+Del.
        """
        until = time.monotonic() + self._settings.wait_seconds
        try:
            while not self._is_over():
                problem = self._try()
                if not problem:
                    return 0
                if self._file is not None or time.monotonic() >= until:
                    logger.error("%s", problem)
                    return _FAILED
                time.sleep(_STEP_SECONDS)
        except CannotWrite as error:
            logger.error("%s cannot be written: %s", self._path, error)  # noqa: TRY400  it says it all
            return _FAILED
        finally:
            if self._file is not None:
                with suppress(OSError):  # what it could not write was told of
                    self._file.close()
        return 0

    def _try(self) -> str:
        """What went wrong, or ""."""
        try:
            connection = socket.create_connection((HOST, self._settings.port), timeout=_CONNECT_SECONDS)
        except OSError as error:
            self._wake()
            return f"nobody in the person's session answers on port {self._settings.port}: {error}"
        with connection:
            connection.settimeout(_STEP_SECONDS)
            try:
                connection.sendall(GREETING)
                return self._take(connection)
            except (OSError, ValueError) as error:
                return f"the person's session: {error}"

    def _take(self, connection: socket.socket) -> str:
        reader = StreamReader()
        heard_at, over_at = time.monotonic(), None
        while True:
            now = time.monotonic()
            if over_at is None and self._is_over():
                over_at = now
                connection.shutdown(socket.SHUT_WR)
            if over_at is not None and now - over_at >= self._settings.close_seconds + _FAREWELL_SECONDS:
                return "the person's session did not end the recording in time"
            if now - heard_at >= self._settings.silent_seconds:
                return f"nothing came out of the person's session for {self._settings.silent_seconds:g} s"
            for part in _parts(connection, reader):
                if isinstance(part, End):
                    return part.problem or (
                        "" if over_at is not None else "the recording ended, and nobody wanted it to"
                    )
                self._write(part.content)
                heard_at = now

    def _write(self, content: bytes) -> None:
        least = self._settings.keep_free_mib * _MIB
        self._unlooked_bytes += len(content)
        try:
            if self._file is None or self._unlooked_bytes >= _LOOK_AT_DISK_BYTES:
                self._unlooked_bytes = 0
                if shutil.disk_usage(self._path.parent).free < least:
                    raise CannotWrite(f"less than {self._settings.keep_free_mib} MiB of the disk are free")
            if self._file is None:
                self._file = self._path.open("wb")
            self._file.write(content)
            self._file.flush()
        except OSError as error:
            raise CannotWrite(str(error)) from error

    def _wake(self) -> None:
        if not self._settings.wake:
            return
        try:
            run_quietly(self._settings.wake, _WAKE_SECONDS)
        except OSError as error:
            logger.warning("the person's session cannot be told to record: %s", error)


def _parts(connection: socket.socket, reader: StreamReader) -> list[Piece | End]:
    """What came by now, for a moment's wait. Raises OSError, and ValueError for what is no recording."""
    try:
        data = connection.recv(MOST_BYTES)
    except TimeoutError:
        return []
    if not data:
        raise ConnectionError("it hung up in the middle")
    return reader.feed(data)


def main(arguments: Sequence[str]) -> int:
    """Record one segment; returns 1 where that failed, 2 for bad settings."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    told: list[int] = []
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):  # Windows alone has the last, and the agent sends it there
            signal.signal(getattr(signal, name), lambda number, _: told.append(number))
    try:
        settings_file, file = arguments
        settings = read_screen_settings(Path(settings_file))
    except (OSError, ValueError) as error:
        logger.error("elephant-agent.pyz record SETTINGS.toml FILE: %s", error)  # noqa: TRY400  it says it all
        return _USAGE
    return Record(settings, Path(file), lambda: bool(told)).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
