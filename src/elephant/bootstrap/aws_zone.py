"""The zone of the desktops' names at the provider that is set; only that provider's library is imported."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from elephant.bootstrap.aws_settings import AwsSettings
from elephant.ports.errors import Permanent
from elephant.ports.texts import Texts
from elephant.ports.zone import Zone

if TYPE_CHECKING:
    import httpx
    from mypy_boto3_route53.client import Route53Client

    from elephant.adapters.dns.name_server import NameServer

_DNS_PORT = 53
KEY_NAME, KEY_SECRET, KEY_ALGORITHM = "TSIG_KEY_NAME", "TSIG_SECRET", "TSIG_ALGORITHM"
_USUAL_ALGORITHM = "hmac-sha256"


def open_zone(settings: AwsSettings, secret: Callable[[], str], route53: "Route53Client") -> Zone:
    """The zone; `secret` is asked for the content of SECRET_ARN by the providers that need one.

    Raises Permanent for a secret without what it must hold, and what `secret` raises.
    """
    if settings.dns_provider == "route53":
        from elephant.adapters.dns.route53 import Route53Zone  # noqa: PLC0415

        return Route53Zone(route53, settings.zone_id)
    # before a library is imported: a function that cannot have the secret needs none
    content = secret()
    if settings.dns_provider == "rfc2136":
        from elephant.adapters.dns.rfc2136 import Rfc2136Zone  # noqa: PLC0415

        return Rfc2136Zone(_name_server(settings, content), settings.zone_id)
    from elephant.adapters.dns.cloudflare import CloudflareZone  # noqa: PLC0415

    return CloudflareZone(cloudflare_client(settings, content), settings.zone_id, proxied=settings.dns_proxied)


def open_texts(settings: AwsSettings, secret: Callable[[], str], route53: "Route53Client") -> Texts:
    """The TXT records of the same zone; see open_zone."""
    if settings.dns_provider == "route53":
        from elephant.adapters.dns.route53_texts import Route53Texts  # noqa: PLC0415

        return Route53Texts(route53, settings.zone_id)
    if settings.dns_provider == "rfc2136":
        from elephant.adapters.dns.rfc2136_texts import Rfc2136Texts  # noqa: PLC0415

        return Rfc2136Texts(_name_server(settings, secret()), settings.zone_id)
    from elephant.adapters.dns.cloudflare_texts import CloudflareTexts  # noqa: PLC0415

    return CloudflareTexts(cloudflare_client(settings, secret()), settings.zone_id)


def cloudflare_client(settings: AwsSettings, secret: str) -> "httpx.Client":
    """A client with the token that the secret holds; raises Permanent where it holds none."""
    from elephant.adapters.dns.cloudflare import open_client  # noqa: PLC0415
    from elephant.adapters.dns.cloudflare_token import token_of  # noqa: PLC0415

    return open_client(token_of(secret), api_url=settings.cloudflare_api_url)


def _name_server(settings: AwsSettings, secret: str) -> "NameServer":
    from elephant.adapters.dns.name_server import NameServer, tsig_key  # noqa: PLC0415

    name, key, algorithm = _key_in(secret)
    host, _, port = settings.rfc2136_server.partition(":")
    return NameServer(host=host, port=int(port or _DNS_PORT), key=tsig_key(name, key, algorithm))


def _key_in(secret: str) -> tuple[str, str, str]:
    """Name, secret and algorithm; raises Permanent, which never repeats the secret."""
    try:
        content = json.loads(secret)
    except ValueError:
        content = None  # from None: the error's text would show a part of the secret
    values = [content.get(KEY_NAME), content.get(KEY_SECRET)] if isinstance(content, dict) else []
    texts = [value.strip() for value in values if isinstance(value, str) and value.strip()]
    if not isinstance(content, dict) or len(texts) != len((KEY_NAME, KEY_SECRET)):
        raise Permanent(f"the secret in SECRET_ARN must be a JSON object with the keys {KEY_NAME} and {KEY_SECRET}")
    return texts[0], texts[1], str(content.get(KEY_ALGORITHM) or _USUAL_ALGORITHM)
