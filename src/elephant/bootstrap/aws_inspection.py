"""An installation on AWS as its engineer sees it: found by its stack, and put together out of what that was told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from elephant.adapters.aws.inspection import Inspection
from elephant.adapters.aws.limits import Ec2Limits
from elephant.adapters.aws.secrets import Secrets
from elephant.adapters.aws.stack import DeployedStack, read_stack
from elephant.bootstrap.aws import Aws, build_aws, limit_settings
from elephant.bootstrap.aws_clients import Clients
from elephant.bootstrap.aws_settings import AwsSettings, read_aws_settings
from elephant.bootstrap.aws_zone import cloudflare_client
from elephant.ports.limits import Limits

SERVICES = ("cloudwatch", "dynamodb", "ec2", "sqs", "sts")
_SETTINGS = {
    "AMI_ID": "ImageId",
    "CERTIFICATE_SECRET_ARN": "CertificateSecretArn",
    "DNS_PROVIDER": "DnsProvider",
    "DNS_PROXIED": "DnsProxied",
    "DNS_RECORD_LIMIT": "DnsRecordLimit",
    "DOMAIN_ROOT": "DomainRoot",
    "ELEPHANT_DURATION_MINUTES": "DurationMinutes",
    "ELEPHANT_GRACE_MINUTES": "GraceMinutes",
    "ELEPHANT_LAUNCH_LEAD_MINUTES": "LaunchLeadMinutes",
    "ELEPHANT_MAX_MINUTES": "MaxMinutes",
    "INSTANCE_TYPE": "InstanceTypes",
    "RFC2136_SERVER": "Rfc2136Server",
    "SECRET_ARN": "DnsSecretArn",
    "SUBNET_IDS": "SubnetIds",
    "ZONE_ID": "ZoneId",
}
_RESOURCES = {"LINK_SECRET_ARN": "LinkSecret", "SECURITY_GROUP_IDS": "DesktopSecurityGroup", "TABLE_NAME": "Meetings"}
_FOR_STAND_INS = ("CLOUDFLARE_API_URL",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A stack with what looks at it; `record_usage` is None where the zone's provider has no figures of that kind."""

    stack: DeployedStack
    settings: AwsSettings
    aws: Aws
    limits: Limits
    inspection: Inspection
    record_usage: Callable[[], tuple[int, int | None]] | None


class Account:
    """An account and region, before anything is known about what is in it."""

    def __init__(self, region: str, environ: Mapping[str, str]) -> None:
        self._clients, self._environ = Clients(region), environ
        self.inspection = Inspection({name: self._clients.for_a_look(name) for name in SERVICES})

    def deployment(self, stack_name: str, clock: Callable[[], datetime]) -> Deployment:
        """The stack of that name; raises Temporary, and Permanent, also where it was told something that cannot be."""
        stack = read_stack(self._clients.for_a_look("cloudformation"), stack_name)
        settings = settings_of(stack, self._environ)
        clients = self._clients
        return Deployment(
            stack=stack,
            settings=settings,
            aws=build_aws(settings, clock, clients),
            limits=Ec2Limits(clients.ec2, clients.for_a_look("service-quotas"), limit_settings(settings)),
            inspection=self.inspection,
            record_usage=_record_usage(settings, clients) if settings.dns_provider == "cloudflare" else None,
        )


def settings_of(stack: DeployedStack, environ: Mapping[str, str]) -> AwsSettings:
    """What the functions of a stack are told, as far as it matters for looking at it."""
    told = {name: stack.parameters.get(parameter, "") for name, parameter in _SETTINGS.items()}
    made = {name: stack.resources.get(resource, "") for name, resource in _RESOURCES.items()}
    more = {name: environ.get(name, "") for name in _FOR_STAND_INS}
    return read_aws_settings({**told, **made, **more, "INSTALLATION": stack.name})


def _record_usage(settings: AwsSettings, clients: Clients) -> Callable[[], tuple[int, int | None]]:
    def ask() -> tuple[int, int | None]:
        from elephant.adapters.dns.cloudflare_usage import record_usage  # noqa: PLC0415  brings a library of its own

        secret = Secrets(clients.secrets).text(settings.secret_arn, setting="SECRET_ARN")
        return record_usage(cloudflare_client(settings, secret), settings.zone_id)

    return ask
