"""moto's server in this process, on a port of its own: what stands in for AWS.

What moto lacks and this supplies: moto is not safe to be called from several threads at once, so a condition and its
write could fall apart. Here one request is answered after the other, as DynamoDB does for one item. Nor does it have
the quotas of EC2 (`ec2_quotas.py`).
"""

import threading
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.support.aws_clients import client_at
from tests.support.ec2_quotas import have_quotas_of_ec2
from tests.support.swift_aws import SwiftDispatcher, be_swift

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

CONFIG = Config(connect_timeout=2, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3})


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        """Every request would be a line."""


class AwsServer:
    """A context manager; `url` is its endpoint."""

    def __init__(self) -> None:
        have_quotas_of_ec2()
        be_swift()
        self._server = make_server("127.0.0.1", 0, SwiftDispatcher(), threaded=False, request_handler=_QuietHandler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="aws", daemon=True)
        self._clients: list[Any] = []
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "AwsServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def client(self, service: str, config: Config = CONFIG) -> Any:  # noqa: ANN401  a client of any service
        """A new client of this server."""
        client = client_at(self.url, service, config)
        self._clients.append(client)
        return client

    def dynamodb(self, config: Config = CONFIG) -> "DynamoDBClient":
        """A new client of DynamoDB."""
        client: DynamoDBClient = self.client("dynamodb", config)
        return client
