"""AWS around the functions, new for each test."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.aws_driver import AwsDriver
from tests.support.aws_fixtures import aws_server, lambda_stand_in
from tests.support.aws_installation import AwsInstallation
from tests.support.builders import at
from tests.support.cloudflare_stand_in import CloudflareStandIn
from tests.support.ec2_fixtures import desktop_image, ec2_rules
from tests.support.function_rights import Rights, instance_tags, stack_like
from tests.support.outside_calls import OutsideCalls
from tests.support.zone_worlds import cloudflare

if TYPE_CHECKING:
    from tests.support.aws_server import AwsServer
    from tests.support.ec2_rules import Ec2Rules
    from tests.support.lambda_stand_in import LambdaStandIn

__all__ = ["aws_server", "cloudflare", "desktop_image", "ec2_rules", "lambda_stand_in"]


@pytest.fixture
def driver(
    aws_server: "AwsServer",
    cloudflare: CloudflareStandIn,
    lambda_stand_in: "LambdaStandIn",
    ec2_rules: "Ec2Rules",
    desktop_image: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[AwsDriver]:
    """A quarter of an hour before the ordinary meeting's time."""
    installation = AwsInstallation(aws_server, cloudflare, lambda_stand_in, desktop_image)
    with OutsideCalls() as calls:
        driver = AwsDriver(installation, ec2_rules, calls, monkeypatch, now=at(-15))
        yield driver
        driver.cold_start()
    assert cloudflare.complaints == []
    # Whatever a test makes the functions do, the roles that the stack gives them have to allow.
    rights = Rights(stack_like(installation), installation.environment)
    rights.add(calls.invocations, instance_tags(ec2_rules))
    assert rights.denied() == []
