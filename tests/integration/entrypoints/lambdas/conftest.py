"""The functions that people reach over HTTP, on AWS as moto has it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from elephant.bootstrap import aws as bootstrap
from tests.support.aws_fixtures import aws_server, lambda_stand_in
from tests.support.aws_installation import AwsInstallation
from tests.support.builders import at
from tests.support.cloudflare_stand_in import CloudflareStandIn
from tests.support.zone_worlds import cloudflare

if TYPE_CHECKING:
    from tests.support.aws_server import AwsServer
    from tests.support.lambda_stand_in import LambdaStandIn

__all__ = ["aws_server", "cloudflare", "lambda_stand_in"]


@pytest.fixture
def installation(
    aws_server: "AwsServer",
    cloudflare: CloudflareStandIn,
    lambda_stand_in: "LambdaStandIn",
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[AwsInstallation]:
    """A new one, an hour before the ordinary meeting's time."""
    installation = AwsInstallation(aws_server, cloudflare, lambda_stand_in, "ami-0123456789abcdef0")
    for name, value in installation.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(bootstrap, "utc_now", lambda: at(-60))
    bootstrap.aws.cache_clear()
    yield installation
    bootstrap.aws.cache_clear()
