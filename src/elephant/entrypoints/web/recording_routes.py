"""Recordings to look at and to download, for hosts."""

import contextlib
from collections.abc import Iterator

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException

from elephant.adapters.embedded.recordings import RecordingNotFound, Recordings
from elephant.bootstrap.service import Service
from elephant.entrypoints.web.access import own_meetings


def recording_routes(service: Service, recordings: Recordings) -> APIRouter:
    """`/recordings/{meeting_id}/{role}/…`: the manifest, and the segments that it names."""

    def host_only(request: Request, meeting_id: str) -> None:
        mine = own_meetings(request, service)
        if not mine.host.sees_all:
            # Whoever sees all also sees the recordings of meetings that the store has forgotten.
            mine.get(meeting_id)

    router = APIRouter(prefix="/recordings/{meeting_id}/{role}", dependencies=[Depends(host_only)], tags=["recordings"])

    @router.get("")
    @router.get("/manifest.json")
    def manifest(meeting_id: str, role: str) -> JSONResponse:
        with _not_found_is_404():
            found = recordings.manifest(meeting_id, role)
        base_url = f"{service.public_url}/recordings/{meeting_id}/{role}"
        segments = [
            {**each, "name": each["file"], "url": f"{base_url}/{each['file']}"} for each in found.get("segments", ())
        ]
        return JSONResponse({**found, "segments": segments})

    @router.get("/{segment}")
    def segment(meeting_id: str, role: str, segment: str) -> Response:
        with _not_found_is_404():
            file = recordings.open_segment(meeting_id, role, segment)
        # By its descriptor and not by its name: a desktop may put a link in its place at any time.
        return FileResponse(
            f"/proc/self/fd/{file.fileno()}",
            media_type="video/x-matroska",
            filename=f"{meeting_id}-{role}-{segment}",
            background=BackgroundTask(file.close),
        )

    return router


@contextlib.contextmanager
def _not_found_is_404() -> Iterator[None]:
    try:
        yield
    except RecordingNotFound as error:
        raise HTTPException(404, str(error)) from error
