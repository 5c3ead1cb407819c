"""A desktop in the browser: its page, its state, and the stream of its screen."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from elephant.adapters.embedded.addresses import PathAddresses
from elephant.bootstrap.service import Service
from elephant.domain.timetable import deadline_cap, is_present
from elephant.entrypoints.web.answers import iso
from elephant.entrypoints.web.desktop_access import DESKTOP_COOKIE, Admitted, admit
from elephant.entrypoints.web.rendering import message_page, page
from elephant.entrypoints.web.screen_route import add_screen_route
from elephant.entrypoints.web.vnc_proxy import Screens
from elephant.ports.passes import Purpose

_SEE_OTHER = 303


def desktop_routes(service: Service, addresses: PathAddresses, screens: Screens) -> APIRouter:
    """`/desktop/{machine_id}` and what belongs to it."""
    router = APIRouter(include_in_schema=False)
    _add_page(router, service)
    _add_room(router, service)

    @router.get("/desktop/{machine_id}/state")
    def state(machine_id: str, request: Request) -> Response:
        admitted = admit(Purpose.DESKTOP, request.cookies.get(DESKTOP_COOKIE, ""), machine_id, service)
        if admitted is None:
            return JSONResponse({"message": "this desktop is not open to you"}, status_code=403)
        return JSONResponse(_state(admitted))

    add_screen_route(router, service, addresses, screens)
    return router


def _add_page(router: APIRouter, service: Service) -> None:
    @router.head("/desktop/{machine_id}")
    @router.get("/desktop/{machine_id}")
    def desktop(machine_id: str, request: Request, token: Annotated[str | None, Query()] = None) -> Response:
        if token is not None:
            return _enter(machine_id, token, request, service)
        admitted = admit(Purpose.DESKTOP, request.cookies.get(DESKTOP_COOKIE, ""), machine_id, service)
        if admitted is None:
            return _not_admitted(request)
        return page(request, "desktop.html", machine_id=machine_id)


def _enter(machine_id: str, token: str, request: Request, service: Service) -> Response:
    """Change the short-lived pass of the address for a cookie of this one desktop, out of sight of its history."""
    admitted = admit(Purpose.ENTRY, token, machine_id, service)
    if admitted is None:
        return _not_admitted(request)
    response = RedirectResponse(f"/desktop/{machine_id}", status_code=_SEE_OTHER)
    # Good until the longest possible end, because a reload presents it again; `admit` asks the meeting each time.
    held = replace(
        admitted.held,
        purpose=Purpose.DESKTOP,
        expires_at=deadline_cap(admitted.meeting.meet_time, service.policy) + service.policy.margin,
    )
    response.set_cookie(
        DESKTOP_COOKIE,
        service.passes.sign(held),
        path=f"/desktop/{machine_id}",
        httponly=True,
        samesite="lax",
        secure=service.public_url.startswith("https:"),
    )
    return response


def _not_admitted(request: Request) -> Response:
    return message_page(
        request,
        403,
        "This desktop is not open to you",
        "The way into a desktop is your own invitation link, and it is good for one meeting only.",
        "Follow your invitation link again. If it does not let you in, ask whoever invited you for a new one.",
    )


def _state(admitted: Admitted) -> dict[str, object]:
    meeting, seat = admitted.meeting, admitted.seat
    return {
        "over": meeting.is_over,
        "termination_reason": meeting.termination_reason.value if meeting.termination_reason else None,
        "deadline": iso(meeting.deadline),
        "meet_time": iso(meeting.meet_time),
        "role": seat.role,
        "name": seat.name,
        "names": [{"role": each.role, "name": each.name} for each in meeting.seats],
        "serves": admitted.serves,
    }


def _add_room(router: APIRouter, service: Service) -> None:
    """The room that a desktop shows where no call service is configured."""

    def admitted_to(meeting_id: str, role: str, token: str) -> Admitted | None:
        held = service.passes.read(Purpose.ROOM, token, service.now())
        if held is None or (held.meeting_id, held.role) != (meeting_id, role):
            return None
        return admit(Purpose.ROOM, token, held.machine_id, service)

    @router.head("/room/{meeting_id}/{role}")
    @router.get("/room/{meeting_id}/{role}")
    def room(meeting_id: str, role: str, request: Request, token: Annotated[str, Query()] = "") -> Response:
        if admitted_to(meeting_id, role, token) is None:
            return _not_admitted(request)
        return page(request, "room.html", meeting_id=meeting_id, role=role)

    @router.get("/room/{meeting_id}/{role}/state")
    def room_state(meeting_id: str, role: str, token: Annotated[str, Query()] = "") -> Response:
        admitted = admitted_to(meeting_id, role, token)
        if admitted is None:
            return JSONResponse({"message": "this room is not open to you"}, status_code=403)
        meeting, now = admitted.meeting, service.now()
        people = [
            {"role": seat.role, "name": seat.name, "present": is_present(seat, now, service.policy)}
            for seat in meeting.seats
        ]
        return JSONResponse(
            {
                "over": meeting.is_over,
                "deadline": iso(meeting.deadline),
                "meet_time": iso(meeting.meet_time),
                "role": role,
                "people": people,
            }
        )
