"""Zones at servers that run here: a stand-in for Cloudflare, moto and BIND 9."""

from tests.support.zone_worlds import (
    bind,
    cloudflare,
    cloudflare_world,
    rfc2136_world,
    route53_world,
    strict_aws_server,
    zone_world,
)

__all__ = [
    "bind",
    "cloudflare",
    "cloudflare_world",
    "rfc2136_world",
    "route53_world",
    "strict_aws_server",
    "zone_world",
]
