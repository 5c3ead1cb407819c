"""A stand-in for Lambda's Invoke on loopback: it notes what it is asked to run, and runs nothing.

moto's Lambda needs Docker. What is known of Invoke is botocore's service model: the path, the headers, the shape of an
ARN, the status of each error, and 202 without a body for an asynchronous call. Only asynchronous calls are taken.
"""

import json
import re
import threading
from collections import deque
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import botocore.session
from botocore.config import Config

from tests.support.aws_clients import client_at
from tests.support.loopback_server import LoopbackServer

if TYPE_CHECKING:
    from mypy_boto3_lambda.client import LambdaClient

CONFIG = Config(connect_timeout=2, read_timeout=40, retries={"mode": "standard", "total_max_attempts": 3})

_SERVICE = botocore.session.get_session().get_service_model("lambda")
_INVOKE = _SERVICE.operation_model("Invoke")
assert _INVOKE.input_shape is not None
_PARAMETERS = _INVOKE.input_shape.members
_PATH = re.compile(re.escape(_INVOKE.http["requestUri"]).replace(re.escape("{FunctionName}"), "([^/]+)"))
_FUNCTION = re.compile(_PARAMETERS["FunctionName"].metadata["pattern"])
_TYPE_HEADER = _PARAMETERS["InvocationType"].serialization["name"]
_LARGEST_PAYLOAD_BYTES = 1024 * 1024


class Refusal(Exception):
    """One of Lambda's errors, by the name that its service model has."""

    def __init__(self, code: str, message: str = "the stand-in was told to") -> None:
        super().__init__(message)
        self.code = code
        self.status = _SERVICE.shape_for(code).metadata["error"]["httpStatusCode"]


class LambdaStandIn(LoopbackServer):
    """A context manager; `url` is its endpoint, for AWS_ENDPOINT_URL_LAMBDA too.

    `invocations` are the calls taken so far, as (ARN, payload), in the order in which they came. Functions in `missing`
    do not exist. What `refuse`, `hang` and `lose_answers` ask for happens to the next requests, one after the other.
    """

    def __init__(self) -> None:
        super().__init__("lambda", _handler_of(self))
        self.invocations: list[tuple[str, dict[str, Any]]] = []
        self.missing: set[str] = set()
        self.requests = 0
        self._faults: deque[str] = deque()
        self._lock = threading.Lock()
        self._clients: list[LambdaClient] = []

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()
        super().__exit__()

    def client(self, config: Config = CONFIG) -> "LambdaClient":
        """A new client of this stand-in."""
        client: LambdaClient = client_at(self.url, "lambda", config)
        self._clients.append(client)
        return client

    def take(self) -> list[tuple[str, dict[str, Any]]]:
        """The invocations since the last time, which are then forgotten."""
        with self._lock:
            taken, self.invocations = self.invocations, []
        return taken

    def refuse(self, code: str, *, times: int = 1) -> None:
        """The next requests get this error, such as `TooManyRequestsException`, and nothing is noted."""
        self._faults.extend([Refusal(code).code] * times)

    def hang(self, *, times: int = 1) -> None:
        """The next requests are never answered, and nothing is noted."""
        self._faults.extend(["hang"] * times)

    def lose_answers(self, *, times: int = 1) -> None:
        """The next requests are carried out, and the connection ends without an answer."""
        self._faults.extend(["lose"] * times)

    def answer(self, target: str, invocation_type: str | None, body: bytes) -> bool:
        """Carry out a request; False where it is to get no answer. Raises Refusal."""
        with self._lock:
            self.requests += 1
            fault = self._faults.popleft() if self._faults else ""
        if fault == "hang":
            self._closing.wait()
            return False
        if fault not in {"", "lose"}:
            raise Refusal(fault)
        invocation = self._checked(target, invocation_type, body)
        with self._lock:
            self.invocations.append(invocation)
        return fault != "lose"

    def _checked(self, target: str, invocation_type: str | None, body: bytes) -> tuple[str, dict[str, Any]]:
        path = _PATH.fullmatch(urlsplit(target).path)
        function = unquote(path[1]) if path else ""
        if not _FUNCTION.fullmatch(function):
            raise Refusal("InvalidParameterValueException", f"{target} names no function")
        if invocation_type != "Event":
            raise Refusal("InvalidParameterValueException", f"{invocation_type} is not a call that the stand-in takes")
        if function in self.missing:
            raise Refusal("ResourceNotFoundException", f"Function not found: {function}")
        if len(body) > _LARGEST_PAYLOAD_BYTES:
            raise Refusal("RequestTooLargeException", f"{len(body)} bytes")
        try:
            payload = json.loads(body)
        except ValueError as error:
            raise Refusal(
                "InvalidRequestContentException", f"Could not parse request body into json: {error}"
            ) from None
        if not isinstance(payload, dict):
            raise Refusal("InvalidRequestContentException", "functions of ours are called with an object")
        return function, payload


def _handler_of(stand_in: LambdaStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            try:
                is_answered = stand_in.answer(self.path, self.headers.get(_TYPE_HEADER), body)
            except Refusal as refusal:
                content = json.dumps({"Type": "User", "Message": str(refusal)}).encode()
                self._send(refusal.status, content, {"x-amzn-ErrorType": refusal.code})
                return
            if is_answered:
                self._send(HTTPStatus.ACCEPTED, b"", {})
            else:
                self.close_connection = True

        def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Every request would be a line."""

    return Handler
