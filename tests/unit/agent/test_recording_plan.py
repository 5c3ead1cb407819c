"""The plan of a recording, step by step and over any life of a desktop."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.agent.recording_plan import (
    MAX_FAILURES,
    ORDINARY,
    RecordingState,
    Step,
    plan_recording,
)

LEAVE_SECONDS = 30.0
SIZE, OTHER_SIZE = "1280x800", "1024x768"
EMPTY = RecordingState(
    now=1000.0,
    connected_since=None,
    left_at=None,
    geometry=SIZE,
    geometry_since=900.0,
    segment_geometry="",
    handed_in=True,
    closes_at=5000.0,
    failures=0,
    failed_at=None,
)
WITH_SOMEBODY = replace(EMPTY, connected_since=990.0, handed_in=False)
RECORDING = replace(WITH_SOMEBODY, segment_geometry=SIZE)
LEFT = replace(RECORDING, connected_since=None, left_at=1000.0 - LEAVE_SECONDS)


@pytest.mark.parametrize(
    ("state", "step"),
    [
        (EMPTY, Step.KEEP),
        (WITH_SOMEBODY, Step.START),
        (replace(WITH_SOMEBODY, connected_since=1000.0 - ORDINARY.settle_seconds / 2), Step.KEEP),
        (replace(WITH_SOMEBODY, geometry_since=1000.0 - ORDINARY.settle_seconds / 2), Step.KEEP),
        (replace(WITH_SOMEBODY, geometry=""), Step.KEEP),
        (replace(WITH_SOMEBODY, failures=1, failed_at=1000.0 - ORDINARY.retry_seconds / 2), Step.KEEP),
        (replace(WITH_SOMEBODY, failures=1, failed_at=1000.0 - ORDINARY.retry_seconds), Step.START),
        (replace(WITH_SOMEBODY, failures=MAX_FAILURES, failed_at=0.0), Step.KEEP),
        (RECORDING, Step.KEEP),
        (replace(RECORDING, geometry=OTHER_SIZE), Step.STOP),
        (replace(RECORDING, geometry=""), Step.KEEP),
        (LEFT, Step.STOP),
        (replace(LEFT, left_at=1000.1 - LEAVE_SECONDS), Step.KEEP),
        (replace(LEFT, segment_geometry=""), Step.HAND_IN),
        (replace(LEFT, segment_geometry="", handed_in=True), Step.KEEP),
        (replace(RECORDING, closes_at=1000.0), Step.STOP),
        (replace(WITH_SOMEBODY, closes_at=1000.0), Step.HAND_IN),
        (replace(WITH_SOMEBODY, closes_at=1000.0, handed_in=True), Step.KEEP),
    ],
)
def test_each_step(state: RecordingState, step: Step) -> None:
    decision = plan_recording(state, LEAVE_SECONDS)
    assert decision.step is step
    assert decision.reason


TIMES = st.none() | st.floats(0, 1000)
STATES = st.builds(
    RecordingState,
    now=st.just(1000.0),
    connected_since=TIMES,
    left_at=TIMES,
    geometry=st.sampled_from(["", SIZE, OTHER_SIZE]),
    geometry_since=st.floats(0, 1000),
    segment_geometry=st.sampled_from(["", SIZE, OTHER_SIZE]),
    handed_in=st.booleans(),
    closes_at=st.floats(0, 2000),
    failures=st.integers(0, MAX_FAILURES + 1),
    failed_at=TIMES,
)


@given(STATES)
def test_a_segment_is_started_only_where_it_may_be(state: RecordingState) -> None:
    if plan_recording(state, LEAVE_SECONDS).step is Step.START:
        assert state.now < state.closes_at
        assert not state.segment_geometry
        assert state.geometry
        assert state.connected_since is not None
        assert state.failures < MAX_FAILURES


@given(STATES)
def test_only_a_running_segment_is_stopped_and_only_a_closed_one_handed_in(state: RecordingState) -> None:
    match plan_recording(state, LEAVE_SECONDS).step:
        case Step.STOP:
            assert state.segment_geometry
        case Step.HAND_IN:
            assert not state.segment_geometry
            assert not state.handed_in
        case Step.START | Step.KEEP:
            pass


@given(STATES)
def test_near_the_deadline_all_is_closed_and_handed_in_within_two_steps(state: RecordingState) -> None:
    state = replace(state, closes_at=state.now)
    for _ in range(2):
        match plan_recording(state, LEAVE_SECONDS).step:
            case Step.STOP:
                state = replace(state, segment_geometry="")
            case Step.HAND_IN:
                state = replace(state, handed_in=True)
            case Step.KEEP:
                break
            case Step.START:
                pytest.fail("a segment was started near the deadline")
    assert not state.segment_geometry
    assert state.handed_in
    assert plan_recording(state, LEAVE_SECONDS).step is Step.KEEP


@dataclass
class Life:
    """A seat whose people come and go, whose recorder may fail: the plan's steps carried out as the agent does."""

    state: RecordingState = EMPTY
    starts: int = 0
    handed_in: list[float] = field(default_factory=list)

    def pass_time(self, seconds: float) -> None:
        until = self.state.now + seconds
        while self.state.now < until:
            self.state = replace(self.state, now=self.state.now + 0.5)
            self.carry_out(plan_recording(self.state, LEAVE_SECONDS).step)

    def carry_out(self, step: Step) -> None:
        if step is Step.START:
            assert not self.state.segment_geometry, "two at once"
            self.starts += 1
            self.state = replace(self.state, segment_geometry=self.state.geometry, handed_in=False)
        elif step is Step.STOP:
            self.state = replace(self.state, segment_geometry="")
        elif step is Step.HAND_IN:
            self.handed_in.append(self.state.now)
            self.state = replace(self.state, handed_in=True, left_at=None)

    def come(self) -> None:
        if self.state.connected_since is None:
            self.state = replace(self.state, connected_since=self.state.now, handed_in=False, left_at=None, failures=0)

    def leave(self) -> None:
        if self.state.connected_since is not None:
            self.state = replace(self.state, connected_since=None, left_at=self.state.now)

    def fail(self) -> None:
        if self.state.segment_geometry:
            failures = self.state.failures + 1
            self.state = replace(self.state, segment_geometry="", failures=failures, failed_at=self.state.now)


@given(st.lists(st.tuples(st.sampled_from(["come", "leave", "fail"]), st.floats(0, 60)), max_size=20))
def test_each_stay_is_handed_in_once(events: list[tuple[str, float]]) -> None:
    life = Life()
    stays = 0
    for name, seconds in [*events, ("leave", LEAVE_SECONDS + 5)]:
        stays += name == "come" and life.state.connected_since is None and life.state.left_at is None
        getattr(life, name)()
        life.pass_time(seconds)
    assert len(life.handed_in) == stays
    assert life.state.handed_in
    assert not life.state.segment_geometry


def test_a_recorder_that_always_fails_is_not_tried_for_ever() -> None:
    life = Life()
    life.come()
    for _ in range(100):
        life.pass_time(10)
        life.fail()
    assert life.starts == MAX_FAILURES


def test_after_a_moved_deadline_the_new_segment_is_handed_in_too() -> None:
    life = Life(replace(EMPTY, closes_at=1010.0))
    life.come()
    life.pass_time(20)
    assert (life.starts, len(life.handed_in)) == (1, 1)
    life.state = replace(life.state, closes_at=5000.0)
    life.pass_time(20)
    assert life.starts == 2
    life.leave()
    life.pass_time(LEAVE_SECONDS + 5)
    assert len(life.handed_in) == 2
