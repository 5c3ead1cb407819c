"""Recordings that lie where browsers can fetch them with a link of their own."""

from typing import Any, Protocol

from elephant.ports.errors import ElephantError


class NoSuchRecording(ElephantError):
    """There is no such recording, or what the desktop named is none of its seat."""


class RecordingLinks(Protocol):
    """What desktops handed in, for hosts."""

    def listed(self, meeting_id: str, role: str, session_data: str) -> dict[str, Any]:
        """`{meeting_id, role, segments: [{name, url, started_at, ended_at, size_bytes}], problem?}` of one seat.

        `session_data` is what the seat's desktop handed in, and is not believed: whatever is not this seat's own is
        NoSuchRecording. Each `url` downloads its file, for a few minutes. Raises Temporary, and Permanent for a list
        that is damaged or must not be read.
        """
        ...
