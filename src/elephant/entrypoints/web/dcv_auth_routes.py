"""Whom a desktop's Amazon DCV server may let in: it asks here about the token in each browser's address.

The request is a form with `sessionId`, `authenticationToken` and `clientAddress`, the answer XML with status 200, a no
as well as a yes (Amazon DCV Administrator Guide, "Use External Authentication"). What DCV does with another status is
not written there; without a yes it has no user to let in.
"""

import html
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request, Response

from elephant.bootstrap.service import Service
from elephant.entrypoints.web.desktop_access import admit
from elephant.ports.passes import Purpose

_MOST_FIELDS = 16
_LONGEST_TOKEN = 2048
_NO = '<auth result="no"/>'


async def _body(request: Request) -> bytes:
    return await request.body()


def dcv_auth_routes(service: Service, session_id: str, user_name: str) -> APIRouter:
    """`POST /dcv/auth/{machine_id}`: yes for that machine's own session and a pass that still opens it, else no.

    The path names the machine that asks: each has its own address of ours in its settings, and all their sessions have
    the same name. Anybody may ask; only who holds the pass hears more than no, and what is no pass of ours is told so
    without looking anything up. A store that cannot be read is answered with 503 and never with a yes.
    """
    router = APIRouter(tags=["desktops"])
    yes = f'<auth result="yes"><username>{html.escape(user_name)}</username></auth>'

    @router.post(
        "/dcv/auth/{machine_id}",
        response_class=Response,
        responses={200: {"content": {"text/xml": {}}, "description": "Who it is, or that it is nobody"}},
    )
    def auth(machine_id: str, body: Annotated[bytes, Depends(_body)]) -> Response:
        fields = _form(body)
        is_admitted = fields.get("sessionId") == session_id and _opens(
            fields.get("authenticationToken", ""), machine_id, service
        )
        return Response(yes if is_admitted else _NO, media_type="text/xml")

    return router


def _opens(token: str, machine_id: str, service: Service) -> bool:
    """True while this is the newest pass to a seat that this machine serves, in a meeting that is open."""
    if len(token) > _LONGEST_TOKEN:
        return False
    admitted = admit(Purpose.DESKTOP, token, machine_id, service)
    return admitted is not None and admitted.serves and admitted.seat.is_ready


def _form(body: bytes) -> dict[str, str]:
    """The fields that stand in the form once; nothing where it is none."""
    try:
        fields = parse_qs(body.decode(), errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items() if len(values) == 1}
