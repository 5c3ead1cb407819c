"""A stand-in for CloudFormation on loopback: it tells of one stack, in pages, and makes none.

moto's needs packages for every service that a template might name. What is known of the two operations is botocore's
service model, and the error for a stack that does not exist.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

_NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
_PAGE = 3


@dataclass
class FormationStandIn:
    """A context manager; `resources` are (type, physical id) by logical name, and may be changed at any time."""

    name: str
    parameters: Mapping[str, str]
    resources: dict[str, tuple[str, str]] = field(default_factory=dict)
    status: str = "CREATE_COMPLETE"

    def __post_init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "FormationStandIn":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, asked: Mapping[str, str]) -> tuple[int, str]:
        """Status and body for a request."""
        if asked.get("StackName") != self.name:
            message = f"Stack with id {escape(asked.get('StackName', ''))} does not exist"
            error = f"<Error><Type>Sender</Type><Code>ValidationError</Code><Message>{message}</Message></Error>"
            return 400, f'<ErrorResponse xmlns="{_NAMESPACE}">{error}<RequestId>1</RequestId></ErrorResponse>'
        action = asked["Action"]
        content = {"DescribeStacks": self._described, "ListStackResources": self._listed}[action](asked)
        return (
            200,
            f'<{action}Response xmlns="{_NAMESPACE}"><{action}Result>{content}</{action}Result></{action}Response>',
        )

    def _described(self, _asked: Mapping[str, str]) -> str:
        parameters = _members({"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items())
        return (
            f"<Stacks><member><StackName>{self.name}</StackName><StackStatus>{self.status}</StackStatus>"
            f"<CreationTime>2026-11-01T00:00:00Z</CreationTime><Parameters>{parameters}</Parameters></member></Stacks>"
        )

    def _listed(self, asked: Mapping[str, str]) -> str:
        first = int(asked.get("NextToken", 0))
        page = list(self.resources.items())[first : first + _PAGE]
        summaries = _members(
            {"LogicalResourceId": logical, "PhysicalResourceId": physical, "ResourceType": kind}
            for logical, (kind, physical) in page
        )
        more = first + _PAGE < len(self.resources)
        token = f"<NextToken>{first + _PAGE}</NextToken>" if more else ""
        return f"<StackResourceSummaries>{summaries}</StackResourceSummaries>{token}"


def _members(items: Iterable[Mapping[str, str]]) -> str:
    inner = ("".join(f"<{key}>{escape(value)}</{key}>" for key, value in item.items()) for item in items)
    return "".join(f"<member>{each}</member>" for each in inner)


def _handler_of(stand_in: FormationStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = dict(parse_qsl(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()))
            status, text = stand_in.answer(asked)
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Every request would be a line."""

    return Handler
