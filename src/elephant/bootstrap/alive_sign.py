"""The server's sign of life, by which a break in service is noticed: a crash, a stop, a host that slept."""

import logging
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from elephant.domain.timetable import Policy
from elephant.ports.meetings import Meetings
from elephant.usecases.carry_presence_over import carry_presence_over

logger = logging.getLogger(__name__)

_OF_THE_PRESENCE_WINDOW = 2
_SHORTEST_BREAK = timedelta(seconds=3)


class AliveSign:
    """When the server was last able to listen, in memory and as the time of a file; safe to use from several threads.

    A break of half the presence window, or of the few seconds that a busy host takes, is too long: whoever was there
    during it could not be heard, so rules may only be asked at `now()`, which carries presence over such a break first
    (I6).
    """

    def __init__(self, path: Path, *, meetings: Meetings, policy: Policy, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._meetings = meetings
        self._policy = policy
        self._clock = clock
        self._lock = threading.Lock()
        self._alive_at: datetime | None = None

    def now(self) -> datetime:
        """The time, once nobody looks absent because of a break of ours. Raises Temporary and Permanent."""
        with self._lock:
            now = self._clock()
            if self._alive_at is not None and now - self._alive_at >= self._longest_silence:
                carried = self._carry_over(self._alive_at, now)
                logger.warning("nobody was heard since %s; %d seat(s) count as taken still", self._alive_at, carried)
                self._alive_at = now
        return now

    def note(self) -> None:
        """Leave a sign of life; to be called about once a second. Raises what `now` raises, and OSError."""
        now = self.now()
        with self._lock:
            self._alive_at = now
        self._path.touch()
        os.utime(self._path, (now.timestamp(), now.timestamp()))

    def take_over(self) -> int:
        """Begin where an earlier server left off; returns how many seats had somebody in them."""
        now = self._clock()
        with self._lock:
            self._alive_at = now
        if not self._path.exists():
            return 0
        return self._carry_over(min(datetime.fromtimestamp(self._path.stat().st_mtime, UTC), now), now)

    @property
    def _longest_silence(self) -> timedelta:
        return max(self._policy.presence / _OF_THE_PRESENCE_WINDOW, _SHORTEST_BREAK)

    def _carry_over(self, last_alive_at: datetime, now: datetime) -> int:
        return carry_presence_over(meetings=self._meetings, last_alive_at=last_alive_at, policy=self._policy, now=now)
