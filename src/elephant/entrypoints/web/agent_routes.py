"""What machines report: health, presence, and their recordings."""

from fastapi import APIRouter, Request, Security

from elephant.bootstrap.service import Service
from elephant.domain.meeting_item import time_text
from elephant.entrypoints.web.access import MACHINE_BEARER, own_machine_pass
from elephant.usecases.record_health import HealthReport, record_health
from elephant.usecases.record_session_data import record_session_data
from elephant.wire import http


def agent_routes(service: Service) -> APIRouter:
    """`POST /agent/…`, each with the pass of the machine's own seat."""
    router = APIRouter(prefix="/agent", tags=["machines"], dependencies=[Security(MACHINE_BEARER)])

    @router.post("/health", responses={410: {"model": http.Over, "description": "The meeting is over"}})
    def health(body: http.HealthReport, request: Request) -> http.HealthHeard:
        held = own_machine_pass(request, body.machine_id, service)
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
        held = own_machine_pass(request, body.machine_id, service)
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

    return router
