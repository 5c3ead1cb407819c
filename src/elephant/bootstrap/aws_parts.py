"""What the functions on AWS are put together from, and which settings each part wants."""

from collections.abc import Mapping
from enum import StrEnum


class Part(StrEnum):
    """What a function is put together from. Each part wants its own settings, and no function those of another."""

    LAUNCHING = "starting machines"
    LAUNCH_ALARM = "setting the alarm of the launch"
    SAFETY_NET_ALARM = "setting the alarm of the safety net"
    ADDRESSES = "publishing addresses"
    KEYS = "keys of seats"
    INVITATIONS = "links of invitations"
    CERTIFICATES = "certificates"
    RECORDINGS = "recordings"


_WANTED: Mapping[Part, tuple[str, ...]] = {
    Part.LAUNCHING: ("ami_id", "instance_type", "link_secret_arn"),
    Part.LAUNCH_ALARM: ("launcher_arn", "scheduler_role_arn"),
    Part.SAFETY_NET_ALARM: ("safety_net_arn", "scheduler_role_arn"),
    Part.ADDRESSES: ("domain_root", "zone_id"),
    Part.KEYS: ("link_secret_arn",),
    Part.INVITATIONS: ("link_secret_arn", "frontend_base_urls"),
    Part.CERTIFICATES: ("certificate_secret_arn", "domain_root", "zone_id"),
    Part.RECORDINGS: ("recordings_bucket",),
}
_WANTED_BY_PROVIDER: Mapping[str, tuple[str, ...]] = {
    "cloudflare": ("secret_arn",),
    "route53": (),
    "rfc2136": ("secret_arn", "rfc2136_server"),
}
PROVIDERS = tuple(_WANTED_BY_PROVIDER)


def wanted_by(part: Part, dns_provider: str) -> tuple[str, ...]:
    """The fields of AwsSettings without which this part cannot work."""
    more = _WANTED_BY_PROVIDER[dns_provider] if part in {Part.ADDRESSES, Part.CERTIFICATES} else ()
    return _WANTED[part] + more
