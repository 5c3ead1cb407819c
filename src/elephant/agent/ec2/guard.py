"""Shuts the machine down when its time is up, from a thread of its own that waits for nobody."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from elephant.agent.deadline import Deadline
from elephant.agent.ec2.kept_state import boot_name, read_state, write_state
from elephant.agent.ec2.lifetime import Lifetime, end_of
from elephant.agent.ec2.programs import run_quietly
from elephant.agent.ec2.settings import ImageSettings

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.25
AGAIN_SECONDS = 15.0
COMMAND_SECONDS = 30.0


class Guard:
    """Knows the last deadline that was heard, also from an agent before us in this boot."""

    def __init__(self, settings: ImageSettings) -> None:
        self._settings = settings
        self._directory = Path(settings.run_dir)
        self._started = time.monotonic()
        self._state = read_state(self._directory, boot_name(), self._started)
        self._lock = threading.Lock()
        self._keeping = threading.Lock()
        self._deadline: Deadline | None = None
        self._is_heard = False
        self._ends_because: str | None = None
        self._thread = threading.Thread(target=self._run, name="guard", daemon=True)
        if self._state.deadline is not None:
            self._deadline = Deadline(self._state.deadline, datetime.now(UTC))

    def start(self) -> None:
        """Watch from now on."""
        self._keep()
        self._thread.start()

    def told(self, deadline: datetime, margin_seconds: float) -> None:
        """Take the deadline of the user data; one that was heard later in this boot stays."""
        with self._lock:
            self._state = replace(self._state, deadline=self._state.deadline or deadline, margin_seconds=margin_seconds)
            self._deadline = self._deadline or Deadline(deadline, datetime.now(UTC))
        self._keep()

    def hear(self, deadline: datetime) -> None:
        """Take a deadline from the API, sooner or later than the last."""
        with self._lock:
            if self._deadline is None:
                return
            self._is_heard = True
            if deadline == self._state.deadline:
                return
            logger.info("the deadline is %s", deadline.isoformat())
            self._deadline.hear(deadline, datetime.now(UTC))
            self._state = replace(self._state, deadline=deadline)
        self._keep()

    def end_now(self, reason: str) -> None:
        """Shut the machine down without further waiting."""
        with self._lock:
            self._ends_because = self._ends_because or reason

    @property
    def deadline_at(self) -> float:
        """The deadline on the monotonic clock; infinite while none is known."""
        with self._lock:
            return float("inf") if self._deadline is None else self._deadline.at

    def reason_to_end(self, now: float) -> str | None:
        """Why the machine has to be gone by now, if it has to."""
        with self._lock:
            if self._ends_because is not None:
                return self._ends_because
            lifetime = Lifetime(
                began=self._state.began,
                started=self._started,
                deadline_at=None if self._deadline is None else self._deadline.at,
                margin_seconds=self._state.margin_seconds,
                is_heard=self._is_heard,
            )
        at, reason = end_of(lifetime, self._settings.boot_seconds, self._settings.ask_seconds)
        return reason if now >= at else None

    def _run(self) -> None:
        while (reason := self.reason_to_end(time.monotonic())) is None:
            time.sleep(TICK_SECONDS)
        while True:  # until the machine is gone, and we with it
            logger.warning("shutting down: %s", reason)
            _attempt(lambda: _shut_down(self._settings))
            time.sleep(AGAIN_SECONDS)

    def _keep(self) -> None:
        try:
            with self._keeping:
                with self._lock:
                    state = self._state
                write_state(self._directory, state)
        except OSError as error:
            logger.error("the deadline cannot be kept on disk: %s", error)  # noqa: TRY400  the disk says it all


def _shut_down(settings: ImageSettings) -> None:
    code = run_quietly(settings.shutdown_command, COMMAND_SECONDS)
    if code != 0:
        logger.error("the shutdown command ended with %d", code)


def _attempt(step: Callable[[], None]) -> None:
    """Nothing that goes wrong may end the watch."""
    try:
        step()
    except Exception:
        logger.exception("the shutdown command failed")
