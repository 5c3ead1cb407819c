"""Who may see a desktop: the holder of its seat's key, for as long as that machine serves the seat."""

from dataclasses import dataclass

from elephant.bootstrap.service import Service
from elephant.domain.meeting import Meeting, Seat
from elephant.ports.errors import MeetingNotFound
from elephant.ports.passes import Pass, Purpose

DESKTOP_COOKIE = "elephant_desktop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A pass that still holds, with the meeting and seat that it is for."""

    held: Pass
    meeting: Meeting
    seat: Seat

    @property
    def serves(self) -> bool:
        """True while the meeting is not over and its lobby leads this seat's holder to the pass's machine."""
        return not self.meeting.is_over and self.seat.is_ready and self.seat.machine_id == self.held.machine_id


def admit(purpose: Purpose, text: str, machine_id: str, service: Service) -> Admitted | None:
    """Who the bearer of this pass is to this machine; None for nobody: forged, expired, another's, or key re-issued."""
    held = service.passes.read(purpose, text, service.now())
    if held is None or held.machine_id != machine_id:
        return None
    try:
        meeting = service.meetings.get(held.meeting_id)
    except MeetingNotFound:
        return None
    seat = meeting.seat(held.role)
    # The room stands inside a desktop, whichever issue of the key opened that.
    if seat is None or (purpose is not Purpose.ROOM and seat.key_issue != held.key_issue):
        return None
    return Admitted(held=held, meeting=meeting, seat=seat)
