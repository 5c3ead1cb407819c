"""`meeting-safety-net`: the alarm `safety-{id}` ends a meeting that nobody came to, or looks again later."""

from typing import Any

from elephant.bootstrap.aws import aws
from elephant.bootstrap.aws_parts import Part
from elephant.entrypoints.lambdas.failures import failures_logged
from elephant.entrypoints.lambdas.starting import start
from elephant.usecases.safety_net import safety_net
from elephant.wire.aws_events import meeting_id_of

start(Part.SAFETY_NET_ALARM)


def handler(event: object, _context: object) -> dict[str, Any]:
    """Carry out the net's and the deadline's verdicts; the answer says which one counted and why."""
    meeting_id = meeting_id_of(event)
    with failures_logged(f"the safety net of meeting {meeting_id}"):
        service = aws().service
        verdict = safety_net(
            meeting_id,
            meetings=service.meetings,
            machines=service.machines,
            alarms=service.alarms,
            policy=service.policy,
            now=service.now(),
            overlap=service.overlap,
        )
    return {"meeting_id": meeting_id, "verdict": type(verdict).__name__.lower(), "why": verdict.why}
