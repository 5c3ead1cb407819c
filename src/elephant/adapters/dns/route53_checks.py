"""Whether a hosted zone of Route 53 serves a domain to everybody. Raises InvalidField with what to do."""

from typing import TYPE_CHECKING

from elephant.adapters.dns.route53_errors import meanings
from elephant.ports.errors import InvalidField, Permanent, Temporary

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client


def require_hosted_zone(client: "Route53Client", zone_id: str, domain: str) -> None:
    """Raises InvalidField for a zone that is missing, private, or not the domain's; Temporary and Permanent too."""
    try:
        with meanings("GetHostedZone"):
            answer = client.get_hosted_zone(Id=zone_id)
    except Permanent as error:
        if "NoSuchHostedZone" in str(error) or "InvalidInput" in str(error):
            raise InvalidField("zone_id", f"{zone_id} is no hosted zone of this account: check it") from error
        raise
    if "HostedZone" not in answer:
        raise Temporary("Route 53: GetHostedZone: the answer is not whole")
    zone = answer["HostedZone"]
    name = zone["Name"].rstrip(".").lower()
    if zone.get("Config", {}).get("PrivateZone"):
        raise InvalidField("zone_id", f"{zone_id} ({name}) is private: browsers could not find the desktops")
    if domain != name and not domain.endswith(f".{name}"):
        raise InvalidField("domain_root", f"{domain} is not in the zone {name} ({zone_id}): change one of the two")
