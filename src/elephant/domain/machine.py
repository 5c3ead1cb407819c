"""What runs: machines and the records that point at them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from elephant.domain.meeting import Role


class MachineState(StrEnum):
    """EC2's own words for an instance's life; the embedded desktops use the same ones."""

    PENDING = "pending"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    SHUTTING_DOWN = "shutting-down"
    TERMINATED = "terminated"

    @property
    def is_live(self) -> bool:
        """True while somebody could work on it, now or in a moment."""
        return self in {MachineState.PENDING, MachineState.RUNNING}

    @property
    def is_left_over(self) -> bool:
        """True for what still costs something although nobody works on it and nothing is ending it."""
        return self in {MachineState.STOPPING, MachineState.STOPPED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine that carries both of our tags, so `meeting_id` is always known."""

    id: str
    meeting_id: str
    role: Role
    state: MachineState
    launched_at: datetime
    ip_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An address that points at a machine; `ours` tells whether it carries our ownership mark.

    `is_complete` is False where only our mark is left, which points at nothing and still has to be removed.
    """

    name: str
    machine_id: str
    ours: bool
    is_complete: bool = True
