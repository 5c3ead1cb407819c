"""Keys to seats: what an invitation link carries."""

from typing import Protocol

from elephant.domain.meeting import Meeting


class SeatKeys(Protocol):
    """Makes and checks the signed key of one seat of one meeting."""

    def key(self, meeting: Meeting, role: str) -> str:
        """The key that opens this seat now; URL-safe. Another issue of the seat's key gives another one."""

    def opens(self, meeting: Meeting, role: str, key: str) -> bool:
        """True for exactly that key; compared in constant time."""
