"""Recordings in a bucket, for hosts: a list of links that soon end."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Security
from starlette.exceptions import HTTPException

from elephant.bootstrap.service import Service
from elephant.entrypoints.web.access import HOST_BEARER, own_meetings
from elephant.ports.errors import UnknownRole
from elephant.ports.recordings import NoSuchRecording, RecordingLinks
from elephant.usecases.host_meetings import HostMeetings


def recording_link_routes(service: Service, recordings: RecordingLinks) -> APIRouter:
    """`GET /recordings/{meeting_id}/{role}`."""

    def the_meetings(request: Request) -> HostMeetings:
        return own_meetings(request, service)

    router = APIRouter(dependencies=[Security(HOST_BEARER)], tags=["recordings"])

    @router.get("/recordings/{meeting_id}/{role}")
    def listed(meeting_id: str, role: str, mine: Annotated[HostMeetings, Depends(the_meetings)]) -> dict[str, Any]:
        meeting = mine.get(meeting_id)
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
