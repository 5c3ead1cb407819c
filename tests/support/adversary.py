"""A world that plays against us: what it may do in one step, and what it remembers to hold against us later."""

from collections.abc import Callable, Sequence

from elephant.domain.machine import Machine, MachineState
from elephant.domain.meeting import EndReason, Meeting, Seat
from elephant.domain.timetable import deadline_cap, is_kept_waiting, is_present
from elephant.ports.alarms import AlarmKind
from elephant.ports.errors import ElephantError
from elephant.ports.overlap import Answer, Overlap, in_turn
from elephant.usecases.launch_desktops import launch_desktops
from elephant.usecases.safety_net import safety_net
from tests.support.builders import at, minutes
from tests.support.frail_ports import Crash, Fuse, Mishap, frail
from tests.support.memory_world import MemoryWorld

Fate = tuple[int, Mishap] | None
"""At which call of a port what happens; None for an undisturbed run."""


def backwards(calls: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """See Overlap: the last call first, because the order is nobody's promise; of two errors the first counts still."""
    answers: list[list[Answer]] = []
    errors: list[Exception] = []
    for call in reversed(calls):
        try:
            answers.append([call()])
        except Exception as error:  # noqa: BLE001  raised again below
            errors.append(error)
    if errors:
        raise errors[-1]
    return [answer for [answer] in reversed(answers)]


class Adversary:
    """The world, the time, and what has been seen so far."""

    def __init__(self, overlap: Overlap = in_turn) -> None:
        self.world = MemoryWorld(overlap=overlap)
        self.now = at(-60)
        self.gone_events: list[Machine] = []
        self.reported_healthy: set[str] = set()
        self._ends: dict[str, tuple[object, object]] = {}
        self._ranks: dict[tuple[str, str, str | None, int], int] = {}

    def meetings(self) -> list[Meeting]:
        """Every meeting there ever was."""
        return list(self.world.meetings.page(is_open=None, before=None, limit=10_000))

    def attempt(self, act: Callable[[MemoryWorld], object], fate: Fate, *, is_retried: bool = False) -> None:
        """Let something happen, maybe disturbed; whoever is refused or dies leaves the rest to the others."""
        self._attempt(act, self._disturbed(fate))
        if fate is not None and is_retried:
            self._attempt(act, self.world)

    def _attempt(self, act: Callable[[MemoryWorld], object], world: MemoryWorld) -> None:
        try:
            act(world)
        except (Crash, ElephantError):
            return

    def _disturbed(self, fate: Fate) -> MemoryWorld:
        if fate is None:
            return self.world
        fuse = Fuse(*fate)
        return MemoryWorld(
            meetings=frail(self.world.meetings, fuse),
            machines=frail(self.world.machines, fuse),
            addresses=frail(self.world.addresses, fuse),
            alarms=frail(self.world.alarms, fuse),
            overlap=self.world.overlap,
        )

    def ring(self, world: MemoryWorld, kind: AlarmKind, meeting_id: str) -> None:
        """An alarm rings, whether or not anybody set it."""
        if kind is AlarmKind.LAUNCH:
            launch_desktops(
                meeting_id,
                meetings=world.meetings,
                machines=world.machines,
                policy=world.policy,
                now=self.now,
                overlap=world.overlap,
            )
        else:
            safety_net(
                meeting_id,
                meetings=world.meetings,
                machines=world.machines,
                alarms=world.alarms,
                policy=world.policy,
                now=self.now,
                overlap=world.overlap,
            )

    def move(self, machine: Machine, state: MachineState) -> None:
        """A machine changes its state; its going is an event that may arrive at any time, or never."""
        self.world.machines.move(machine.id, state)
        if not state.is_live:
            self.gone_events.append(self.world.machines.get(machine.id))

    def sweep_cleanly(self, *, force: bool = False) -> bool:
        """A sweep that nothing disturbs, and the events of what it ended; False where it refused."""
        live = len(self.world.live_machines())
        report = self.world.sweep(self.now, force=force)
        assert report.failures == ()
        if report.plan.refused is not None:
            assert live > 10
            return False
        for machine in self.world.machines.owned():
            if machine.state is MachineState.SHUTTING_DOWN:
                self.world.hear_gone(machine, self.now)
        return True

    def look(self) -> None:
        """What must hold after every single step, swept or not."""
        for meeting in self.meetings():
            assert meeting.deadline <= deadline_cap(meeting.meet_time, self.world.policy)
            self._look_at_end(meeting)
            for seat in meeting.seats:
                self._look_at_phase(meeting, seat)

    def _look_at_end(self, meeting: Meeting) -> None:
        if meeting.id in self._ends:
            assert self._ends[meeting.id] == (meeting.ended_at, meeting.termination_reason), "I4"
        elif meeting.ended_at is not None:
            self._ends[meeting.id] = (meeting.ended_at, meeting.termination_reason)
            policy = self.world.policy
            if any(is_present(seat, meeting.ended_at, policy) for seat in meeting.seats):
                assert meeting.termination_reason in {EndReason.CANCELLED, EndReason.OVERTIME}, "I6"
                if meeting.termination_reason is EndReason.OVERTIME:
                    assert meeting.ended_at >= deadline_cap(meeting.meet_time, policy), "I6"
            if meeting.termination_reason in {EndReason.NO_SHOW_TIMEOUT, EndReason.PARTIAL_NO_SHOW_TIMEOUT}:
                assert meeting.ended_at >= meeting.meet_time + minutes(15)
                assert not any(is_kept_waiting(seat, meeting.ended_at, policy) for seat in meeting.seats), "I6"

    def _look_at_phase(self, meeting: Meeting, seat: Seat) -> None:
        key = (meeting.id, seat.role, seat.machine_id, seat.launches)
        assert seat.phase.rank >= self._ranks.get(key, 0), "a phase only moves forward for a given machine"
        self._ranks[key] = seat.phase.rank
