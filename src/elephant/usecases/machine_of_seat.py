"""Whose word counts for a seat: that of the machine that serves it."""

from elephant.domain.meeting import Meeting, Seat
from elephant.ports.errors import MeetingOver, Temporary, UnknownRole, WrongMachine

_WRITTEN_AFTER_SECONDS = 2.0


def machine_of_seat(meeting: Meeting, role: str, machine_id: str) -> Seat:
    """The seat, where this machine is its own; for machines whose pass does not name them.

    Raises UnknownRole, WrongMachine, and Temporary while the launch is not written down yet; of a meeting that is over
    no launch will be, so MeetingOver then.
    """
    seat = meeting.seat(role)
    if seat is None:
        raise UnknownRole(role, meeting.roles)
    if seat.machine_id is None:
        if meeting.is_over:
            raise MeetingOver.of(meeting)
        raise Temporary(
            f"it is not written down yet which machine serves {role}", retry_after_seconds=_WRITTEN_AFTER_SECONDS
        )
    if seat.machine_id != machine_id:
        raise WrongMachine(role)
    return seat
