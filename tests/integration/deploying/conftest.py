"""An account to deploy into."""

from tests.support.aws_fixtures import aws_server
from tests.support.deployment_world import (
    clone,
    cloudformation,
    few_pages,
    image_builder,
    images,
    loader,
    network,
    world,
)
from tests.support.zone_worlds import bind, cloudflare

__all__ = [
    "aws_server",
    "bind",
    "clone",
    "cloudflare",
    "cloudformation",
    "few_pages",
    "image_builder",
    "images",
    "loader",
    "network",
    "world",
]
