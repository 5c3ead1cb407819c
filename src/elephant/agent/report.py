"""Reports to the API, from a thread of their own: a server that is slow or away never holds up a desktop."""

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import asdict

from elephant.agent.api import Api
from elephant.wire.agent_messages import Health, HealthAnswer, SessionData

logger = logging.getLogger(__name__)

FIRST_RETRY_SECONDS = 0.1
LAST_RETRY_SECONDS = 5.0
_OK, _GONE = 200, 410
_REFUSED = range(400, 500)
_COME_AGAIN = {408, 425, 429}


class Reporter:
    """Sends the newest state until it is heard, then every `heartbeat_seconds`; what it replaces is never sent."""

    def __init__(
        self,
        api: Api,
        machine_id: str,
        heartbeat_seconds: float,
        on_answer: Callable[[HealthAnswer], None],
        on_over: Callable[[], None],
    ) -> None:
        self._api = api
        self._machine_id = machine_id
        self._heartbeat_seconds = heartbeat_seconds
        self._on_answer = on_answer
        self._on_over = on_over
        self._wanted = threading.Condition()
        self._health = Health(machine_id=machine_id, healthy=False, connected=0)
        self._health_is_new = True
        self._data_url: str | None = None
        self._closing = False
        self._said: dict[str, str] = {}
        self._thread = threading.Thread(target=self._run, name="reporter", daemon=True)

    def start(self) -> None:
        """Begin to report."""
        self._thread.start()

    def health(self, *, healthy: bool, connected: int) -> None:
        """Report this state, at once if it is another than before."""
        health = Health(machine_id=self._machine_id, healthy=healthy, connected=connected)
        with self._wanted:
            if health != self._health:
                self._health, self._health_is_new = health, True
                self._wanted.notify_all()

    def session_data(self, url: str) -> None:
        """Report where the recording is."""
        with self._wanted:
            self._data_url = url
            self._wanted.notify_all()

    def close(self) -> None:
        """Send what is still to be sent, and nothing after that."""
        with self._wanted:
            self._closing = True
            self._wanted.notify_all()

    def wait_closed(self, seconds: float) -> bool:
        """Wait for that, so many seconds at most; True when the recording was heard of."""
        self._thread.join(seconds)
        return self._data_url is None

    def _run(self) -> None:
        retry_seconds = FIRST_RETRY_SECONDS
        wait_seconds = 0.0
        while True:
            with self._wanted:
                if not (self._health_is_new or self._data_url or self._closing) or wait_seconds:
                    self._wanted.wait(wait_seconds or self._heartbeat_seconds)
                if self._closing and self._data_url is None:
                    return
            if self._send_all():
                retry_seconds, wait_seconds = FIRST_RETRY_SECONDS, 0.0
            else:
                # Full jitter, so that all the desktops of a host do not knock at once when its server is back.
                wait_seconds = FIRST_RETRY_SECONDS + (retry_seconds - FIRST_RETRY_SECONDS) * _random_share()
                retry_seconds = min(retry_seconds * 2, 0.5 if self._closing else LAST_RETRY_SECONDS)

    def _send_all(self) -> bool:
        with self._wanted:
            health, self._health_is_new = self._health, False
            url = self._data_url
        # Health goes first and whatever becomes of the recording: a seat that falls silent is taken for an empty one.
        is_heard = self._closing or self._send("/agent/health", asdict(health))
        if url is not None:
            if not self._send("/agent/session-data", asdict(SessionData(machine_id=self._machine_id, url=url))):
                return False
            with self._wanted:
                if self._data_url == url:
                    self._data_url = None
        return is_heard

    def _send(self, path: str, body: dict[str, object]) -> bool:
        """True when there is nothing more to try about this."""
        try:
            status, content = self._api.post(path, body)
            if status == _OK and path == "/agent/health":
                self._on_answer(HealthAnswer.parse(content))
        except (OSError, ValueError) as error:
            self._say(path, str(error) or type(error).__name__)
            return False
        self._say(path, f"answered with {status}")
        if status == _GONE:
            self._on_over()
        return status == _OK or (status in _REFUSED and status not in _COME_AGAIN)

    def _say(self, path: str, outcome: str) -> None:
        """Log an outcome that is another than the last; a server may be away for hours."""
        if self._said.get(path) != outcome:
            self._said[path] = outcome
            logger.info("%s: %s", path, outcome)


def _random_share() -> float:
    """From 0 to 1; the module `random` takes longer to load than an X server to draw a window."""
    return int.from_bytes(os.urandom(2), "big") / 0xFFFF
