"""What goes between a client and EventBridge Scheduler."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session


class Raw(io.BytesIO):
    """A body as urllib3 hands it out."""

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.read()


def response(request: Any, status: int, code: str = "") -> AWSResponse:  # noqa: ANN401  botocore's
    headers: Any = {"x-amzn-ErrorType": code} if code else {}
    body = json.dumps({"Message": "as it says"}).encode() if code else b""
    return AWSResponse(request.url, status, headers, Raw(body))


class Wire:
    """What goes over the wire, and what happens to it; an operation is named as in `CreateSchedule`."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401  a client of any service
        self._client = client
        self.calls: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.tokens: list[str] = []
        client.meta.events.register("before-send.scheduler.*", self._note)

    def before(self, operation: str, act: Callable[[Any], object], times: int = 1) -> None:
        """Do something just before each of the next such requests is sent; a response that it returns is the answer."""
        left = iter(range(times))

        def interrupt(request: Any, **_: object) -> AWSResponse | None:  # noqa: ANN401  botocore's
            done = act(request) if next(left, None) is not None else None
            return done if isinstance(done, AWSResponse) else None

        self._client.meta.events.register(f"before-send.scheduler.{operation}", interrupt)

    def answer(self, operation: str, status: int, code: str = "", times: int = 1, *, name: str = "") -> None:
        """The next such requests (about the schedule of that name) get this answer, and are not carried out."""

        def refuse(request: Any) -> AWSResponse | None:  # noqa: ANN401  botocore's
            if name not in request.url:
                return None
            return response(request, status, code)

        self.before(operation, refuse, times)

    def lose_answer(self, operation: str) -> None:
        """The next such request is carried out, and its answer never arrives."""

        def lose(request: Any) -> None:  # noqa: ANN401  botocore's
            session = URLLib3Session()
            session.send(request)
            session.close()
            raise ReadTimeoutError(endpoint_url=request.url)

        self.before(operation, lose)

    def _note(self, request: Any, event_name: str, **_: object) -> None:  # noqa: ANN401  botocore's
        self.calls.append(event_name.rpartition(".")[2].removesuffix("Schedule"))
        body = json.loads(request.body) if request.body else {}
        self.tokens.append(body.pop("ClientToken", None) or parse_qs(urlsplit(request.url).query)["clientToken"][0])
        self.bodies.append(body)
