"""Everything that an entry point needs to serve meetings, put together by one of the bootstraps."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from elephant.domain.meeting import Meeting
from elephant.domain.timetable import Policy
from elephant.ports.addresses import Addresses
from elephant.ports.alarms import Alarms
from elephant.ports.hosts import Hosts, NoHosts
from elephant.ports.keys import SeatKeys
from elephant.ports.ledger import HostLedger
from elephant.ports.machines import Machines
from elephant.ports.meetings import Meetings
from elephant.ports.overlap import Overlap, in_turn
from elephant.ports.passes import Passes
from elephant.usecases.check_capacity import Look, nothing_to_look_at
from elephant.usecases.sweep import World


def utc_now() -> datetime:
    """The wall clock; the only place that reads it."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The ports with their adapters, the policy, and what is known about this installation.

    `public_url` is how browsers reach its pages, without a slash at the end, or "" where it serves none.
    `frontend_base_urls` are other pages that invitation links may lead to, the first of them by default where it serves
    none. `call_url` is what a meeting's id is appended to, or "". `on_written` is called with every meeting whose
    session data was just written, as the table's stream would be. `overlap` is how calls that need nothing of each
    other are made. `look_at_capacity` is for whoever books, and would know whether there will be room.
    `hosts` have tokens of their own; `price_per_hour` of one machine is in US dollars, None where
    nobody knows it.
    """

    meetings: Meetings
    ledger: HostLedger
    machines: Machines
    addresses: Addresses
    alarms: Alarms
    keys: SeatKeys
    passes: Passes
    policy: Policy
    public_url: str
    frontend_base_urls: tuple[str, ...]
    call_url: str
    host_token: str
    on_written: Callable[[Meeting], None]
    now: Callable[[], datetime] = utc_now
    overlap: Overlap = in_turn
    look_at_capacity: Look = nothing_to_look_at
    hosts: Hosts = field(default_factory=NoHosts)
    price_per_hour: Decimal | None = None

    @property
    def world(self) -> World:
        """What the sweep reads and mends."""
        return World(meetings=self.meetings, machines=self.machines, addresses=self.addresses, alarms=self.alarms)
