"""What a machine is told at its start: which seat it serves, and the pass with which it reports to us."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from elephant.bootstrap.aws_settings import AwsSettings
from elephant.domain.meeting_item import time_text
from elephant.ports.machines import LaunchOrder
from elephant.ports.passes import Pass, Passes, Purpose

HEARTBEAT = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class UserData:
    """Gives the same text for the same order, because a launch may be repeated; `passes` is asked where one is signed.

    The pass is for a seat, not for a machine: no machine has an id before it is launched. So whoever takes it checks
    that the machine that speaks is the seat's own (`usecases/machine_of_seat.py`). Without an API to use it at there is
    none. Whoever can read the metadata service can read it: images of ours close that to everybody but the system.
    """

    settings: AwsSettings
    passes: Callable[[], Passes]

    def __call__(self, order: LaunchOrder) -> str:
        """The text, JSON. Raises Temporary and Permanent where a pass cannot be signed."""
        settings, policy = self.settings, self.settings.policy
        told = {
            "meeting_id": order.meeting_id,
            "role": order.role,
            "deadline": time_text(order.deadline),
            "jitsi_url": order.jitsi_url,
            "api_url": settings.api_url,
            "token": self.passes().sign(self._pass(order)) if settings.api_url else "",
            "dcv_session_id": settings.dcv_session_id,
            "margin_seconds": policy.margin.total_seconds(),
            "heartbeat_seconds": HEARTBEAT.total_seconds(),
            "record": settings.record,
        }
        return json.dumps(told)

    def _pass(self, order: LaunchOrder) -> Pass:
        policy = self.settings.policy
        # No deadline moves on for longer than this. A recording may still be on its way when the meeting is over.
        expires_at = order.deadline + policy.maximum + policy.margin
        return Pass(purpose=Purpose.MACHINE, meeting_id=order.meeting_id, role=order.role, expires_at=expires_at)
