"""What a sweep can do, each as data with its reason; `plan_sweep` chooses, `usecases/sweep.py` carries out."""

from dataclasses import dataclass, field
from datetime import datetime

from elephant.domain.meeting import EndReason, Role


@dataclass(frozen=True, slots=True)
class EndMeeting:
    """The meeting is due to end; `machine_ids` are its machines as far as the plan saw them."""

    meeting_id: str
    reason: EndReason
    why: str
    machine_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MoveDeadline:
    """The meeting's deadline moves on."""

    meeting_id: str
    deadline: datetime
    why: str


@dataclass(frozen=True, slots=True)
class SetSafetyNet:
    """The safety net was due and let the meeting go on; it falls again at `at`."""

    meeting_id: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class LaunchSeats:
    """These seats should have a live machine and have none."""

    meeting_id: str
    roles: tuple[Role, ...]
    why: str


@dataclass(frozen=True, slots=True)
class AdoptMachine:
    """A machine runs for a seat that does not know of it: its launch died before writing it down."""

    meeting_id: str
    role: Role
    machine_id: str
    why: str


@dataclass(frozen=True, slots=True)
class CloseSeat:
    """A seat still shows a machine that is gone."""

    meeting_id: str
    role: Role
    machine_id: str
    why: str


@dataclass(frozen=True, slots=True)
class TerminateMachine:
    """A machine that nothing justifies."""

    machine_id: str
    meeting_id: str
    why: str


@dataclass(frozen=True, slots=True)
class PublishAddress:
    """A running machine that nobody can reach yet."""

    machine_id: str
    meeting_id: str
    role: Role
    why: str


@dataclass(frozen=True, slots=True)
class WithdrawAddress:
    """One of our records whose machine is gone."""

    name: str
    machine_id: str
    why: str


Action = (
    EndMeeting
    | MoveDeadline
    | SetSafetyNet
    | LaunchSeats
    | AdoptMachine
    | CloseSeat
    | TerminateMachine
    | PublishAddress
    | WithdrawAddress
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How much there was in the world; `past_deadline` are machines that nothing justifies any more."""

    machines: int
    past_deadline: int
    records: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What the sweep would do, and in `refused` why it would not do all or any of it.

    `seen` is None where the world could not be read in full.
    """

    actions: tuple[Action, ...]
    refused: str | None = None
    seen: Seen | None = field(default=None, compare=False)
