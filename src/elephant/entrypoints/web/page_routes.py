"""The pages: signing in, the host's, booking, and the lobby."""

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from elephant.bootstrap.service import Service
from elephant.entrypoints.web.access import HOST_COOKIE, host_of_token, is_same_origin, sign_in, signed_in_host
from elephant.entrypoints.web.page_values import host_values, schedule_values
from elephant.entrypoints.web.rendering import page

USUAL_START_SECONDS = 5
_SEE_OTHER = 303
_WRONG_TOKEN = "That is no host's token. It was printed when the server started, or when you were made a host."  # noqa: S105


def page_routes(service: Service) -> APIRouter:
    """Every page but the desktop's own; HEAD is answered too, for whoever looks whether a link leads anywhere."""
    router = APIRouter(include_in_schema=False)
    _add_sign_in(router, service)

    @router.head("/")
    @router.get("/")
    def host_page(request: Request, token: Annotated[str | None, Query()] = None) -> Response:
        if token is not None:
            return _sign_in_with(request, token, service)
        if signed_in_host(request, service) is None:
            return page(request, "sign_in.html", status_code=401, error="")
        return page(request, "host.html", **host_values(service.policy))

    @router.head("/schedule")
    @router.get("/schedule")
    def schedule_page(request: Request) -> Response:
        if signed_in_host(request, service) is None:
            return page(request, "sign_in.html", status_code=401, error="")
        return page(request, "schedule.html", **schedule_values(service.policy))

    @router.head("/meeting")
    @router.get("/meeting")
    def lobby(request: Request) -> Response:
        # Only what runs on the page joins; a chat program that looks at a link does not.
        return page(request, "lobby.html", usual_start_seconds=USUAL_START_SECONDS)

    return router


def _sign_in_with(request: Request, token: str, service: Service) -> Response:
    host = host_of_token(token.strip(), service)
    if host is None:
        return page(request, "sign_in.html", status_code=403, error=_WRONG_TOKEN)
    response = RedirectResponse("/", status_code=_SEE_OTHER)
    sign_in(response, host, service)
    return response


def _add_sign_in(router: APIRouter, service: Service) -> None:
    @router.post("/sign-in")
    async def sign_in_form(request: Request) -> Response:
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        return _sign_in_with(request, form.get("token", [""])[0], service)

    @router.post("/sign-out")
    def sign_out(request: Request) -> Response:
        response = RedirectResponse("/", status_code=_SEE_OTHER)
        if is_same_origin(request.headers.get("origin"), request.headers.get("host")):
            response.delete_cookie(HOST_COOKIE)
        return response
