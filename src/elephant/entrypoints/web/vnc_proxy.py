"""The stream of a screen: one WebSocket, one unix socket, and bytes both ways."""

import asyncio
import contextlib
import logging
import os
from collections.abc import Coroutine

from fastapi import WebSocket, WebSocketDisconnect
from starlette.websockets import WebSocketState

logger = logging.getLogger(__name__)

_CHUNK_BYTES = 256 * 1024
_CONNECT_SECONDS = 5.0


class Screens:
    """Relays screens and counts how many are being looked at."""

    def __init__(self) -> None:
        self.open_count = 0

    async def relay(self, websocket: WebSocket, screen: int, until: Coroutine[None, None, None]) -> None:
        """Pass bytes between a browser and a screen until either or `until` is done; a screen that is gone is done.

        `screen` is a descriptor of the screen's socket, which is connected to by that and not by its name, and closed.
        """
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                reader, writer = await asyncio.open_unix_connection(f"/proc/self/fd/{screen}")
        except (OSError, TimeoutError) as error:
            logger.info("a screen does not answer: %s", error)
            until.close()
            return
        finally:
            os.close(screen)
        self.open_count += 1
        try:
            await _first_of(_to_browser(websocket, reader), _to_screen(websocket, writer), until)
        finally:
            self.open_count -= 1
            writer.close()
            with contextlib.suppress(OSError):  # the other end may have gone first, which is how most streams end
                await writer.wait_closed()

    async def close(self, websocket: WebSocket, code: int) -> None:
        """Say why the stream ended, if anybody still listens."""
        if websocket.client_state is not WebSocketState.DISCONNECTED:
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # gone between the question and the answer
                await websocket.close(code)


async def _first_of(*parts: Coroutine[None, None, None]) -> None:
    """Run all until the first is done, and leave none running."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                logger.error("a stream broke", exc_info=result)


async def _to_browser(websocket: WebSocket, reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(OSError, WebSocketDisconnect, RuntimeError):  # either end may go at any time
        while data := await reader.read(_CHUNK_BYTES):
            await websocket.send_bytes(data)


async def _to_screen(websocket: WebSocket, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, WebSocketDisconnect):
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if data := message.get("bytes"):
                writer.write(data)
                await writer.drain()
