"""boto3's clients of whatever answers on loopback."""

from typing import Any

import boto3
from botocore.config import Config


def client_at(url: str, service: str, config: Config) -> Any:  # noqa: ANN401  a client of any service
    """A new client; nobody there looks at its credentials."""
    return boto3.client(  # type: ignore[call-overload]  # any service
        service,
        region_name="eu-central-1",
        endpoint_url=url,
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
        config=config,
    )
