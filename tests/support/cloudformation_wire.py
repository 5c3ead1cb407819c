"""CloudFormation's own protocol, AWS Query: forms come in, XML goes out; moto's parser and writer, botocore's model."""

import re
import secrets
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any
from xml.sax.saxutils import escape

from moto.core.parse import QueryParser
from moto.core.serialize import QuerySerializer
from moto.core.utils import get_service_model
from werkzeug.datastructures import MultiDict

_SERVICE = get_service_model("cloudformation")


class Refusal(Exception):
    """One of CloudFormation's errors."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status

    def content(self) -> bytes:
        return (
            '<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>'
            f"<Code>{self.code}</Code><Message>{escape(str(self))}</Message></Error>"
            f"<RequestId>{secrets.token_hex(8)}</RequestId></ErrorResponse>"
        ).encode()


def request_of(operation: str, form: dict[str, str]) -> dict[str, Any]:
    """What a form asks for."""
    wire: Any = {"values": MultiDict(form)}
    request: dict[str, Any] = QueryParser(_SERVICE.operation_model(operation)).parse(wire)
    return request


def content_of(operation: str, answer: dict[str, Any]) -> bytes:
    """An answer as it is sent."""
    return str(QuerySerializer(_SERVICE.operation_model(operation)).serialize(answer)["body"]).encode()


def snake(operation: str) -> str:
    """The operation's name as a method has it."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", operation).lower()


def handler_of(answer_to: Callable[[bytes], tuple[int, bytes] | None]) -> type[BaseHTTPRequestHandler]:
    """Status and content for each request's body; where there is None, the connection ends without an answer."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # head and body in one piece: else each answer waits for the other side's delayed acknowledgement
        wbufsize = -1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = answer_to(body)
            if answer is None:
                self.close_connection = True
                return
            status, content = answer
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Every request would be a line."""

    return Handler
