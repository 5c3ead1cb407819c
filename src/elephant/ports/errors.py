"""Errors by what a caller can do about them; adapters translate every vendor's own into these."""

from collections.abc import Sequence
from datetime import datetime

from elephant.domain.hours import Allowance
from elephant.domain.meeting import EndReason, Meeting


class ElephantError(Exception):
    """Anything that Elephant itself raises on purpose."""


class Temporary(ElephantError):
    """It may work later: throttled, timed out, no capacity yet, disk full, busy."""

    def __init__(self, message: str, *, retry_after_seconds: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Permanent(ElephantError):
    """It will not work until somebody changes something: bad input, forbidden, a program missing."""


class InvalidField(Permanent):
    """One field of what was asked for is wrong; `problem` completes "this field …"."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field} {problem}")
        self.field = field
        self.problem = problem


class MeetingNotFound(ElephantError):
    """There is no meeting with this id."""

    def __init__(self, meeting_id: str) -> None:
        super().__init__(f"there is no meeting {meeting_id}")
        self.meeting_id = meeting_id


class MeetingDamaged(Permanent):
    """What is stored under this id is no meeting; somebody has to mend or delete it."""

    def __init__(self, meeting_id: str, problem: str) -> None:
        super().__init__(f"the stored meeting {meeting_id} is damaged: {problem}")
        self.meeting_id = meeting_id


class MeetingsDamaged(Permanent):
    """Some of the meetings asked for are damaged; `readable` are all the others."""

    def __init__(self, damaged: Sequence[MeetingDamaged], readable: Sequence[Meeting]) -> None:
        super().__init__("; ".join(map(str, damaged)))
        self.damaged = damaged
        self.readable = readable


class MeetingOver(ElephantError):
    """The meeting is over; nothing about it can change any more."""

    def __init__(self, meeting_id: str, ended_at: datetime | None, reason: EndReason | None) -> None:
        super().__init__(f"the meeting {meeting_id} is over")
        self.meeting_id = meeting_id
        self.ended_at = ended_at
        self.reason = reason

    @classmethod
    def of(cls, meeting: Meeting) -> "MeetingOver":
        """The error for a meeting that is known to be over."""
        return cls(meeting.id, meeting.ended_at, meeting.termination_reason)


class MeetingExists(ElephantError):
    """A meeting with this id was created already."""


class ConditionFailed(ElephantError):
    """A requirement of a change did not hold; `current` is the meeting as the store has it."""

    def __init__(self, current: Meeting) -> None:
        super().__init__(f"the meeting {current.id} changed meanwhile")
        self.current = current


class UnknownRole(ElephantError):
    """The meeting has no seat of this role."""

    def __init__(self, role: str, roles: tuple[str, ...]) -> None:
        super().__init__(f"role must be one of: {', '.join(roles)}")
        self.role = role


class WrongKey(ElephantError):
    """The key is not, or is no longer, this seat's key."""

    def __init__(self) -> None:
        super().__init__("this link does not open that seat; ask whoever invited you for your own, newest link")


class WrongMachine(ElephantError):
    """The machine that asks is not the one that serves the seat, or not any more."""

    def __init__(self, role: str) -> None:
        super().__init__(f"the seat of {role} is served by another machine")


class DesktopInUse(ElephantError):
    """The desktop works, so that people may be at it, and is sent no secret any more."""

    def __init__(self, role: str) -> None:
        super().__init__(f"the desktop of {role} works already, and gets this only before it does")


class TooLate(ElephantError):
    """The desktops have been started, so the meeting can be ended or extended but not moved."""


class HoursExceeded(ElephantError):
    """The host has not so many hours left in that month; the message says what is left."""

    def __init__(self, allowance: Allowance) -> None:
        super().__init__(f"not enough hours: {allowance}")
        self.allowance = allowance


class MachineNotFound(ElephantError):
    """There is no such machine, or it is none of ours."""


class UploadNotFound(ElephantError):
    """There is no such upload: it was never begun, or so long ago that it was dropped."""

    def __init__(self) -> None:
        super().__init__("there is no such upload (any more); begin it anew")


class UploadRefused(ElephantError):
    """The parts are not what arrived, or make up another file than was said."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the upload cannot be completed: {problem}")


class NoRoomForUpload(ElephantError):
    """The seat's machine has handed in as much as it may."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"this seat may hand in no more: {problem}")


class AddressTaken(Permanent):
    """Something that is not ours stands at the machine's address."""
