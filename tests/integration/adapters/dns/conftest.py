"""Zones at servers that run here, and a gate in front of them."""

from collections.abc import Iterator

import pytest

from tests.support.aws_fixtures import aws_server
from tests.support.frail_gate import FrailGate
from tests.support.zone_worlds import (
    ZoneWorld,
    bind,
    cloudflare,
    cloudflare_world,
    rfc2136_world,
    route53_world,
    strict_aws_server,
    zone_world,
)

__all__ = [
    "aws_server",
    "bind",
    "cloudflare",
    "cloudflare_world",
    "rfc2136_world",
    "route53_world",
    "strict_aws_server",
    "zone_world",
]

TIMEOUT_SECONDS = 0.5


@pytest.fixture
def gate(zone_world: ZoneWorld) -> Iterator[FrailGate]:
    with FrailGate(zone_world.port, late_seconds=2 * TIMEOUT_SECONDS) as gate:
        yield gate
