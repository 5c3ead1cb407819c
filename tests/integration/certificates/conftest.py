"""Certificates from Pebble and from a stand-in for Cloudflare's Origin CA, into secrets at moto."""

from tests.support.aws_fixtures import aws_server
from tests.support.certificate_site import (
    acme_site,
    few_keys,
    origin_ca_site,
    pebble,
    ready_made_keys,
    secrets_manager,
    site,
)
from tests.support.zone_worlds import bind, cloudflare, cloudflare_world, rfc2136_world

__all__ = [
    "acme_site",
    "aws_server",
    "bind",
    "cloudflare",
    "cloudflare_world",
    "few_keys",
    "origin_ca_site",
    "pebble",
    "ready_made_keys",
    "rfc2136_world",
    "secrets_manager",
    "site",
]
