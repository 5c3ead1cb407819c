"""What machines run on: EC2, or this one machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from elephant.domain.machine import Machine
from elephant.domain.meeting import Role
from elephant.ports.errors import ElephantError


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchOrder:
    """One machine for one seat. The same meeting, role and attempt always give the same machine."""

    meeting_id: str
    role: Role
    attempt: int
    deadline: datetime
    jitsi_url: str


LaunchOutcome = Machine | ElephantError


class Machines(Protocol):
    """Starts, finds and ends machines. It only ever shows and ends machines that carry our tags."""

    def launch(self, orders: Sequence[LaunchOrder], now: datetime) -> Sequence[LaunchOutcome]:
        """Start a machine for each order, all at once; per order, in order, the machine or why there is none.

        Idempotent: an order that was carried out before gives the machine of then, in whatever state it is.
        """

    def get(self, machine_id: str) -> Machine:
        """Look one machine up; raises MachineNotFound when it is gone or not ours, Temporary when unsure."""

    def owned(self) -> Sequence[Machine]:
        """Every machine with our tags, those that are ending included."""

    def of_meeting(self, meeting_id: str) -> Sequence[Machine]:
        """The machines of one meeting, found by tag."""

    def terminate(self, machine_ids: Sequence[str], now: datetime) -> None:
        """Begin to end these machines; unknown, foreign and ended ones are passed over.

        Returns before they are gone. Each may first close and hand in its recording, within a bounded time.
        """
