"""A meeting, its seats, and the words for where each of them stands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

Role = NewType("Role", str)
"""What a person is in a meeting: `[a-z][a-z0-9_]{0,15}`; a part of attribute names and of paths."""

_ROLE = re.compile(r"[a-z][a-z0-9_]{0,15}")

DEFAULT_ROLES = (Role("teacher"), Role("student"))


def is_role(text: str) -> bool:
    """True for what can be a role."""
    return _ROLE.fullmatch(text) is not None


class SeatPhase(StrEnum):
    """How far a seat's machine has come; a phase only moves forward for a given machine."""

    PENDING = "PENDING"
    LAUNCHED = "LAUNCHED"
    DNS_WRITTEN = "DNS_WRITTEN"
    HEALTHY = "HEALTHY"
    IN_PROGRESS = "IN_PROGRESS"
    ENDED = "ENDED"

    @property
    def rank(self) -> int:
        """Place in the order of phases, 0 first."""
        return list(SeatPhase).index(self)

    def before(self) -> tuple["SeatPhase", ...]:
        """Every phase that this one may follow."""
        return tuple(SeatPhase)[: self.rank]


class Status(StrEnum):
    """The seeds' words for a meeting; derived from its seats, never a source of truth."""

    SCHEDULED = "SCHEDULED"
    LAUNCHED = "LAUNCHED"
    DNS_WRITTEN = "DNS_WRITTEN"
    HEALTHY = "HEALTHY"
    IN_PROGRESS = "IN_PROGRESS"
    TERMINATED = "TERMINATED"


class EndReason(StrEnum):
    """Why a meeting ended: the seeds' four words and three of ours."""

    NO_SHOW_TIMEOUT = "NO_SHOW_TIMEOUT"
    PARTIAL_NO_SHOW_TIMEOUT = "PARTIAL_NO_SHOW_TIMEOUT"
    EARLY_SUCCESS = "15_MIN_SUCCESS"
    SUCCESS = "SUCCESS"
    OVERTIME = "OVERTIME"
    CANCELLED = "CANCELLED"
    LAUNCH_FAILED = "LAUNCH_FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One thing that happened to a meeting; past tense, with its reason."""

    at: datetime
    what: str
    why: str
    role: Role | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One person's place in a meeting, and the machine that serves it.

    `launches` counts the machines that this seat has had; `key_issue` the times its key was made anew.
    `problem` is the last thing that went wrong with starting it, a sentence for people.
    """

    role: Role
    name: str
    phase: SeatPhase = SeatPhase.PENDING
    machine_id: str | None = None
    link: str | None = None
    session_data: str | None = None
    joined_at: datetime | None = None
    seen_at: datetime | None = None
    waiting_at: datetime | None = None
    launches: int = 0
    key_issue: int = 0
    problem: str | None = None

    @property
    def is_ready(self) -> bool:
        """True while the seat has a healthy machine with an address (invariant I5)."""
        return self.phase in {SeatPhase.HEALTHY, SeatPhase.IN_PROGRESS} and bool(self.machine_id and self.link)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A booked meeting; all times are timezone-aware UTC.

    The truth is in the seats and in `ended_at`. `safety_net_at` is when the safety net falls next. `host` names whoever
    booked it, "" for the installation itself.
    """

    id: str
    seats: tuple[Seat, ...]
    meet_time: datetime
    duration_minutes: float
    created_at: datetime
    deadline: datetime
    safety_net_at: datetime
    jitsi_url: str = ""
    teacher_email: str | None = None
    host: str = ""
    ended_at: datetime | None = None
    termination_reason: EndReason | None = None
    history: tuple[HistoryEntry, ...] = field(default=())

    @property
    def is_over(self) -> bool:
        """True once the meeting was marked over, for ever (invariant I4)."""
        return self.ended_at is not None

    @property
    def in_progress(self) -> bool:
        """True from the first arrival on."""
        return any(seat.joined_at is not None for seat in self.seats)

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles of its seats, in order."""
        return tuple(seat.role for seat in self.seats)

    @property
    def status(self) -> Status:
        """The seeds' status word: the end, the first arrival, else the least advanced seat's phase."""
        if self.is_over:
            return Status.TERMINATED
        if self.in_progress:
            return Status.IN_PROGRESS
        return _STATUS_OF_PHASE[min((seat.phase for seat in self.seats), key=lambda phase: phase.rank)]

    def seat(self, role: str) -> Seat | None:
        """The seat of that role, or None where the meeting has no such role."""
        return next((seat for seat in self.seats if seat.role == role), None)


_STATUS_OF_PHASE: Mapping[SeatPhase, Status] = {
    SeatPhase.PENDING: Status.SCHEDULED,
    SeatPhase.LAUNCHED: Status.LAUNCHED,
    SeatPhase.DNS_WRITTEN: Status.DNS_WRITTEN,
    SeatPhase.HEALTHY: Status.HEALTHY,
    SeatPhase.IN_PROGRESS: Status.IN_PROGRESS,
    # Nobody came and the machine is gone: the seeds have no word for it, and a new machine is on its way.
    SeatPhase.ENDED: Status.LAUNCHED,
}
