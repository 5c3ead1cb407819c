"""What machines report: health, presence, and their recordings."""

from fastapi import APIRouter, Request, Security
from starlette.exceptions import HTTPException

from elephant.bootstrap.service import Service
from elephant.domain.meeting_item import time_text
from elephant.entrypoints.web.access import MACHINE_BEARER, machine_pass
from elephant.ports.passes import Pass
from elephant.usecases.record_health import HealthReport, record_health
from elephant.usecases.record_session_data import record_session_data
from elephant.wire import http


def agent_routes(service: Service) -> APIRouter:
    """`POST /agent/…`, each with the pass of the machine's own seat."""
    router = APIRouter(prefix="/agent", tags=["machines"], dependencies=[Security(MACHINE_BEARER)])

    @router.post("/health", responses={410: {"model": http.Over, "description": "The meeting is over"}})
    def health(body: http.HealthReport, request: Request) -> http.HealthHeard:
        held = _own_pass(request, body.machine_id)
        report = HealthReport(
            meeting_id=held.meeting_id,
            role=held.role,
            machine_id=body.machine_id,
            is_named=held.machine_id != "",
            healthy=body.healthy,
            connected=body.connected,
        )
        meeting = record_health(report, meetings=service.meetings, policy=service.policy, now=service.now())
        return http.HealthHeard(deadline=time_text(meeting.deadline), over=meeting.is_over)

    @router.post("/session-data")
    def session_data(body: http.SessionData, request: Request) -> http.Noted:
        held = _own_pass(request, body.machine_id)
        meeting = record_session_data(
            held.meeting_id,
            held.role,
            body.url,
            meetings=service.meetings,
            now=service.now(),
            only_from=None if held.machine_id else body.machine_id,
        )
        service.on_written(meeting)
        return http.Noted(message="noted")

    def _own_pass(request: Request, machine_id: str) -> Pass:
        held = machine_pass(request, service)
        # One that names no machine was signed before the machine had an id; the seat knows whose it is.
        if held.machine_id not in {"", machine_id}:
            raise HTTPException(403, "this pass is another machine's")
        return held

    return router
