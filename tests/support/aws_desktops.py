"""What runs on a machine on AWS: a desktop with an agent of ours, or one of the images in the field."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from tests.support import sent_events

if TYPE_CHECKING:
    from tests.support.aws_driver import AwsDriver

WARM_AFTER = timedelta(seconds=60)
HEARTBEAT = timedelta(seconds=60)
HANDS_IN_AFTER = timedelta(seconds=30)


@dataclass
class Desktop:
    """One machine's desktop: `connected` is how many people are at it, `token` the pass that it was launched with."""

    driver: "AwsDriver"
    machine_id: str
    meeting_id: str
    role: str
    token: str = ""
    connected: int = 0

    @property
    def data_url(self) -> str:
        """Where its recording is."""
        return f"https://recordings.s3.eu-central-1.amazonaws.com/{self.meeting_id}/{self.role}.zip"

    def tell(self, path: str, **body: object) -> tuple[int, dict[str, Any]]:
        """Ask the function `agent`; its answer's status and content."""
        event = sent_events.http_request("POST", path, self.driver.now, body={"machine_id": self.machine_id, **body})
        event["headers"]["authorization"] = f"Bearer {self.token}"
        answer = self.driver.invoke("agent", event)
        return answer["statusCode"], json.loads(answer["body"])

    def later(self, delay: timedelta, act: Any) -> None:  # noqa: ANN401  any call
        """Do something after a while, unless the machine is gone by then."""
        self.driver.at(self.driver.now + delay, lambda: act() if self.driver.is_running(self.machine_id) else None)


class DesktopKind(Protocol):
    """How the image of a desktop behaves."""

    def boot(self, desktop: Desktop) -> None:
        """Its machine runs."""

    def left(self, desktop: Desktop) -> None:
        """Its user has gone."""


@dataclass
class AgentDesktops:
    """Ours: they report how they are and who is there, and hear whether it is over."""

    boots: bool = field(default=True)

    def boot(self, desktop: Desktop) -> None:
        """See DesktopKind."""
        if self.boots:
            desktop.later(WARM_AFTER, lambda: self._report(desktop))

    def left(self, desktop: Desktop) -> None:
        """See DesktopKind."""
        desktop.later(HANDS_IN_AFTER, lambda: self._hand_in(desktop))

    def _report(self, desktop: Desktop) -> None:
        # refused, or over, or written down later: the next report will be told so again
        desktop.tell("/agent/health", healthy=True, connected=desktop.connected)
        desktop.later(HEARTBEAT, lambda: self._report(desktop))

    def _hand_in(self, desktop: Desktop) -> None:
        desktop.tell("/agent/session-data", url=desktop.data_url)


class FieldDesktops:
    """Images in the field, which know nothing of us and talk to the table directly (facts.md)."""

    def boot(self, desktop: Desktop) -> None:
        """See DesktopKind."""
        desktop.later(WARM_AFTER, lambda: self._find_itself(desktop))

    def left(self, desktop: Desktop) -> None:
        """See DesktopKind."""
        name = f"{desktop.role}_session_data"
        desktop.later(
            HANDS_IN_AFTER, lambda: desktop.driver.field_write(desktop.meeting_id, **{name: desktop.data_url})
        )

    def _find_itself(self, desktop: Desktop) -> None:
        rows = desktop.driver.field_scan(desktop.machine_id)
        if not rows:
            desktop.later(timedelta(seconds=10), lambda: self._find_itself(desktop))
        for meeting_id in rows:
            desktop.driver.field_write(meeting_id, status="HEALTHY", instance_id=desktop.machine_id)
