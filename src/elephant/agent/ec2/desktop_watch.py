"""Makes DCV ready for its meeting and then asks it again and again, in a thread of its own: DCV may hang."""

import logging
import threading
import time
from pathlib import Path

from elephant.agent.api import Api
from elephant.agent.ec2.boot import Boot
from elephant.agent.ec2.certificate import CertificatePlace, bring_certificate
from elephant.agent.ec2.dcv import Session, check_web_server, describe_session
from elephant.agent.ec2.dcv_conf import set_verifier
from elephant.agent.ec2.pauses import Pauses
from elephant.agent.ec2.presence import Seen, View, view_of
from elephant.agent.ec2.programs import run_quietly
from elephant.agent.ec2.settings import ImageSettings

logger = logging.getLogger(__name__)

RESTART_SECONDS = 90.0


class DesktopWatch:
    """The desktop of one meeting; `view` tells what is known of it at any time."""

    def __init__(self, settings: ImageSettings, boot: Boot, api: Api) -> None:
        self._settings = settings
        self._boot = boot
        self._api = api
        self._restart_due = Path(settings.run_dir) / "dcv-restart-due"
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._seen = Seen(since=time.monotonic())
        self._said: dict[str, str] = {}
        self._thread = threading.Thread(target=self._run, name="desktop", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more; does not wait."""
        self._stop.set()

    def view(self, now: float) -> View:
        """What is known now."""
        return view_of(self._looked(), now, self._settings.unhealthy_seconds, self._settings.presence_seconds)

    @property
    def session(self) -> Session | None:
        """The last good answer about the session."""
        return self._looked().session

    def _looked(self) -> Seen:
        with self._lock:
            return self._seen

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._prepare()
                self._poll()
            except Exception:
                logger.exception("the desktop cannot be watched, which is tried again")
                self._stop.wait(self._settings.poll_seconds)

    def _prepare(self) -> None:
        """DCV gets its certificate and its verifier, and is restarted if either is new."""
        settings = self._settings
        place = CertificatePlace(
            directory=Path(settings.certificate_dir), owner=settings.dcv_user, before_change=self._restart_due.touch
        )
        bring_certificate(self._api, self._boot.machine_id, place, settings.certificate_seconds, self._stop)
        url = f"{self._boot.settings.api_url.rstrip('/')}/dcv/auth/{self._boot.machine_id}"
        pauses = Pauses(first_seconds=0.5, last_seconds=15.0)
        while not self._stop.is_set():
            try:
                # A desktop that asks nobody about tokens lets nobody in, so there is no going on without.
                set_verifier(settings.dcv_conf, url, self._restart_due.touch)
                self._restart_if_due()
            except OSError as error:
                self._say("setting up DCV", str(error))
                self._stop.wait(pauses.next_seconds())
            else:
                return

    def _restart_if_due(self) -> None:
        """The mark outlives us: killed between the change and the restart, the next agent knows that one is due."""
        if not self._restart_due.exists():
            return
        logger.info("restarting DCV")
        code = run_quietly(self._settings.restart_dcv, RESTART_SECONDS)
        if code != 0:
            raise OSError(f"the command that restarts DCV ended with {code}")
        self._restart_due.unlink()

    def _poll(self) -> None:
        with self._lock:
            if self._seen.session is None:
                self._seen = Seen(since=time.monotonic())
        while not self._stop.is_set():
            self._ask_session()
            if time.monotonic() - self._looked().web_at >= self._settings.unhealthy_seconds / 4:
                self._ask_web_server()
            self._stop.wait(self._settings.poll_seconds)

    def _ask_session(self) -> None:
        settings = self._settings
        try:
            session = describe_session(
                settings.dcv_command, self._boot.settings.dcv_session_id, settings.command_seconds
            )
        except (OSError, ValueError) as error:
            self._say("the session", str(error))
            return
        self._say("the session", f"{session.connections} connected")
        with self._lock:
            self._seen = self._seen.with_session(session, time.monotonic())

    def _ask_web_server(self) -> None:
        try:
            check_web_server(self._settings.dcv_url, self._settings.command_seconds)
        except OSError as error:
            self._say("DCV's web server", str(error) or type(error).__name__)
            return
        self._say("DCV's web server", "it answers")
        with self._lock:
            self._seen = self._seen.with_web(time.monotonic())

    def _say(self, what: str, outcome: str) -> None:
        if self._said.get(what) != outcome:
            self._said[what] = outcome
            logger.info("%s: %s", what, outcome)
