"""What is made when it is first used: a function on AWS starts cold, and pays only for what it needs."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from elephant.domain.machine import Machine
from elephant.domain.meeting import Meeting
from elephant.ports.keys import SeatKeys
from elephant.ports.machines import LaunchOrder, LaunchOutcome, Machines
from elephant.ports.passes import Pass, Passes, Purpose
from elephant.ports.zone import Zone, ZoneRecord

T = TypeVar("T")


class Late(Generic[T]):
    """A value that is made once, whichever thread asks first; one that could not be made is tried again."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: list[T] = []

    def __call__(self) -> T:
        """The value; raises what making it raises."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]


class LateClient:
    """A client of botocore that is made when its first operation is asked for."""

    def __init__(self, client: Late[Any]) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever the client has
        return getattr(self._client(), name)


@dataclass(frozen=True, slots=True)
class LateMachines:
    """The port Machines over a client that is made when the first machine is asked for."""

    machines: Late[Machines]

    def launch(self, orders: Sequence[LaunchOrder], now: datetime) -> Sequence[LaunchOutcome]:
        """See Machines.launch."""
        return self.machines().launch(orders, now)

    def get(self, machine_id: str) -> Machine:
        """See Machines.get."""
        return self.machines().get(machine_id)

    def owned(self) -> Sequence[Machine]:
        """See Machines.owned."""
        return self.machines().owned()

    def of_meeting(self, meeting_id: str) -> Sequence[Machine]:
        """See Machines.of_meeting."""
        return self.machines().of_meeting(meeting_id)

    def terminate(self, machine_ids: Sequence[str], now: datetime) -> None:
        """See Machines.terminate."""
        self.machines().terminate(machine_ids, now)


@dataclass(frozen=True, slots=True)
class LateZone:
    """The port Zone over a provider whose library is imported when the first name is written."""

    zone: Late[Zone]

    def expect(self, name: str) -> None:
        """See Zone.expect."""
        self.zone().expect(name)

    def put(self, name: str, ip_address: str) -> None:
        """See Zone.put."""
        self.zone().put(name, ip_address)

    def remove(self, name: str) -> None:
        """See Zone.remove."""
        self.zone().remove(name)

    def records(self) -> Sequence[ZoneRecord]:
        """See Zone.records."""
        return self.zone().records()


@dataclass(frozen=True, slots=True)
class LateSeatKeys:
    """The port SeatKeys over a secret that is fetched for the first key; may raise Temporary and Permanent then."""

    keys: Late[SeatKeys]

    def key(self, meeting: Meeting, role: str) -> str:
        """See SeatKeys.key."""
        return self.keys().key(meeting, role)

    def opens(self, meeting: Meeting, role: str, key: str) -> bool:
        """See SeatKeys.opens."""
        return self.keys().opens(meeting, role, key)


@dataclass(frozen=True, slots=True)
class LatePasses:
    """The port Passes over a secret that is fetched for the first pass; may raise Temporary and Permanent then."""

    passes: Late[Passes]

    def sign(self, issued: Pass) -> str:
        """See Passes.sign."""
        return self.passes().sign(issued)

    def read(self, purpose: Purpose, text: str, now: datetime) -> Pass | None:
        """See Passes.read."""
        return self.passes().read(purpose, text, now)
