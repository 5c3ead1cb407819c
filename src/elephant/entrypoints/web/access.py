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
from elephant.domain.hours import INSTALLATION, Host
from elephant.ports.hosts import token_digest
from elephant.ports.passes import Pass, Purpose
from elephant.usecases.host_meetings import HostMeetings

HOST_BEARER = HTTPBearer(
    scheme_name="host", auto_error=False, description="the host's token; browsers may sign in and send a cookie instead"
)
MACHINE_BEARER = HTTPBearer(scheme_name="machine", auto_error=False, description="the pass of one machine")
SEAT_BEARER = HTTPBearer(scheme_name="seat", auto_error=False, description="a seat's key, if not given as ?key=")
"""These three only describe; the functions below decide."""

AUTHORIZED: Final = "elephant.authorized"
"""In the ASGI scope of a request whose sender an authorizer in front of us has let in: the Host that they are.

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


def host_of_token(token: str, service: Service) -> Host | None:
    """Whose token it is; the installation's own is compared in constant time whatever its length.

    Other hosts are found by the digest of theirs, which says nothing about any other token.
    """
    digest = token_digest(token)
    if service.host_token != "" and hmac.compare_digest(digest, token_digest(service.host_token)):
        return INSTALLATION
    kept = service.hosts.with_token(digest)
    return None if kept is None else kept.host


def _present(name: str, service: Service) -> tuple[Host, str] | None:
    """The host of that name, and what their cookies show as long as the token is good that they have now."""
    if name == INSTALLATION.name:
        return (INSTALLATION, _fingerprint(service.host_token)) if service.host_token else None
    kept = service.hosts.named(name)
    return None if kept is None else (kept.host, _fingerprint(f"of {kept.token_digest}"))


def _fingerprint(credential: str) -> str:
    return hashlib.sha256(b"elephant host " + credential.encode()).hexdigest()[:32]


def sign_in(response: Response, host: Host, service: Service) -> None:
    """Give the browser a cookie that dies with the host's token."""
    present = _present(host.name, service)
    issued = Pass(
        purpose=Purpose.HOST,
        # None only where they were removed in this moment: then it is good for nothing
        machine_id="" if present is None else present[1],
        expires_at=service.now() + HOST_COOKIE_LIFE,
        host=host.name,
    )
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


def signed_in_host(request: Request, service: Service) -> Host | None:
    """The host of a browser's cookie, if it was made for the token that they have now."""
    if HOST_COOKIE not in request.cookies:
        return None
    held = service.passes.read(Purpose.HOST, request.cookies[HOST_COOKIE], service.now())
    if held is None:
        return None
    present = _present(held.host, service)
    return present[0] if present is not None and hmac.compare_digest(held.machine_id, present[1]) else None


def is_same_origin(origin: str | None, host: str | None) -> bool:
    """True when a browser says that one of our own pages asks; a missing Origin is no browser's cross-site request."""
    if origin is None:
        return True
    try:
        netloc = urlsplit(origin).netloc
    except ValueError:
        return False
    return netloc != "" and netloc.lower() == (host or "").lower()


def require_host(request: Request, service: Service) -> Host:
    """The host who asks; raises 401 without a valid credential, 403 for a cookie that another site makes use of."""
    authorized = request.scope.get(AUTHORIZED)
    if isinstance(authorized, Host):
        return authorized
    token = bearer(request)
    if token is not None:
        of_token = host_of_token(token, service)
        if of_token is None:
            raise HTTPException(401, "this token is not the host's", {"WWW-Authenticate": "Bearer"})
        return of_token
    host = signed_in_host(request, service)
    if host is None:
        raise HTTPException(401, "sign in first, or send the host's token", {"WWW-Authenticate": "Bearer"})
    same_origin = is_same_origin(request.headers.get("origin"), request.headers.get("host"))
    if request.method not in _SAFE_METHODS and not same_origin:
        raise HTTPException(403, "another site may not do this in your name")
    return host


def own_meetings(request: Request, service: Service) -> HostMeetings:
    """What every route of a host begins with: their meetings alone. Raises what `require_host` raises."""
    return meetings_of(require_host(request, service), service)


def meetings_of(host: Host, service: Service) -> HostMeetings:
    """The meetings that this host may see and change."""
    return HostMeetings(service.meetings, service.ledger, host, service.policy, service.now())


def machine_pass(request: Request, service: Service) -> Pass:
    """The pass of the machine that asks; raises 401 for none or a forged one."""
    token = bearer(request)
    held = service.passes.read(Purpose.MACHINE, token, service.now()) if token else None
    if held is None:
        raise HTTPException(401, "this is for machines with the pass of their seat", {"WWW-Authenticate": "Bearer"})
    return held


def own_machine_pass(request: Request, machine_id: str, service: Service) -> Pass:
    """The pass of the machine that asks and says that it is this one; raises 401 as above, and 403 for another one's.

    One that names no machine was signed before the machine had an id: then the seat has to say whose it is.
    """
    held = machine_pass(request, service)
    if held.machine_id not in {"", machine_id}:
        raise HTTPException(403, "this pass is another machine's")
    return held
