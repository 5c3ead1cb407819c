"""One desktop from its start to its end: a loop over its screen, its people, its recording and its time."""

import logging
import os
import select
import signal
import time
from datetime import UTC, datetime
from types import FrameType

from elephant.agent.api import Api
from elephant.agent.deadline import Deadline
from elephant.agent.presence import connections_to
from elephant.agent.processes import Children
from elephant.agent.recording import Recording
from elephant.agent.report import Reporter
from elephant.agent.screen import Screen
from elephant.wire.agent_messages import AgentSettings, HealthAnswer

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.25
START_SECONDS = 60.0
UNREADY_SECONDS = 1.0
"""An app that replaces its window, or is started again at once, is not reported as unhealthy."""

TRIM_LOGS_SECONDS = 10.0
HAND_IN_SECONDS = 3.0
END_SECONDS = 2.0
CLOSE_BEFORE_SECONDS = 10.0


class Supervisor:
    """Runs one desktop, whose X server was started; `run` returns when all of it has ended."""

    def __init__(self, settings: AgentSettings, children: Children, display_pipe: int) -> None:
        self._settings = settings
        self._children = children
        self._screen = Screen(settings, children, display_pipe)
        self._recording = Recording(settings, children)
        self._deadline = Deadline(settings.deadline, datetime.now(UTC))
        self._reporter = Reporter(
            Api(settings.api, settings.token),
            settings.machine_id,
            settings.heartbeat_seconds,
            on_answer=self._on_answer,
            on_over=self._on_over,
        )
        self._ends_because: str | None = None
        self._connected = 0
        self._counted_at = 0.0
        self._trimmed_at = 0.0
        self._ready_at = float("-inf")

    def run(self) -> int:
        """Supervise until the desktop ends; returns the exit code: 0 for an orderly end, 1 where the screen failed."""
        waker, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only to be woken by it
        try:
            self._reporter.start()
            gives_up_at = time.monotonic() + START_SECONDS
            while self._ends_because is None and not self._screen.failed:
                self._wait(waker)
                self._turn()
                if not self._screen.display and time.monotonic() >= gives_up_at:
                    logger.error("the X server is not up after %g s", START_SECONDS)
                    self._screen.failed = True
            return self._end()
        finally:
            self._children.end_all(END_SECONDS)  # whatever went wrong; after an orderly end there is nothing left

    def _wait(self, waker: int) -> None:
        """Until something happened, a restart is due, or people are to be counted again."""
        watched = [waker] if self._screen.pipe < 0 else [waker, self._screen.pipe]
        seconds = min(TICK_SECONDS, max(self._screen.next_due_at - time.monotonic(), 0))
        awake, _, _ = select.select(watched, [], [], seconds)
        if waker in awake:
            os.read(waker, 4096)

    def _turn(self) -> None:
        ended = self._children.reap()
        self._screen.note_ended(ended)
        self._screen.poll()
        self._recording.note_ended(ended)
        now = time.monotonic()
        if self._screen.windows.is_ready:
            self._ready_at = now
        if self._screen.display and now - self._counted_at >= TICK_SECONDS:
            self._counted_at = now
            self._connected = connections_to(self._settings.vnc_socket)
        if now - self._trimmed_at >= TRIM_LOGS_SECONDS:
            self._trimmed_at = now
            self._children.trim_logs()
        self._reporter.health(healthy=now - self._ready_at < UNREADY_SECONDS, connected=self._connected)
        deadline_at = self._deadline.at
        closes_at = deadline_at - min(CLOSE_BEFORE_SECONDS, self._settings.leave_seconds)
        handed_in = self._recording.turn(
            now, self._connected, self._screen.display, self._screen.windows.geometry, closes_at
        )
        if handed_in is not None:
            self._reporter.session_data(handed_in)
        if now >= deadline_at + self._settings.margin_seconds:
            self._ends_because = "the deadline and its margin passed"

    def _end(self) -> int:
        """Close the recording, hand it in, and end everything: each within its own bounded time."""
        reason = self._ends_because or "the screen failed"
        logger.info("ending: %s", reason)
        handed_in = self._recording.close()
        # Handed in means that the seat was left; after a failure it is not, and is to get another machine.
        if handed_in is not None and self._ends_because is not None:
            self._reporter.session_data(handed_in)
        self._reporter.close()
        hand_in_until = time.monotonic() + HAND_IN_SECONDS
        if not self._children.end_all(END_SECONDS):
            logger.error("some processes outlive the desktop")
        if not self._reporter.wait_closed(max(hand_in_until - time.monotonic(), 0)):
            logger.warning("the recording could not be handed in before the end")
        return 1 if self._ends_because is None else 0

    def _on_answer(self, answer: HealthAnswer) -> None:
        self._deadline.hear(answer.deadline, datetime.now(UTC))
        if answer.over:
            self._on_over()

    def _on_over(self) -> None:
        self._ends_because = self._ends_because or "the meeting is over"

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._ends_because = self._ends_because or f"signal {number}"
