"""What happened when, a line each, in the order in which it was seen."""

import threading
import time
from dataclasses import dataclass, field
from typing import TextIO


@dataclass(frozen=True, slots=True)
class Moment:
    """One line; `at` is in seconds since the rehearsal began."""

    at: float
    who: str
    what: str

    def __str__(self) -> str:
        return f"{self.at:7.1f} s  {self.who:<19} {self.what}"


@dataclass
class Timeline:
    """Written to by every thread of the rehearsal; each line is shown at once."""

    shown_on: TextIO
    moments: list[Moment] = field(default_factory=list)
    _began_at: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, who: str, what: str) -> None:
        """Add a line."""
        with self._lock:
            moment = Moment(time.monotonic() - self._began_at, who, what)
            self.moments.append(moment)
            print(moment, file=self.shown_on, flush=True)
