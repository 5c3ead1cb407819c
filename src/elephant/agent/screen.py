"""The screen of a desktop: X server, window manager and app, started in order and kept up."""

import logging
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

from elephant.agent.desktop import root_window_watch, window_manager, write_openbox_rc
from elephant.agent.processes import Children
from elephant.agent.windows import Windows, after_line, seconds_overdue
from elephant.agent.x_server import NAME as X_SERVER
from elephant.agent.x_server import cookie_path
from elephant.wire.agent_messages import AgentSettings

logger = logging.getLogger(__name__)

FIRST_RESTART_SECONDS = 0.2
LAST_RESTART_SECONDS = 10.0
STEADY_SECONDS = 30.0
END_APP_SECONDS = 5.0
WATCH_SECONDS = 3.0
"""How long a screen may be incomplete before its watch is replaced: xprop lists the properties first and listens to
their changes after that, so one that changes in between is missed. Counted from its first word, which on a busy host
takes longer than that to come, every time."""

FIRST_WORD_SECONDS = 30.0
_READ_BYTES = 65536


class Screen:
    """Starts one program after the other as the one before is up; `poll` is called whenever something may be new.

    The X server was started already; `pipe` says the number of its display.
    """

    def __init__(self, settings: AgentSettings, children: Children, pipe: int) -> None:
        self._settings = settings
        self._children = children
        self._openbox_rc = Path(settings.run_dir) / "openbox.xml"
        self._pending = b""
        self._restarts: dict[str, float] = {}
        self._due: dict[str, float] = {}
        self._started_at: dict[str, float] = {}
        self._watch_pid = -1
        self._watch_heard_at: float | None = None
        self._app_pid = -1
        self._window_seen_at = float("-inf")
        self._app_is_told_to_end = False
        self.windows = Windows()
        self.display = ""
        self.pipe = pipe
        self.failed = False

    def poll(self) -> None:
        """Read what is new, and start whatever is due."""
        data = self._read()
        if not self.display:
            self._pending += data
            # The server writes the number and the line's end apart, and dies if nobody reads the second.
            if self._pending.endswith(b"\n"):
                self._display_is_up(self._pending.decode("ascii", "replace").strip())
            return
        *lines, self._pending = (self._pending + data).split(b"\n")
        for line in lines:
            self.windows = after_line(self.windows, line.decode("utf-8", "replace"))
        self._start_next(heard=bool(data))
        self._end_hidden_app()
        for name in [name for name, at in self._due.items() if at <= time.monotonic()]:
            del self._due[name]
            self._start(name)

    def _start_next(self, *, heard: bool) -> None:
        """Start what has waited for others; the window manager waits until its doings are watched."""
        watched_seconds = time.monotonic() - self._started_at["watch"]
        if heard and self._watch_heard_at is None:
            self._watch_heard_at = time.monotonic()
        if "window-manager" not in self._started_at and (heard or watched_seconds > WATCH_SECONDS):
            self._start("window-manager")
        if "app" not in self._started_at and self.windows.can_take_windows:
            self._start("app")
        is_complete = self.windows.is_ready and self.windows.geometry
        if not is_complete and self._watch_is_overdue():
            self._children.signal(self._watch_pid, signal.SIGKILL)

    def _watch_is_overdue(self) -> bool:
        if self._watch_heard_at is None:
            return time.monotonic() - self._started_at["watch"] > FIRST_WORD_SECONDS
        return time.monotonic() - self._watch_heard_at > WATCH_SECONDS

    def _end_hidden_app(self) -> None:
        """End an app that runs on without a window, so that it is started again: nobody could bring it back."""
        now = time.monotonic()
        if self.windows.has_window:
            self._window_seen_at = now
        if "app" in self._due or "app" not in self._started_at:
            return
        overdue_seconds = seconds_overdue(now, self._started_at["app"], self._window_seen_at)
        if overdue_seconds > 0 and not self._app_is_told_to_end:
            logger.warning("the app runs without a window: ending it")
            self._app_is_told_to_end = True
            self._children.signal_group(self._app_pid, signal.SIGTERM)
        elif overdue_seconds > END_APP_SECONDS:
            self._children.signal_group(self._app_pid, signal.SIGKILL)

    @property
    def next_due_at(self) -> float:
        """When `poll` has something to start again, whatever happens; infinity where it has nothing."""
        return min(self._due.values(), default=float("inf"))

    def note_ended(self, ended: list[tuple[str, int, int]]) -> None:
        """Take note of programs that ended: without an X server there is no desktop, anything else is started again."""
        for name, _, code in ended:
            if name == X_SERVER:
                logger.error("the X server ended with %d", code)
                self.failed = True
            elif name in self._started_at:
                if name != "watch":
                    logger.warning("%s ended with %d", name, code)
                if name == "window-manager":  # killed, it leaves its properties on the root window
                    self.windows = replace(self.windows, has_manager=False)
                self._start_later(name)

    def _read(self) -> bytes:
        if self.pipe < 0:
            return b""
        try:
            return os.read(self.pipe, _READ_BYTES)
        except BlockingIOError:
            return b""

    def _display_is_up(self, number: str) -> None:
        self.display = f":{number}"
        self._pending = b""
        self._children.environment |= {"DISPLAY": self.display, "XAUTHORITY": str(cookie_path(self._settings))}
        self._close_pipe()
        self._start("watch")

    def _start(self, name: str) -> None:
        self._started_at[name] = time.monotonic()
        try:
            if name == "watch":
                self._start_watch()
            elif name == "window-manager":
                write_openbox_rc(self._openbox_rc)
                self._children.start(name, window_manager(self._openbox_rc))
            else:
                self._app_is_told_to_end = False
                self._app_pid = self._children.start(name, self._settings.app)
        except OSError as error:
            logger.error("%s cannot be started: %s", name, error)  # noqa: TRY400  the error says it all
            self._start_later(name)

    def _start_watch(self) -> None:
        self.windows, self._pending = Windows(geometry=self.windows.geometry), b""
        self._watch_heard_at = None
        self.pipe, writer = os.pipe()
        os.set_blocking(self.pipe, False)
        try:
            self._watch_pid = self._children.start("watch", root_window_watch(), output=writer)
        finally:
            os.close(writer)

    def _close_pipe(self) -> None:
        if self.pipe >= 0:
            os.close(self.pipe)
            self.pipe = -1

    def _start_later(self, name: str) -> None:
        """Again after a while, which grows with each time and is forgotten once the program ran steadily."""
        now = time.monotonic()
        if name == "watch":
            self._close_pipe()
        if now - self._started_at[name] > STEADY_SECONDS:
            self._restarts.pop(name, None)
        wait_seconds = self._restarts.get(name, FIRST_RESTART_SECONDS)
        self._restarts[name] = min(wait_seconds * 2, LAST_RESTART_SECONDS)
        self._due[name] = now + wait_seconds
