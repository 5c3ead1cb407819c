"""Who may ask: hosts by token or cookie, machines by the pass of their own seat."""

import hashlib
import hmac
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request, Response
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException

from elephant.bootstrap.service import Service
from elephant.ports.passes import Pass, Purpose

HOST_BEARER = HTTPBearer(
    scheme_name="host", auto_error=False, description="the host's token; browsers may sign in and send a cookie instead"
)
MACHINE_BEARER = HTTPBearer(scheme_name="machine", auto_error=False, description="the pass of one machine")
SEAT_BEARER = HTTPBearer(scheme_name="seat", auto_error=False, description="a seat's key, if not given as ?key=")
"""These three only describe; the functions below decide."""

AUTHORIZED: Final = "elephant.authorized"
"""True in the ASGI scope of a request whose sender an authorizer in front of us has let in, as a host.

The entry point that knows the authorizer sets it, and nothing that is sent can: requests reach the app as a path, a
query, headers and a body, and the scope's other names are the server's own.
"""

HOST_COOKIE: Final = "elephant_host"
HOST_COOKIE_LIFE = timedelta(days=30)
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def bearer(request: Request) -> str | None:
    """The bearer token of the Authorization header, if there is one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def is_host_token(token: str, service: Service) -> bool:
    """True for the host's token, compared in constant time whatever its length; without one, nothing is it."""
    return service.host_token != "" and hmac.compare_digest(_digest(token), _digest(service.host_token))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


def _fingerprint(service: Service) -> str:
    return hashlib.sha256(b"elephant host " + service.host_token.encode()).hexdigest()[:32]


def sign_in(response: Response, service: Service) -> None:
    """Give the browser a cookie that dies with the host's token."""
    issued = Pass(purpose=Purpose.HOST, machine_id=_fingerprint(service), expires_at=service.now() + HOST_COOKIE_LIFE)
    response.set_cookie(
        HOST_COOKIE,
        service.passes.sign(issued),
        max_age=int(HOST_COOKIE_LIFE.total_seconds()),
        httponly=True,
        # Lax, not strict: following the printed link from a web mail must not look signed out. Every unsafe
        # method checks its origin besides.
        samesite="lax",
        secure=service.public_url.startswith("https:"),
    )


def is_signed_in(request: Request, service: Service) -> bool:
    """True for a browser with a host's cookie that was made for the present token; without one, for none."""
    if not service.host_token or HOST_COOKIE not in request.cookies:
        return False
    held = service.passes.read(Purpose.HOST, request.cookies[HOST_COOKIE], service.now())
    return held is not None and hmac.compare_digest(held.machine_id, _fingerprint(service))


def is_same_origin(origin: str | None, host: str | None) -> bool:
    """True when a browser says that one of our own pages asks; a missing Origin is no browser's cross-site request."""
    if origin is None:
        return True
    try:
        netloc = urlsplit(origin).netloc
    except ValueError:
        return False
    return netloc != "" and netloc.lower() == (host or "").lower()


def require_host(request: Request, service: Service) -> None:
    """Let a host pass; raises 401 without a valid credential, 403 for a cookie that another site makes use of."""
    if request.scope.get(AUTHORIZED) is True:
        return
    token = bearer(request)
    if token is not None:
        if is_host_token(token, service):
            return
        raise HTTPException(401, "this token is not the host's", {"WWW-Authenticate": "Bearer"})
    if not is_signed_in(request, service):
        raise HTTPException(401, "sign in first, or send the host's token", {"WWW-Authenticate": "Bearer"})
    same_origin = is_same_origin(request.headers.get("origin"), request.headers.get("host"))
    if request.method not in _SAFE_METHODS and not same_origin:
        raise HTTPException(403, "another site may not do this in your name")


def machine_pass(request: Request, service: Service) -> Pass:
    """The pass of the machine that asks; raises 401 for none or a forged one."""
    token = bearer(request)
    held = service.passes.read(Purpose.MACHINE, token, service.now()) if token else None
    if held is None:
        raise HTTPException(401, "this is for machines with the pass of their seat", {"WWW-Authenticate": "Bearer"})
    return held
