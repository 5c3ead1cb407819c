"""The memory adapters together with every use case on them, so that a test reads like what happens."""

from dataclasses import dataclass, field
from datetime import datetime

from elephant.adapters.memory.addresses import MemoryAddresses
from elephant.adapters.memory.alarms import MemoryAlarms
from elephant.adapters.memory.machines import MemoryMachines
from elephant.adapters.memory.meetings import MemoryMeetings
from elephant.domain.machine import Machine, MachineState
from elephant.domain.meeting import EndReason, Meeting, Role, Seat
from elephant.domain.timetable import Policy
from elephant.ports.overlap import Overlap, in_turn
from elephant.usecases.dns_watchdog import machine_is_gone, machine_is_running
from elephant.usecases.end_meeting import end_meeting
from elephant.usecases.join_meeting import Ready, Warming, join_meeting
from elephant.usecases.launch_desktops import launch_desktops
from elephant.usecases.record_health import HealthReport, record_health
from elephant.usecases.sweep import SweepReport, World, sweep
from tests.support.builders import MEETING_ID, POLICY, TEACHER


class PlainKeys:
    """Keys that anybody could guess, which is all that a test of a use case needs."""

    def key(self, meeting: Meeting, role: str) -> str:
        """See SeatKeys.key."""
        seat = meeting.seat(role)
        assert seat is not None
        return f"{meeting.id}/{role}/{seat.key_issue}"

    def opens(self, meeting: Meeting, role: str, key: str) -> bool:
        """See SeatKeys.opens."""
        return key == self.key(meeting, role)


@dataclass(kw_only=True)
class MemoryWorld:
    """One installation; methods act on the ordinary meeting unless told otherwise."""

    policy: Policy = POLICY
    meetings: MemoryMeetings = field(default_factory=MemoryMeetings)
    machines: MemoryMachines = field(default_factory=MemoryMachines)
    addresses: MemoryAddresses = field(default_factory=MemoryAddresses)
    alarms: MemoryAlarms = field(default_factory=MemoryAlarms)
    keys: PlainKeys = field(default_factory=PlainKeys)
    overlap: Overlap = in_turn

    @property
    def ports(self) -> World:
        """What a sweep reads and mends."""
        return World(meetings=self.meetings, machines=self.machines, addresses=self.addresses, alarms=self.alarms)

    def meeting(self, meeting_id: str = MEETING_ID) -> Meeting:
        """The meeting as stored."""
        return self.meetings.get(meeting_id)

    def seat(self, role: Role = TEACHER, meeting_id: str = MEETING_ID) -> Seat:
        """The seat as stored."""
        seat = self.meeting(meeting_id).seat(role)
        assert seat is not None
        return seat

    def machine_of(self, role: Role = TEACHER) -> Machine:
        """The machine that the seat shows."""
        machine_id = self.seat(role).machine_id
        assert machine_id is not None
        return self.machines.get(machine_id)

    def live_machines(self) -> list[Machine]:
        """Every machine that is pending or running."""
        return [machine for machine in self.machines.owned() if machine.state.is_live]

    def launch(self, now: datetime) -> list[Machine]:
        """The launch alarm rings."""
        return launch_desktops(
            MEETING_ID,
            meetings=self.meetings,
            machines=self.machines,
            policy=self.policy,
            now=now,
            overlap=self.overlap,
        )

    def run(self, machine_id: str, now: datetime) -> None:
        """The machine comes up and its event arrives."""
        self.machines.move(machine_id, MachineState.RUNNING)
        self.hear_running(machine_id, now)

    def hear_running(self, machine_id: str, now: datetime) -> None:
        """The event of a running machine arrives."""
        machine_is_running(
            machine_id,
            meetings=self.meetings,
            machines=self.machines,
            addresses=self.addresses,
            now=now,
            overlap=self.overlap,
        )

    def hear_gone(self, machine: Machine, now: datetime) -> None:
        """The event of a machine that is going arrives."""
        machine_is_gone(
            machine.id,
            machine.state,
            meetings=self.meetings,
            addresses=self.addresses,
            now=now,
            meeting_id=machine.meeting_id,
            role=machine.role,
        )

    def report(self, machine: Machine, now: datetime, *, healthy: bool = True, connected: int = 0) -> Meeting:
        """The machine reports its health."""
        report = HealthReport(
            meeting_id=machine.meeting_id,
            role=machine.role,
            machine_id=machine.id,
            healthy=healthy,
            connected=connected,
        )
        return record_health(report, meetings=self.meetings, policy=self.policy, now=now)

    def join(
        self, now: datetime, role: str = TEACHER, key: str | None = None, meeting_id: str = MEETING_ID
    ) -> Ready | Warming:
        """Somebody follows a link; with the seat's own key unless told otherwise."""
        return join_meeting(
            meeting_id,
            role,
            self.keys.key(self.meeting(meeting_id), role) if key is None else key,
            meetings=self.meetings,
            keys=self.keys,
            policy=self.policy,
            now=now,
        )

    def end(self, reason: EndReason, now: datetime) -> Meeting:
        """The meeting ends for this reason."""
        return end_meeting(
            MEETING_ID,
            reason,
            "a test asked",
            meetings=self.meetings,
            machines=self.machines,
            alarms=self.alarms,
            now=now,
            overlap=self.overlap,
        )

    def sweep(self, now: datetime, *, force: bool = False) -> SweepReport:
        """One sweep."""
        return sweep(self.ports, policy=self.policy, now=now, force=force, overlap=self.overlap)

    def both_ready(self, launched_at: datetime) -> None:
        """Both seats' machines are launched, run and report health."""
        for machine in self.launch(launched_at):
            self.run(machine.id, launched_at)
            self.report(machine, launched_at)


def a_world_with(*meetings: Meeting, policy: Policy = POLICY) -> MemoryWorld:
    """A world in which these meetings are booked and nothing else is."""
    world = MemoryWorld(policy=policy)
    for meeting in meetings:
        world.meetings.create(meeting)
    return world
