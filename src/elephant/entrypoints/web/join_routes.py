"""What guests do: ask for the way into their seat's desktop."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Security
from fastapi.responses import JSONResponse

from elephant.bootstrap.service import Service
from elephant.domain.meeting import SeatPhase
from elephant.entrypoints.web.access import SEAT_BEARER, bearer
from elephant.entrypoints.web.answers import iso
from elephant.entrypoints.web.discretion import without_paths
from elephant.ports.passes import Pass, Purpose
from elephant.usecases.join_meeting import Ready, Warming, join_meeting
from elephant.wire import http

ENTRY_LIFE = timedelta(minutes=2)
"""How long an entry link is good: it is followed at once, and a desktop's own cookie takes over."""

_MESSAGES = {
    SeatPhase.PENDING: "the desktop has not been started yet",
    SeatPhase.LAUNCHED: "the desktop is starting",
    SeatPhase.DNS_WRITTEN: "the desktop is almost ready",
    SeatPhase.ENDED: "the desktop is being replaced",
}


WayIn = Callable[[Ready, Service], str]
"""Makes the address that a ready seat's holder is sent to."""


def by_entry_pass(ready: Ready, service: Service) -> str:
    """Our own page of the desktop, with a pass that is soon worth nothing."""
    issued = Pass(
        purpose=Purpose.ENTRY,
        meeting_id=ready.meeting.id,
        role=ready.seat.role,
        machine_id=ready.machine_id,
        key_issue=ready.seat.key_issue,
        expires_at=service.now() + ENTRY_LIFE,
    )
    return f"{ready.link}?token={service.passes.sign(issued)}"


def join_routes(service: Service, way_in: WayIn = by_entry_pass) -> APIRouter:
    """`GET /join/{meeting_id}/{role}`."""
    router = APIRouter(tags=["join"], dependencies=[Security(SEAT_BEARER)])

    @router.get(
        "/join/{meeting_id}/{role}",
        response_model=http.Entry,
        responses={
            202: {"model": http.Warming, "description": "Not ready yet; ask again after Retry-After seconds"},
            410: {"model": http.Over, "description": "The meeting is over"},
        },
    )
    def join(meeting_id: str, role: str, request: Request, key: Annotated[str | None, Query()] = None) -> JSONResponse:
        held = key or bearer(request) or ""
        now = service.now()
        answer = join_meeting(
            meeting_id, role, held, meetings=service.meetings, keys=service.keys, policy=service.policy, now=now
        )
        if isinstance(answer, Warming):
            return _warming(answer)
        return JSONResponse({"message": "the desktop is ready", "dcv_url": way_in(answer, service)})

    return router


def _warming(answer: Warming) -> JSONResponse:
    body = {
        "message": _MESSAGES.get(answer.phase, "the desktop is not ready yet"),
        "status": answer.status.value,
        "phase": answer.phase.value,
        "retry_after_seconds": answer.retry_after_seconds,
        "meet_time": iso(answer.meet_time),
        "starts_at": iso(answer.starts_at),
        "problem": without_paths(answer.problem) if answer.problem else None,
    }
    kept = {name: value for name, value in body.items() if value is not None}
    return JSONResponse(kept, status_code=202, headers={"Retry-After": str(answer.retry_after_seconds)})
