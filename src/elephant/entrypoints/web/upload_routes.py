"""How a machine hands in its recordings: in parts, which it sends to where they are kept without coming by here."""

from fastapi import APIRouter, Request, Security

from elephant.bootstrap.service import Service
from elephant.domain.upload import UploadPart, UploadPlace
from elephant.entrypoints.web.access import MACHINE_BEARER, own_machine_pass
from elephant.ports.uploads import Uploads
from elephant.usecases.place_of_upload import place_of_upload
from elephant.wire import upload_bodies


def upload_routes(service: Service, uploads: Uploads) -> APIRouter:
    """`POST /agent/uploads…`, for the seat's own machine, also when the meeting is over."""
    router = APIRouter(prefix="/agent/uploads", tags=["machines"], dependencies=[Security(MACHINE_BEARER)])

    @router.post("")
    def begin(body: upload_bodies.UploadBegin, request: Request) -> upload_bodies.UploadBegun:
        upload = uploads.begin(_place(request, body), body.size_bytes)
        uploaded = [
            upload_bodies.UploadPart(number=part.number, size_bytes=part.size_bytes, sha256=part.sha256)
            for part in upload.uploaded
        ]
        return upload_bodies.UploadBegun(upload_id=upload.id, part_size_bytes=upload.part_size_bytes, uploaded=uploaded)

    @router.post("/parts")
    def parts(body: upload_bodies.UploadParts, request: Request) -> upload_bodies.PartsToPut:
        asked = [UploadPart(number=part.number, size_bytes=part.size_bytes, sha256=part.sha256) for part in body.parts]
        requests = uploads.part_requests(_place(request, body), body.upload_id, asked)
        return upload_bodies.PartsToPut(
            parts=[
                upload_bodies.PartToPut(number=each.number, url=each.url, headers=dict(each.headers))
                for each in requests
            ]
        )

    @router.post("/complete")
    def complete(body: upload_bodies.UploadComplete, request: Request) -> upload_bodies.Uploaded:
        told = [(part.number, part.sha256) for part in body.parts]
        return upload_bodies.Uploaded(
            url=uploads.complete(_place(request, body), body.upload_id, body.size_bytes, told)
        )

    def _place(request: Request, body: upload_bodies.UploadOf) -> UploadPlace:
        held = own_machine_pass(request, body.machine_id, service)
        return place_of_upload(
            held.meeting_id,
            held.role,
            body.machine_id,
            body.name,
            meetings=service.meetings,
            policy=service.policy,
        )

    return router
