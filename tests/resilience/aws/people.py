"""The two people of a meeting, who look in every minute, and the desktops that they come to."""

from dataclasses import dataclass, field

from tests.resilience.aws.holds import way_in_is_right
from tests.support.aws_desktops import AgentDesktops, Desktop
from tests.support.aws_driver import AwsDriver, Booked
from tests.support.builders import STUDENT, TEACHER, at


@dataclass
class NotedDesktops(AgentDesktops):
    """Desktops with an agent; `warm` are the machines that have said that they are ready."""

    warm: set[str] = field(default_factory=set)

    def _report(self, desktop: Desktop) -> None:
        self.warm.add(desktop.machine_id)
        super()._report(desktop)


@dataclass
class People:
    """They ask to join from the meeting's time on, and leave at `leave_at` minutes, each after one at least.

    `wrong` is what they met that must not be. Without `come` nobody does.
    """

    driver: AwsDriver
    desktops: NotedDesktops
    meeting: Booked | None
    come: bool = True
    leave_at: float = 1
    wrong: list[str] = field(default_factory=list)
    _inside: dict[str, float] = field(default_factory=dict)
    _gone: set[str] = field(default_factory=set)

    def a_minute_passes(self, minute: float) -> None:
        """What both do now."""
        if not self.come or self.meeting is None or minute < 0:
            return
        for role in (TEACHER, STUDENT):
            if role in self._gone:
                continue
            if role not in self._inside:
                self._try_to_join(self.meeting, role, minute)
            elif minute >= max(self.leave_at, self._inside[role] + 1):
                self.driver.leave(self.meeting, role)
                self._gone.add(role)

    def look_around(self) -> None:
        """I6: nobody's meeting or machine goes while they are at the desktop."""
        if self.meeting is None:
            return
        for role in self._inside.keys() - self._gone:
            if self.driver.meeting(self.meeting).is_over:
                self.wrong.append("I6: a meeting that ended under somebody")
            elif not self.driver.is_running(self.driver.machine_id(self.meeting, role)):
                self.wrong.append("I6: a machine that went under somebody")

    def _try_to_join(self, meeting: Booked, role: str, minute: float) -> None:
        status, content = self.driver.join(meeting, role)
        if status == 200:
            if not way_in_is_right(self.driver, content["dcv_url"], (meeting.id, role), self.desktops.warm):
                self.wrong.append("I5: a link to what is not ready")
            self.driver.sit_down(meeting, role)
            self._inside[role] = minute
        elif status != 202:
            self.wrong.append(f"I8: somebody who may join is told {status}")


def minute_of(driver: AwsDriver) -> float:
    """Minutes since the ordinary meeting's time."""
    return (driver.now - at(0)).total_seconds() / 60
