"""A bug is answered and logged in one place."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from elephant.entrypoints.web.errors import answer_bug


class BugAnswers:
    """ASGI middleware that answers what nobody expected.

    An exception handler for Exception would be asked too, but is followed by the same exception once more, which the
    server then logs a second time.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; an exception after the answer has begun is left to the server, which breaks it off."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def note(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, note)
        except Exception as error:
            if has_begun:
                raise
            await answer_bug(Request(scope), error)(scope, receive, send)
