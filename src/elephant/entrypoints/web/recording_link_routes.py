"""Recordings in a bucket, for hosts: a list of links that soon end."""

from typing import Any

from fastapi import APIRouter, Request, Security
from starlette.exceptions import HTTPException

from elephant.bootstrap.service import Service
from elephant.entrypoints.web.access import HOST_BEARER, meetings_of, require_host
from elephant.ports.errors import UnknownRole
from elephant.ports.recordings import NoSuchRecording, RecordingLinks


def recording_link_routes(service: Service, recordings: RecordingLinks) -> APIRouter:
    """`GET /recordings/{meeting_id}/{role}`, of the host's own meetings."""
    router = APIRouter(dependencies=[Security(HOST_BEARER)], tags=["recordings"])

    @router.get("/recordings/{meeting_id}/{role}")
    def listed(meeting_id: str, role: str, request: Request) -> dict[str, Any]:
        meeting = meetings_of(require_host(request, service), service).get(meeting_id)
        seat = meeting.seat(role)
        if seat is None:
            raise UnknownRole(role, meeting.roles)
        if seat.session_data is None:
            raise HTTPException(404, "nothing was handed in for this seat")
        try:
            return recordings.listed(meeting.id, seat.role, seat.session_data)
        except NoSuchRecording as error:
            raise HTTPException(404, str(error)) from error

    return router
