"""What a client of EC2 sends, and what happens to it on the way."""

import threading
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_ec2.client import EC2Client

Request = dict[str, str]
FOR_EVER = 10**6


class Ec2Wire:
    """Requests as they go over the wire, each of botocore's repetitions too: `sent` has them in order.

    What a method asks for happens to the next `times` requests of that operation.
    """

    def __init__(self, client: "EC2Client") -> None:
        self._lock = threading.Lock()
        self._events = client.meta.events
        self.sent: list[Request] = []
        self._events.register("before-send.ec2.*", self._note)

    @property
    def calls(self) -> list[str]:
        """The operations, in order."""
        return [request["Action"] for request in self.sent]

    def refuse(self, operation: str, code: str, *, status: int = 400, times: int = 1, about: str = "") -> None:
        """Answer with an error of EC2's, without carrying anything out; only requests with this text, where given."""
        error = f"<Errors><Error><Code>{code}</Code><Message>as it says</Message></Error></Errors>"
        body = f"<Response>{error}<RequestID>1</RequestID></Response>".encode()
        self.meet(operation, lambda request: _answer(request, status, body) if about in _text(request) else None, times)

    def lose_answer(self, operation: str, times: int = 1) -> None:
        """Carry it out; the answer never arrives."""

        def lose(request: Any) -> None:  # noqa: ANN401  botocore's
            _carry_out(request)
            raise ReadTimeoutError(endpoint_url=request.url)

        self.meet(operation, lose, times)

    def cut_off_answer(self, operation: str) -> None:
        """Carry it out; the answer ends in its headers."""

        def cut(request: Any) -> AWSResponse:  # noqa: ANN401  botocore's
            _carry_out(request)
            return _answer(request, 200, b"")

        self.meet(operation, cut, 1)

    def meet(self, operation: str, act: Callable[[Any], AWSResponse | None], times: int = FOR_EVER) -> None:
        """Do something in the place of sending; what returns None lets the request pass."""
        left = [times]

        def hook(request: Any, **_: object) -> AWSResponse | None:  # noqa: ANN401  botocore's
            with self._lock:
                left[0] -= 1
                due = left[0] >= 0
            return act(request) if due else None

        self._events.register(f"before-send.ec2.{operation}", hook)  # type: ignore[arg-type]  # it may answer itself

    def _note(self, request: Any, **_: object) -> None:  # noqa: ANN401  botocore's
        self.sent.append({key: values[0] for key, values in parse_qs(_text(request)).items()})


def _text(request: Any) -> str:  # noqa: ANN401  botocore's
    return request.body.decode() if isinstance(request.body, bytes) else str(request.body)


class _Raw(BytesIO):
    def stream(self, **_: object) -> "Iterator[bytes]":
        yield self.read()


def _answer(request: Any, status: int, body: bytes) -> AWSResponse:  # noqa: ANN401  botocore's
    return AWSResponse(request.url, status, HTTPHeaders(), _Raw(body))


def _carry_out(request: Any) -> None:  # noqa: ANN401  botocore's
    session = URLLib3Session()
    session.send(request)
    session.close()
