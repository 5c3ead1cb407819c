"""What the store saw last of each meeting: a guess at its status, and never an answer to anybody."""

import threading
from dataclasses import replace

from elephant.domain.meeting import Meeting

_KEPT = 256


class SeenMeetings:
    """The latest seen meetings, without their histories; any number of threads may use it."""

    def __init__(self) -> None:
        self._meetings: dict[str, Meeting] = {}
        self._lock = threading.Lock()

    def note(self, meeting: Meeting) -> None:
        """Remember this meeting, and forget the one seen longest ago when there are too many."""
        with self._lock:
            self._meetings.pop(meeting.id, None)
            self._meetings[meeting.id] = replace(meeting, history=())
            if len(self._meetings) > _KEPT:
                del self._meetings[next(iter(self._meetings))]

    def of(self, meeting_id: str) -> Meeting | None:
        """The meeting as it was seen last, if it was lately."""
        with self._lock:
            return self._meetings.get(meeting_id)
