"""Route 53's errors in our words."""

from typing import Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from elephant.adapters.dns.retries import Passing
from elephant.adapters.dns.route53_errors import InvalidBatch, meanings
from elephant.ports.errors import Permanent, Temporary


def client_error(code: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "ChangeResourceRecordSets")


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (client_error("InvalidChangeBatch"), InvalidBatch),
        (client_error("Throttling"), Temporary),
        (client_error("PriorRequestNotComplete"), Temporary),
        (client_error("ServiceUnavailable", 503), Temporary),
        (client_error("InternalError", 500), Temporary),
        (client_error("SlowDown", 429), Temporary),
        (client_error("NoSuchHostedZone", 404), Permanent),
        (client_error("AccessDenied", 403), Permanent),
        (client_error("InvalidInput"), Permanent),
        (ConnectTimeoutError(endpoint_url="https://x"), Temporary),
        (ReadTimeoutError(endpoint_url="https://x"), Temporary),
        (EndpointConnectionError(endpoint_url="https://x"), Temporary),
        (ConnectionClosedError(endpoint_url="https://x"), Temporary),
        (IncompleteReadError(actual_bytes=1, expected_bytes=2), Passing),
        (ResponseParserError("cut"), Passing),
        (NoCredentialsError(), Permanent),
        (BotoCoreError(), Permanent),
    ],
)
def test_every_error_has_a_meaning(error: Exception, meaning: type[Exception]) -> None:
    with pytest.raises(meaning) as caught, meanings("ChangeResourceRecordSets"):
        raise error
    assert type(caught.value) is meaning
    assert caught.value.__cause__ is error


def test_a_defect_is_left_alone() -> None:
    with pytest.raises(ValueError, match="a defect"), meanings("ChangeResourceRecordSets"):
        raise ValueError("a defect")
