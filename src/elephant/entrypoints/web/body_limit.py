"""A bound on what anybody may send, so that nobody fills our memory."""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 64 * 1024
_WITHOUT_BODY = {"GET", "HEAD", "OPTIONS", "DELETE"}


class BodyLimit:
    """ASGI middleware that answers 413 to a body over MAX_BODY_BYTES, declared or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take in the whole body, which is small, and pass it on in one piece."""
        if scope["type"] != "http" or scope["method"] in _WITHOUT_BODY:
            await self._app(scope, receive, send)
            return
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > MAX_BODY_BYTES:
                answer = {"message": f"a request's body may have at most {MAX_BODY_BYTES // 1024} KiB"}
                await JSONResponse(answer, status_code=413)(scope, receive, send)
                return
        handed_over = False

        async def replay() -> Message:
            nonlocal handed_over
            if handed_over:
                return await receive()
            handed_over = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self._app(scope, replay, send)
