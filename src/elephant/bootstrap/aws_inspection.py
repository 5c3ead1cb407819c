"""An installation on AWS as its engineer sees it: found by its stack, and put together out of what that was told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from elephant.adapters.aws.account import account_of
from elephant.adapters.aws.cloudformation import Stacks, StackState
from elephant.adapters.aws.image_checks import require_image, require_instance_types
from elephant.adapters.aws.inspection import Inspection
from elephant.adapters.aws.limits import Ec2Limits
from elephant.adapters.aws.network_checks import Network
from elephant.adapters.aws.secrets import Secrets
from elephant.bootstrap.aws import Aws, build_aws, limit_settings
from elephant.bootstrap.aws_clients import Clients
from elephant.bootstrap.aws_settings import AwsSettings, read_aws_settings
from elephant.bootstrap.aws_zone import cloudflare_client
from elephant.ports.errors import Permanent
from elephant.ports.limits import Limits

_SERVICES = ("cloudwatch", "dynamodb", "ec2", "lambda", "sqs")
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


class NoStack(Permanent):
    """There is no stack of that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A stack with what looks at it; `record_usage` is None where the zone's provider has no figures of that kind.

    `resources` are physical names by logical ones. `require_image` and `require_subnets` raise InvalidField with what
    is wrong and what to do.
    """

    name: str
    stack: StackState
    resources: Mapping[str, str]
    settings: AwsSettings
    require_image: Callable[[], None]
    require_subnets: Callable[[], None]
    aws: Aws
    limits: Limits
    inspection: Inspection
    record_usage: Callable[[], tuple[int, int | None]] | None


class Account:
    """An account and region, before anything is known about what is in it."""

    def __init__(self, region: str, environ: Mapping[str, str]) -> None:
        self._clients, self._environ = Clients(region), environ
        self._region = region or "this region"

    def number(self) -> str:
        """The account that the credentials are of. Raises Temporary, and Permanent for none or bad ones."""
        number, _ = account_of(self._clients.for_a_look("sts"))
        return number

    def deployment(self, stack_name: str, clock: Callable[[], datetime]) -> Deployment:
        """The stack of that name; raises NoStack, Temporary and Permanent, also where it was told what cannot be."""
        clients = self._clients
        stacks, ec2 = Stacks(clients.for_a_look("cloudformation"), stack_name), clients.for_a_look("ec2")
        stack = stacks.state()
        if stack is None:
            raise NoStack(f"the stack {stack_name} does not exist in {self._region} of this account")
        resources = stacks.resources()
        settings = settings_of(stack_name, stack.parameters, resources, self._environ)
        image, types, subnets = settings.ami_id, settings.instance_type, settings.subnet_ids
        return Deployment(
            name=stack_name,
            stack=stack,
            resources=resources,
            settings=settings,
            require_image=lambda: require_image(ec2, image, require_instance_types(ec2, self._region, types)),
            require_subnets=lambda: Network(ec2, self._region).require_subnets(
                stack.parameters.get("VpcId", ""), subnets
            ),
            aws=build_aws(settings, clock, clients),
            limits=Ec2Limits(clients.ec2, clients.for_a_look("service-quotas"), limit_settings(settings)),
            inspection=Inspection({name: clients.for_a_look(name) for name in _SERVICES}),
            record_usage=_record_usage(settings, clients) if settings.dns_provider == "cloudflare" else None,
        )


def settings_of(
    name: str, parameters: Mapping[str, str], resources: Mapping[str, str], environ: Mapping[str, str]
) -> AwsSettings:
    """What the functions of a stack are told, as far as it matters for looking at it."""
    told = {setting: parameters.get(parameter, "") for setting, parameter in _SETTINGS.items()}
    made = {setting: resources.get(resource, "") for setting, resource in _RESOURCES.items()}
    more = {setting: environ.get(setting, "") for setting in _FOR_STAND_INS}
    return read_aws_settings({**told, **made, **more, "INSTALLATION": name})


def _record_usage(settings: AwsSettings, clients: Clients) -> Callable[[], tuple[int, int | None]]:
    def ask() -> tuple[int, int | None]:
        from elephant.adapters.dns.cloudflare_usage import record_usage  # noqa: PLC0415  brings a library of its own

        secret = Secrets(clients.secrets).text(settings.secret_arn, setting="SECRET_ARN")
        return record_usage(cloudflare_client(settings, secret), settings.zone_id)

    return ask
