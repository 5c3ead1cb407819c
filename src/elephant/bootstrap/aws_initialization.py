"""What `elephant aws init` asks the services about each answer, and what it makes there.

Every check raises InvalidField, which names the answer and what to do about it; Temporary and Permanent where a service
cannot be asked. Whatever is made is looked for first, so that it is made once, however often this runs.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from elephant.adapters.aws.image_checks import require_image, require_instance_types
from elephant.adapters.aws.kept_secrets import KeptSecret
from elephant.adapters.dns.cloudflare_checks import CloudflareChecks
from elephant.adapters.dns.route53_checks import require_hosted_zone
from elephant.adapters.oidc import discover
from elephant.bootstrap.aws_settings import AwsSettings, read_aws_settings
from elephant.bootstrap.aws_zone import cloudflare_client, open_zone
from elephant.bootstrap.engineer_clients import EngineerClients
from elephant.bootstrap.installation_file import Installation
from elephant.ports.errors import InvalidField, Permanent

_OF_THE_ENVIRONMENT = ("CLOUDFLARE_API_URL",)


def settings_of(installation: Installation, environ: Mapping[str, str]) -> AwsSettings:
    """The functions' settings as far as the file says them."""
    others = {name: environ[name] for name in _OF_THE_ENVIRONMENT if name in environ}
    return read_aws_settings({**others, **installation.environment()})


def dns_secret(installation: Installation, clients: EngineerClients) -> KeptSecret:
    """Where the credential of the DNS provider is kept."""
    return KeptSecret(
        clients["secretsmanager"], f"{installation.stack}/dns", f"{installation.stack}: the DNS provider's credential"
    )


def certificate_secret(installation: Installation, clients: EngineerClients) -> KeptSecret:
    """Where `elephant certs` keeps the desktops' certificate."""
    return KeptSecret(
        clients["secretsmanager"],
        f"{installation.stack}/certificate",
        f"{installation.stack}: the desktops' certificate",
    )


def proposed_zone(installation: Installation, secret: str, environ: Mapping[str, str]) -> str:
    """The zone that the domain is in, as far as the token shows it; "" where that is nothing, or not Cloudflare's."""
    if installation.dns_provider == "rfc2136":
        return installation.domain_root.partition(".")[2]
    if installation.dns_provider != "cloudflare":
        return ""
    with cloudflare_client(settings_of(installation, environ), secret) as client:
        try:
            return CloudflareChecks(client).zone_of(installation.domain_root)
        except Permanent:
            return ""  # the check of the answer says why


def check_zone(installation: Installation, secret: str, clients: EngineerClients, environ: Mapping[str, str]) -> None:
    """That the zone is there, the domain in it, and its records can be read; writing shows with the first desktop."""
    settings, zone_id, domain = settings_of(installation, environ), installation.zone_id, installation.domain_root
    if installation.dns_provider == "cloudflare":
        with cloudflare_client(settings, secret) as client:
            CloudflareChecks(client).require_zone(zone_id, domain)
    elif installation.dns_provider == "route53":
        require_hosted_zone(clients["route53"], zone_id, domain)
    elif domain != zone_id and not domain.endswith(f".{zone_id}"):
        raise InvalidField("domain_root", f"{domain} is not in the zone {zone_id}: change one of the two")
    try:
        open_zone(settings, lambda: secret, clients["route53"]).records()
    except Permanent as error:
        field = "zone_id" if installation.dns_provider == "route53" else "dns_token"
        raise InvalidField(field, f"does not let the zone's records be read: {error}") from error


def check_machines(installation: Installation, clients: EngineerClients) -> None:
    """That the instance types are offered, and fit the image, if there is one already."""
    architectures = require_instance_types(clients["ec2"], installation.region, installation.instance_types)
    if installation.image_id:
        require_image(clients["ec2"], installation.image_id, architectures)


def token_url_of(issuer: str) -> str:
    """The issuer's token endpoint, where it is not at the issuer's own origin; the issuer is checked by asking it."""
    document = discover(issuer)
    endpoint = str(document.get("token_endpoint", ""))
    return "" if urlsplit(endpoint).netloc == urlsplit(issuer).netloc else endpoint
