"""The WebSocket of a screen: who may open it, for how long, and with which code it closes."""

import asyncio
import logging

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from starlette.concurrency import run_in_threadpool

from elephant.adapters.embedded.addresses import PathAddresses
from elephant.bootstrap.service import Service
from elephant.entrypoints.web.access import is_same_origin
from elephant.entrypoints.web.desktop_access import DESKTOP_COOKIE, admit
from elephant.entrypoints.web.vnc_proxy import Screens
from elephant.ports.errors import MachineNotFound, Temporary
from elephant.ports.passes import Purpose

logger = logging.getLogger(__name__)

NOT_ALLOWED, MACHINE_GONE, MEETING_OVER = 4403, 4404, 4410
TRY_LATER = 1013
RECHECK_SECONDS = 5.0
"""How long a stream may outlive the right to it."""


def add_screen_route(router: APIRouter, service: Service, addresses: PathAddresses, screens: Screens) -> None:
    """`/desktop/{machine_id}/vnc`: RFB in binary messages; cookie and origin are checked."""

    @router.websocket("/desktop/{machine_id}/vnc")
    async def vnc(websocket: WebSocket, machine_id: str) -> None:
        if not is_same_origin(websocket.headers.get("origin"), websocket.headers.get("host")):
            await screens.close(websocket, NOT_ALLOWED)
            return
        cookie = websocket.cookies.get(DESKTOP_COOKIE, "")
        try:
            await websocket.accept()
        except WebSocketDisconnect:
            return  # whoever it was does not wait for an answer
        refusal = await _refusal(service, machine_id, cookie)
        if refusal is None:
            try:
                screen = await run_in_threadpool(addresses.open_socket, machine_id)
            except (MachineNotFound, Temporary):
                logger.info("machine %s has no screen now", machine_id, exc_info=True)
            else:
                await screens.relay(websocket, screen, until=_refused(service, machine_id, cookie))
            # Whether the machine is gone is the seat's to say: until its end is noticed, its lobby leads back here.
            refusal = await _refusal(service, machine_id, cookie) or TRY_LATER
        await screens.close(websocket, refusal)


async def _refusal(service: Service, machine_id: str, cookie: str) -> int | None:
    """Why this cookie may not, or not any more, see this machine's screen; None while it may."""
    try:
        admitted = await run_in_threadpool(admit, Purpose.DESKTOP, cookie, machine_id, service)
    except Temporary as error:
        logger.warning("could not find out who may see machine %s: %s", machine_id, error)
        return TRY_LATER
    if admitted is None:
        return NOT_ALLOWED
    if admitted.meeting.is_over:
        return MEETING_OVER
    return None if admitted.serves else MACHINE_GONE


async def _refused(service: Service, machine_id: str, cookie: str) -> None:
    """Return once the meeting is over, the machine replaced, or the key of its holder made anew."""
    while True:
        await asyncio.sleep(RECHECK_SECONDS)
        if await _refusal(service, machine_id, cookie) not in {None, TRY_LATER}:
            return
