"""How a machine hands in its recordings: in parts, which it sends to where they are kept without coming by here."""

from fastapi import APIRouter, Request, Security

from elephant.bootstrap.service import Service
from elephant.domain.upload import UploadPart, UploadPlace
from elephant.entrypoints.web.access import MACHINE_BEARER, own_machine_pass
from elephant.ports.uploads import Uploads
from elephant.usecases.place_of_upload import place_of_upload
from elephant.wire import http


def upload_routes(service: Service, uploads: Uploads) -> APIRouter:
    """`POST /agent/uploads…`, for the seat's own machine, also when the meeting is over."""
    router = APIRouter(prefix="/agent/uploads", tags=["machines"], dependencies=[Security(MACHINE_BEARER)])

    @router.post("")
    def begin(body: http.UploadBegin, request: Request) -> http.UploadBegun:
        upload = uploads.begin(_place(request, body), body.size_bytes)
        uploaded = [
            http.UploadPart(number=part.number, size_bytes=part.size_bytes, sha256=part.sha256)
            for part in upload.uploaded
        ]
        return http.UploadBegun(upload_id=upload.id, part_size_bytes=upload.part_size_bytes, uploaded=uploaded)

    @router.post("/parts")
    def parts(body: http.UploadParts, request: Request) -> http.PartsToPut:
        asked = [UploadPart(number=part.number, size_bytes=part.size_bytes, sha256=part.sha256) for part in body.parts]
        requests = uploads.part_requests(_place(request, body), body.upload_id, asked)
        return http.PartsToPut(
            parts=[http.PartToPut(number=each.number, url=each.url, headers=dict(each.headers)) for each in requests]
        )

    @router.post("/complete")
    def complete(body: http.UploadComplete, request: Request) -> http.Uploaded:
        told = [(part.number, part.sha256) for part in body.parts]
        return http.Uploaded(url=uploads.complete(_place(request, body), body.upload_id, body.size_bytes, told))

    def _place(request: Request, body: http.UploadOf) -> UploadPlace:
        held = own_machine_pass(request, body.machine_id, service)
        return place_of_upload(held.meeting_id, held.role, body.machine_id, body.name, meetings=service.meetings)

    return router
