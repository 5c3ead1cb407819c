"""A machine that starts gets the certificate which it shows to browsers."""

from collections.abc import Callable

from elephant.domain.certificate import Certificate
from elephant.domain.meeting import SeatPhase
from elephant.ports.errors import DesktopInUse, MeetingOver
from elephant.ports.meetings import Meetings
from elephant.usecases.machine_of_seat import machine_of_seat


def hand_out_certificate(
    meeting_id: str, role: str, machine_id: str, *, meetings: Meetings, read: Callable[[], Certificate | None]
) -> Certificate | None:
    """The certificate with its key, for the seat's own machine and until its desktop works; None where none is kept.

    From then on people are let in, and whoever sits at a desktop may find a way to ask in its name: the key is all
    machines'. Raises MeetingNotFound, MeetingOver, DesktopInUse, what `machine_of_seat` raises and what `read` raises.
    """
    meeting = meetings.get(meeting_id)
    seat = machine_of_seat(meeting, role, machine_id)
    if meeting.is_over:
        raise MeetingOver.of(meeting)
    if seat.phase.rank >= SeatPhase.HEALTHY.rank:
        raise DesktopInUse(role)
    return read()
