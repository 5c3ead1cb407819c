"""What a machine fetches before it can serve anybody: the certificate that its DCV server shows to browsers."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Security
from starlette.exceptions import HTTPException

from elephant.bootstrap.service import Service
from elephant.domain.certificate import Certificate
from elephant.entrypoints.web.access import MACHINE_BEARER, own_machine_pass
from elephant.usecases.hand_out_certificate import hand_out_certificate
from elephant.wire import http


def certificate_routes(service: Service, read: Callable[[], Certificate | None]) -> APIRouter:
    """`POST /agent/certificate`; `read` gives what is kept, None where nothing is."""
    router = APIRouter(prefix="/agent", tags=["machines"], dependencies=[Security(MACHINE_BEARER)])

    @router.post("/certificate", responses={410: {"model": http.Over, "description": "The meeting is over"}})
    def certificate(body: http.CertificateRequest, request: Request) -> http.MachineCertificate:
        held = own_machine_pass(request, body.machine_id, service)
        kept = hand_out_certificate(held.meeting_id, held.role, body.machine_id, meetings=service.meetings, read=read)
        if kept is None:
            raise HTTPException(404, "no certificate is kept for machines: go on with one of your own")
        return http.MachineCertificate(certificate=kept.certificate, chain=kept.chain, private_key=kept.private_key)

    return router
