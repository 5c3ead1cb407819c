"""The kiosk of a desktop on EC2: waits for its meeting, then keeps a browser open on it.

It runs as the person at the desktop, on Linux and on Windows, out of the same file as the agent
(`python3 elephant-agent.pyz kiosk SETTINGS`), and knows nothing but what the agent wrote for everybody to read.
"""

import json
import logging
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

logger = logging.getLogger(__name__)

_FAILED, _USAGE = 1, 2
_POLL_SECONDS = 0.25
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.2, 10.0
_STEADY_SECONDS = 30.0
_FAREWELL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class KioskSettings:
    """What the image says: where the agent writes the meeting, and the words that start the browser.

    `on_meeting` follow `browser` where the meeting has a Jitsi page, whose address takes the place of `{url}`.
    """

    meeting_file: Path
    browser: tuple[str, ...]
    on_meeting: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "KioskSettings":
        """Settings out of TOML; raises ValueError that names what is wrong."""
        values = tomllib.loads(text)
        if unknown := set(values) - {"meeting_file", "browser", "on_meeting"}:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        meeting_file = values.get("meeting_file")
        if not isinstance(meeting_file, str) or not meeting_file:
            raise ValueError("meeting_file must be a path")
        return cls(Path(meeting_file), _words(values, "browser"), _words(values, "on_meeting", ("{url}",)))


def command_for(settings: KioskSettings, jitsi_url: str) -> list[str]:
    """The browser on this page; without one, the browser as a person would start it.

    Raises ValueError for what is no web page: a browser would take it for an option or a file.
    """
    if not jitsi_url:
        return list(settings.browser)
    if not jitsi_url.startswith(("https://", "http://")):
        raise ValueError(f"the meeting's address is no web page: {jitsi_url!r}")
    return [*settings.browser, *(word.replace("{url}", jitsi_url) for word in settings.on_meeting)]


def meeting_page(text: str) -> str | None:
    """The Jitsi page ("" for none) in what the agent wrote; None while that is not whole."""
    try:
        meeting = json.loads(text)
    except ValueError:
        return None
    page = meeting.get("jitsi_url", "") if isinstance(meeting, dict) else None
    return page if isinstance(page, str) else None


def pause_after(pause_seconds: float, ran_seconds: float) -> float:
    """How long to wait before the browser is started again: twice as long each time, forgotten after steady running."""
    if ran_seconds >= _STEADY_SECONDS:
        return _FIRST_PAUSE_SECONDS
    return min(2 * pause_seconds, _LONGEST_PAUSE_SECONDS) if pause_seconds else _FIRST_PAUSE_SECONDS


def main(arguments: Sequence[str]) -> int:
    """Run until told to end; returns 1 for an address that is none, 2 for bad settings."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    if len(arguments) != 1:
        return _complain("usage: elephant-agent.pyz kiosk SETTINGS.toml", _USAGE)
    try:
        settings = KioskSettings.parse(Path(arguments[0]).read_text())
    except (OSError, ValueError) as error:
        return _complain(f"{arguments[0]}: {error}", _USAGE)
    signal.signal(signal.SIGTERM, _leave)
    try:
        command = command_for(settings, _wait_for(settings.meeting_file))
    except ValueError as error:
        return _complain(str(error), _FAILED)
    return _keep_open(command)


def _wait_for(meeting_file: Path, sleep: Callable[[float], None] = time.sleep) -> str:
    logger.info("waiting for %s", meeting_file)
    while True:
        try:
            page = meeting_page(meeting_file.read_text())
        except OSError:
            page = None  # the agent has not written it yet
        if page is not None:
            return page
        sleep(_POLL_SECONDS)


def _keep_open(command: Sequence[str]) -> NoReturn:
    pause = 0.0
    while True:
        logger.info("starting %s", command[0])
        started = time.monotonic()
        try:
            code: object = _run(command)
        except OSError as error:
            code = error
        pause = pause_after(pause, time.monotonic() - started)
        logger.warning("the browser ended (%s); again in %g s", code, pause)
        time.sleep(pause)


def _run(command: Sequence[str]) -> int:
    with subprocess.Popen(command) as browser:
        try:
            return browser.wait()
        except SystemExit:
            browser.terminate()
            try:
                browser.wait(_FAREWELL_SECONDS)
            except subprocess.TimeoutExpired:
                browser.kill()
            raise


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)


def _words(values: Mapping[str, Any], name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    words = values.get(name, list(default))
    if not isinstance(words, list) or not words or not all(isinstance(word, str) and word for word in words):
        raise ValueError(f"{name} must be a list of words")
    return tuple(words)


def _complain(message: str, code: int) -> int:
    sys.stderr.write(f"elephant kiosk: {message}\n")
    return code
