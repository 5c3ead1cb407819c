"""The recording of one seat, from one turn of the loop to the next: what is known, decided and done."""

import logging

from elephant.agent.recorder import Programs, RecordCommand, RecordedSeat, Recorder, record_command
from elephant.agent.recording_plan import MAX_FAILURES, ORDINARY, Decision, Pace, RecordingState, Step, plan_recording

logger = logging.getLogger(__name__)

STEADY_SECONDS = 30.0
"""A recorder that ran for so long did not fail because of what made earlier ones fail."""


class Recording:
    """Carries out `plan_recording`; a desktop without a recording still works, and its manifest says why.

    `left_before_at` is for what an agent before us recorded and may not have handed in: as if the seat was left then.
    """

    def __init__(
        self,
        settings: RecordedSeat,
        programs: Programs,
        command: RecordCommand = record_command,
        *,
        pace: Pace = ORDINARY,
        left_before_at: float | None = None,
    ) -> None:
        self._settings = settings
        self._recorder = Recorder(settings, programs, command, pace.close_seconds)
        self._pace = pace
        self._connected_since: float | None = None
        self._left_at = left_before_at
        self._geometry = ""
        self._geometry_since = 0.0
        self._segment_geometry = ""
        self._segment_since = 0.0
        self._handed_in = left_before_at is None
        self._failures = 0
        self._failed_at: float | None = None
        self._now = 0.0

    def note_ended(self, ended: list[tuple[str, int, int]]) -> None:
        """Take note of a recorder that ended although nobody told it to."""
        codes = {pid: code for _, pid, code in ended}
        if self._recorder.note_ended(codes):
            self._segment_geometry = ""
            if self._now - self._segment_since >= STEADY_SECONDS:
                self._failures = 0
            self._failed("the recorder ended by itself; its log says why")

    def turn(self, now: float, connected: int, display: str, geometry: str, closes_at: float) -> str | None:
        """Do what is due; returns the manifest's URL when the seat's data is to be handed in."""
        self._now = now
        self._note_people(connected)
        if geometry != self._geometry:
            self._geometry, self._geometry_since = geometry, now
        decision = self._decide(closes_at)
        match decision.step:
            case Step.START:
                self._start(display)
            case Step.STOP:
                logger.info("closing a segment: %s", decision.reason)
                self._stop()
            case Step.HAND_IN:
                return self._hand_in()
            case Step.KEEP:
                pass
        return None

    def close(self) -> str | None:
        """Close the segment for good; returns the manifest's URL where there is something to hand in."""
        self._stop()
        return None if self._handed_in else self._hand_in()

    def _decide(self, closes_at: float) -> Decision:
        state = RecordingState(
            now=self._now,
            connected_since=self._connected_since,
            left_at=self._left_at,
            geometry=self._geometry,
            geometry_since=self._geometry_since,
            segment_geometry=self._segment_geometry,
            handed_in=self._handed_in,
            closes_at=closes_at,
            failures=self._failures,
            failed_at=self._failed_at,
        )
        return plan_recording(state, self._settings.leave_seconds, self._pace)

    def _note_people(self, connected: int) -> None:
        if connected > 0:
            if self._connected_since is None:
                self._connected_since = self._now
                self._handed_in = False
                self._failures = 0
            self._left_at = None
        elif self._connected_since is not None:
            self._connected_since, self._left_at = None, self._now

    def _start(self, display: str) -> None:
        if not self._settings.record:
            return
        try:
            self._recorder.start(display, self._geometry)
        except OSError as error:
            self._failed(f"the recorder cannot be started: {error}")
            return
        self._segment_geometry, self._segment_since = self._geometry, self._now
        self._handed_in = False

    def _stop(self) -> None:
        if self._segment_geometry:
            self._recorder.stop()
            self._segment_geometry = ""
            self._failures = 0

    def _hand_in(self) -> str | None:
        self._handed_in = True
        self._left_at = None
        self._recorder.write_manifest()
        return self._recorder.url

    def _failed(self, problem: str) -> None:
        self._failures += 1
        self._failed_at = self._now
        if self._failures >= MAX_FAILURES:
            self._recorder.note_problem(f"{problem}; given up after {MAX_FAILURES} times")
        else:
            self._recorder.note_problem(problem)
