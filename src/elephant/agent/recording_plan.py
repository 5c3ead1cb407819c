"""When a recording starts and ends: a pure function of who is there and how long."""

from dataclasses import dataclass
from enum import Enum

MAX_FAILURES = 5
"""Recorders that may fail in a row before a desktop goes on without a recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long things take.

    A screen settles after somebody connects or its size changes, before a segment starts; a recorder that failed is
    started again after a while; one that closes its segment is killed if it takes longer.
    """

    settle_seconds: float = 1.0
    retry_seconds: float = 5.0
    close_seconds: float = 3.0


ORDINARY = Pace()


class Step(Enum):
    """What to do about the recording now."""

    KEEP = "keep"
    START = "start"
    STOP = "stop"
    HAND_IN = "hand in"


@dataclass(frozen=True, slots=True)
class Decision:
    """A step and its reason."""

    step: Step
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingState:
    """What is known at one moment; times are seconds of a clock that never jumps.

    `connected_since` and `left_at` are None where that is not so; `geometry` is "" while the screen's size is unknown,
    `segment_geometry` while nothing is recorded; `handed_in` is False from the start of a segment until the seat was
    left and its data handed in.
    """

    now: float
    connected_since: float | None
    left_at: float | None
    geometry: str
    geometry_since: float
    segment_geometry: str
    handed_in: bool
    closes_at: float
    failures: int
    failed_at: float | None


def plan_recording(state: RecordingState, leave_seconds: float, pace: Pace = ORDINARY) -> Decision:
    """Record while somebody is connected; close the segment and hand in once the seat was left for long enough.

    A change of the screen's size ends a segment, because its picture has one size, and another follows.
    """
    if state.now >= state.closes_at:
        return _close(state, "the deadline is near")
    if state.segment_geometry:
        if state.left_at is not None and state.now - state.left_at >= leave_seconds:
            return Decision(Step.STOP, "the seat was left")
        if state.geometry and state.segment_geometry != state.geometry:
            return Decision(Step.STOP, "the screen has another size")
        return Decision(Step.KEEP, "recording")
    if state.connected_since is None:
        if not state.handed_in and state.left_at is not None and state.now - state.left_at >= leave_seconds:
            return Decision(Step.HAND_IN, "the seat was left")
        return Decision(Step.KEEP, "nobody is connected")
    return _start(state, pace)


def _close(state: RecordingState, reason: str) -> Decision:
    if state.segment_geometry:
        return Decision(Step.STOP, reason)
    return Decision(Step.KEEP if state.handed_in else Step.HAND_IN, reason)


def _start(state: RecordingState, pace: Pace) -> Decision:
    if state.failures >= MAX_FAILURES:
        return Decision(Step.KEEP, "the recorder failed too often")
    if state.failed_at is not None and state.now - state.failed_at < pace.retry_seconds:
        return Decision(Step.KEEP, "the recorder failed just now")
    if not state.geometry:
        return Decision(Step.KEEP, "the size of the screen is not known")
    settled_at = max(state.connected_since or 0.0, state.geometry_since) + pace.settle_seconds
    if state.now < settled_at:
        return Decision(Step.KEEP, "the screen is settling")
    return Decision(Step.START, "somebody is connected")
