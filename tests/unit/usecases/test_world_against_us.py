"""The world plays against us: events lost, doubled and late, machines that die, processes killed anywhere (I7)."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar
from unittest.mock import patch

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from elephant.domain.machine import MachineState, Record
from elephant.domain.meeting import Role
from elephant.ports.alarms import AlarmKind
from elephant.ports.errors import ElephantError, WrongKey
from elephant.ports.overlap import Overlap, in_turn
from elephant.usecases.cancel_meeting import cancel_meeting
from elephant.usecases.extend_meeting import extend_meeting
from elephant.usecases.join_meeting import Ready
from elephant.usecases.record_session_data import record_session_data
from elephant.usecases.reissue_link import reissue_link
from elephant.usecases.reschedule_meeting import Move, reschedule_meeting
from elephant.usecases.schedule_meeting import Booking, schedule_meeting
from elephant.usecases.terminator import terminator
from tests.support.adversary import Adversary, Fate, backwards
from tests.support.builders import DATA_URL, STUDENT, TEACHER, a_machine, minutes
from tests.support.frail_ports import Mishap
from tests.support.memory_world import MemoryWorld
from tests.support.world_invariants import check_world

# Seconds of work, which on a machine busy with others are minutes.
pytestmark = pytest.mark.timeout(300)

Thing = TypeVar("Thing")

fates = st.one_of(st.none(), st.none(), st.tuples(st.integers(1, 10), st.sampled_from(Mishap)))
picks = st.integers(0, 9)
roles = st.sampled_from([TEACHER, STUDENT])
gone_states = st.sampled_from(
    [MachineState.TERMINATED, MachineState.SHUTTING_DOWN, MachineState.STOPPING, MachineState.STOPPED]
)


def pick(things: Sequence[Thing], number: int) -> Thing:
    """One of the things; the newest first, which is where most happens."""
    return things[-1 - number % len(things)]


class WorldAgainstUs(RuleBasedStateMachine):
    """Every rule is something that may happen at any moment."""

    overlap: Overlap = staticmethod(in_turn)

    def __init__(self) -> None:
        super().__init__()
        self.adversary = Adversary(self.overlap)
        self.world = self.adversary.world
        self.strays = 0
        # The order of actions follows from ids, and a failure must be seen again when its steps are taken again.
        self.chance = patch("elephant.usecases.schedule_meeting.secrets", random.Random(0))
        self.chance.start()

    @initialize(ahead_minutes=st.integers(-10, 15))
    def begin(self, ahead_minutes: int) -> None:
        self.book(ahead_minutes, 30, None)

    @rule(ahead_minutes=st.integers(-29, 40), duration_minutes=st.integers(1, 240), fate=fates)
    @precondition(lambda self: len(self.adversary.meetings()) < 4)
    def book(self, ahead_minutes: int, duration_minutes: int, fate: Fate) -> None:
        now = self.adversary.now
        booking = Booking(
            names={TEACHER: "Ann", STUDENT: "Ben"},
            meet_time=(now + minutes(ahead_minutes)).isoformat(),
            duration_minutes=duration_minutes,
        )
        self.adversary.attempt(
            lambda world: schedule_meeting(
                booking,
                meetings=world.meetings,
                alarms=world.alarms,
                call_url="",
                policy=world.policy,
                now=now,
                overlap=world.overlap,
            ),
            fate,
        )

    @rule(seconds=st.sampled_from([1, 20, 60, 60, 300, 300, 900, 3600]))
    def time_passes(self, seconds: int) -> None:
        self.adversary.now += timedelta(seconds=seconds)

    @rule(passed_minutes=st.sampled_from([1, 5, 15, 30]))
    def time_passes_with_somebody_at_every_desktop(self, passed_minutes: int) -> None:
        self.adversary.now += minutes(passed_minutes)
        for machine in self.world.live_machines():
            self._report(machine.id, connected=1, fate=None)

    @rule(times=st.sampled_from([0, 1, 1, 2]), fate=fates, is_retried=st.booleans())
    def alarms_ring_or_are_lost(self, times: int, fate: Fate, *, is_retried: bool) -> None:
        for alarm in self.world.alarms.due(self.adversary.now):
            self.world.alarms.done(alarm)
            for _ in range(times):
                self._ring(alarm.kind, alarm.meeting_id, fate, is_retried=is_retried)

    @rule(number=picks, kind=st.sampled_from(AlarmKind), fate=fates, is_retried=st.booleans())
    @precondition(lambda self: self.adversary.meetings())
    def an_alarm_rings_unasked(self, number: int, kind: AlarmKind, fate: Fate, *, is_retried: bool) -> None:
        self._ring(kind, pick(self.adversary.meetings(), number).id, fate, is_retried=is_retried)

    def _ring(self, kind: AlarmKind, meeting_id: str, fate: Fate, *, is_retried: bool) -> None:
        self.adversary.attempt(lambda world: self.adversary.ring(world, kind, meeting_id), fate, is_retried=is_retried)

    @rule()
    def both_machines_come_up_and_are_well(self) -> None:
        for machine in self.world.live_machines():
            self.adversary.move(machine, MachineState.RUNNING)
            self.hear_running_of(machine.id, None)
            self._report(machine.id, connected=0, fate=None)

    @rule(number=picks, fate=fates)
    @precondition(lambda self: self.world.machines.owned())
    def a_running_event_arrives(self, number: int, fate: Fate) -> None:
        machine = pick(self.world.machines.owned(), number)
        if machine.state is MachineState.PENDING:
            self.adversary.move(machine, MachineState.RUNNING)
        self.hear_running_of(machine.id, fate)

    def hear_running_of(self, machine_id: str, fate: Fate) -> None:
        now = self.adversary.now
        self.adversary.attempt(lambda world: world.hear_running(machine_id, now), fate)

    @rule(number=picks, state=gone_states)
    @precondition(lambda self: self.world.live_machines())
    def a_machine_goes(self, number: int, state: MachineState) -> None:
        self.adversary.move(pick(self.world.live_machines(), number), state)

    @rule(number=picks)
    def a_stopped_machine_is_started_again(self, number: int) -> None:
        stopped = [each for each in self.world.machines.owned() if each.state.is_left_over]
        if stopped:
            self.adversary.move(pick(stopped, number), MachineState.RUNNING)

    @rule(number=picks, fate=fates)
    @precondition(lambda self: self.adversary.gone_events)
    def a_gone_event_arrives(self, number: int, fate: Fate) -> None:
        machine = pick(self.adversary.gone_events, number)
        now = self.adversary.now
        self.adversary.attempt(lambda world: world.hear_gone(machine, now), fate)

    @rule(number=picks, connected=st.integers(0, 1), fate=fates)
    @precondition(lambda self: self.world.machines.owned())
    def a_machine_reports(self, number: int, connected: int, fate: Fate) -> None:
        self._report(pick(self.world.machines.owned(), number).id, connected=connected, fate=fate)

    def _report(self, machine_id: str, *, connected: int, fate: Fate) -> None:
        machine, now = self.world.machines.get(machine_id), self.adversary.now
        self.adversary.reported_healthy.add(machine_id)
        self.adversary.attempt(lambda world: world.report(machine, now, connected=connected), fate)

    @rule(number=picks, role=roles, fate=fates, is_streamed=st.booleans())
    @precondition(lambda self: self.adversary.meetings())
    def a_seat_hands_in_its_data(self, number: int, role: Role, fate: Fate, *, is_streamed: bool) -> None:
        meeting_id, now = pick(self.adversary.meetings(), number).id, self.adversary.now

        def hand_in(world: MemoryWorld) -> None:
            meeting = record_session_data(meeting_id, role, DATA_URL, meetings=world.meetings, now=now)
            if is_streamed:
                terminator(
                    meeting,
                    meetings=world.meetings,
                    machines=world.machines,
                    alarms=world.alarms,
                    policy=world.policy,
                    now=now,
                    overlap=world.overlap,
                )

        self.adversary.attempt(hand_in, fate)

    @rule(number=picks, role=roles, issue_back=st.sampled_from([0, 0, 0, 1]))
    @precondition(lambda self: self.adversary.meetings())
    def somebody_follows_a_link(self, number: int, role: Role, issue_back: int) -> None:
        meeting = pick(self.adversary.meetings(), number)
        issue = self.world.seat(role, meeting.id).key_issue
        key = f"{meeting.id}/{role}/{issue - issue_back}"
        try:
            answer = self.world.join(self.adversary.now, role, key, meeting.id)
        except WrongKey:
            assert issue_back, "I5: the seat's own key opens it"
            return
        except ElephantError:
            return
        assert not issue_back, "I5: an old key opens nothing"
        if isinstance(answer, Ready):
            seat = self.world.seat(role, meeting.id)
            assert not self.world.meeting(meeting.id).is_over, "I5"
            assert answer.machine_id == seat.machine_id, "I5"
            assert answer.machine_id in self.adversary.reported_healthy, "I5"
            assert answer.machine_id in answer.link, "I5"

    @rule(number=picks, what=st.sampled_from(["cancel", "extend", "reschedule", "reissue"]), fate=fates)
    @precondition(lambda self: self.adversary.meetings())
    def a_host_acts(self, number: int, what: str, fate: Fate) -> None:
        meeting_id, now = pick(self.adversary.meetings(), number).id, self.adversary.now
        start = (now + minutes(20)).isoformat()

        def act(world: MemoryWorld) -> None:
            meetings, alarms, policy, overlap = world.meetings, world.alarms, world.policy, world.overlap
            if what == "cancel":
                cancel_meeting(
                    meeting_id, meetings=meetings, machines=world.machines, alarms=alarms, now=now, overlap=overlap
                )
            elif what == "extend":
                extend_meeting(meeting_id, 15, meetings=meetings, policy=policy, now=now)
            elif what == "reschedule":
                move = Move(meet_time=start)
                reschedule_meeting(
                    meeting_id, move, meetings=meetings, alarms=alarms, policy=policy, now=now, overlap=overlap
                )
            else:
                reissue_link(meeting_id, TEACHER, meetings=meetings, now=now)

        self.adversary.attempt(act, fate)

    @rule(number=picks, kind=st.sampled_from(["orphan", "double", "record", "foreign record"]))
    @precondition(lambda self: self.strays < 3)
    def something_strays_in(self, number: int, kind: str) -> None:
        self.strays += 1
        name, now = f"m-stray-{self.strays}", self.adversary.now
        meetings = self.adversary.meetings()
        if kind == "orphan":
            self.world.machines.add(a_machine(name, meeting_id="unknown", launched_at=now))
        elif kind == "double" and meetings:
            self.world.machines.add(a_machine(name, meeting_id=pick(meetings, number).id, launched_at=now))
        else:
            self.world.addresses.add(Record(name=name, machine_id=f"{name}-there", ours=kind == "record"))

    @rule(fate=fates)
    def a_sweep_runs(self, fate: Fate) -> None:
        now = self.adversary.now
        if fate is not None:
            self.adversary.attempt(lambda world: world.sweep(now), fate)
            self.adversary.look()
        foreign = [record for record in self.world.addresses.published() if not record.ours]
        if self.adversary.sweep_cleanly():
            check_world(self.world, now)
        assert [record for record in self.world.addresses.published() if not record.ours] == foreign, "I3"

    @invariant()
    def what_must_always_hold(self) -> None:
        self.adversary.look()

    def teardown(self) -> None:
        """In the end nothing is left behind, whatever happened."""
        self.chance.stop()
        self.adversary.now += timedelta(hours=6)
        for _ in range(2):
            self.adversary.sweep_cleanly(force=True)
        self.adversary.look()
        assert self.world.live_machines() == []
        assert all(meeting.is_over for meeting in self.adversary.meetings())
        assert not any(record.ours for record in self.world.addresses.published())


class WorldBackwards(WorldAgainstUs):
    """The same, but what may overlap happens in another order, and dies in another order too."""

    overlap = staticmethod(backwards)


TestWorldAgainstUs = WorldAgainstUs.TestCase
TestWorldAgainstUs.settings = settings(max_examples=2 * settings().max_examples, stateful_step_count=40)
TestWorldBackwards = WorldBackwards.TestCase
TestWorldBackwards.settings = settings(max_examples=settings().max_examples, stateful_step_count=40)
