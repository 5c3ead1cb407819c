"""One meeting on one machine: a loop over its desktop, its people, its recording and its time."""

import json
import logging
import threading
import time
from pathlib import Path

from elephant.agent.api import Api
from elephant.agent.ec2.boot import Boot
from elephant.agent.ec2.desktop_watch import DesktopWatch
from elephant.agent.ec2.guard import Guard
from elephant.agent.ec2.presence import View
from elephant.agent.ec2.programs import RunningPrograms
from elephant.agent.ec2.seat import filling, seat_of
from elephant.agent.ec2.settings import ImageSettings
from elephant.agent.ec2.uploads import Uploads
from elephant.agent.recording import Recording
from elephant.agent.recording_plan import Pace
from elephant.agent.report import Reporter
from elephant.wire.agent_messages import HealthAnswer

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.25
TRIM_LOGS_SECONDS = 10.0
API_SECONDS = 15.0
"""A function that starts cold behind API Gateway takes seconds."""

REPORT_SECONDS = 5.0
_NO_LAYOUT = "of one size"


class Supervisor:
    """Runs from the boot to the end of the meeting; the guard ends the machine, whatever becomes of us."""

    def __init__(self, settings: ImageSettings, boot: Boot, guard: Guard, stop: threading.Event) -> None:
        self._settings = settings
        self._boot = boot
        self._guard = guard
        self._stop = stop
        self._over = threading.Event()
        api = Api(boot.settings.api_url, boot.settings.token, API_SECONDS)
        self._reporter = Reporter(
            api, boot.machine_id, boot.settings.heartbeat_seconds, on_answer=self._on_answer, on_over=self._over.set
        )
        self._watch = DesktopWatch(settings, boot, api)
        self._programs = RunningPrograms(Path(settings.run_dir))
        seat = seat_of(settings, boot)
        directory = Path(seat.recordings_dir)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._uploads = Uploads(
            api, boot.machine_id, directory, Path(settings.run_dir), on_handed_in=self._reporter.session_data
        )
        self._recording = Recording(
            seat,
            self._programs,
            filling(settings.record_command),
            pace=Pace(
                settle_seconds=settings.settle_seconds,
                retry_seconds=settings.retry_seconds,
                close_seconds=settings.close_seconds,
            ),
            left_before_at=time.monotonic() if any(directory.glob("segment-*.mkv")) else None,
        )
        self._people_are_known = True
        self._trimmed_at = float("-inf")

    def run(self) -> None:
        """Supervise until told to stop, or until the meeting is over and its recording handed in."""
        self._tell_the_desktop()
        self._reporter.start()
        self._watch.start()
        self._uploads.start()
        try:
            while not self._stop.is_set() and not self._over.is_set():
                self._turn(time.monotonic())
                self._stop.wait(TICK_SECONDS)
            self._end()
        finally:
            self._watch.stop()
            self._uploads.stop()
            self._reporter.close()
            self._programs.kill_all()

    def _tell_the_desktop(self) -> None:
        """Nothing secret: whoever is at the desktop may read it."""
        told = self._boot.settings
        content = {"meeting_id": told.meeting_id, "role": told.role, "jitsi_url": told.jitsi_url}
        path = Path(self._settings.run_dir) / "meeting.json"
        aside = path.with_name(".meeting.json.new")
        aside.write_text(json.dumps(content), encoding="utf-8")
        aside.chmod(0o644)
        aside.replace(path)

    def _turn(self, now: float) -> None:
        if now - self._trimmed_at >= TRIM_LOGS_SECONDS:
            self._trimmed_at = now
            self._programs.trim_logs()
        self._recording.note_ended(self._programs.reap())
        view = self._watch.view(now)
        self._say_who_is_known(view)
        self._reporter.health(healthy=view.healthy, connected=view.connected or 0)
        closes_at = self._guard.deadline_at - self._settings.close_before_seconds
        if view.connected is None and now < closes_at:
            return
        session = self._watch.session
        display, layout = ("", "") if session is None else (session.display, session.layout or _NO_LAYOUT)
        told = {"DISPLAY": display, "XAUTHORITY": "" if session is None else session.xauthority}
        self._programs.environment = {name: value for name, value in told.items() if value}
        if self._recording.turn(now, view.connected or 0, display, layout, closes_at) is not None:
            self._uploads.hand_in()

    def _say_who_is_known(self, view: View) -> None:
        if view.is_old == self._people_are_known:
            self._people_are_known = not view.is_old
            if view.connected is None:
                logger.info("nobody knows yet who is at the desktop")
            elif view.is_old:
                logger.warning("DCV does not say who is at the desktop: %d were, which counts on", view.connected)
            else:
                logger.info("DCV says again who is at the desktop")

    def _end(self) -> None:
        """Close the recording and hand it in: within the margin if the meeting is over, quickly when told to stop."""
        logger.info("ending: %s", "the meeting is over" if self._over.is_set() else "told to stop")
        if self._recording.close() is not None:
            self._uploads.hand_in()
        over_until = time.monotonic() + (self._boot.settings.margin_seconds if self._over.is_set() else 0)
        while not self._stop.is_set() and time.monotonic() < over_until and not self._uploads.wait_done(TICK_SECONDS):
            pass
        if self._stop.is_set():
            self._uploads.wait_done(self._settings.stop_seconds)
        self._uploads.stop()
        self._reporter.close()
        if not self._reporter.wait_closed(REPORT_SECONDS):
            logger.warning("the recording could not be reported before the end")
        if self._over.is_set():
            self._guard.end_now("the meeting is over")

    def _on_answer(self, answer: HealthAnswer) -> None:
        self._guard.hear(answer.deadline)
        if answer.over:
            self._over.set()
