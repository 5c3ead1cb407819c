"""Settings of the functions on AWS, read once from the environment; see docs/decisions/0016."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

from elephant.bootstrap import aws_values as values
from elephant.bootstrap.aws_parts import PROVIDERS, Part, wanted_by
from elephant.bootstrap.host_claims import HostClaims
from elephant.bootstrap.policy_numbers import POLICY_NUMBERS, PREFIX, longest, policy_of
from elephant.domain.timetable import Policy
from elephant.ports.errors import Permanent

HOST_TOKEN_SETTING = f"{PREFIX}HOST_TOKEN"
LONGEST_MONTH_HOURS = 744
_HOST_TOKEN_FIELD = "host_token"  # noqa: S105  the field's name


def _meaning(description: str, read: Callable[[str], object] = values.plain) -> dict[str, Any]:
    return {"description": description, "read": read}


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsSettings:
    """Each field is the environment variable of its name in capitals, the host's token and the policy apart.

    "" and () stand for what is not set.
    """

    table_name: str = field(default="elephant-meetings", metadata=_meaning("the table of the meetings"))
    link_secret_arn: str = field(
        default="",
        metadata=_meaning("the secret that signs links: any text of 32 characters or more, used as it is"),
    )
    # Lambda starts every process anew when its environment changes, and only new processes read secrets.
    secrets_changed: str = field(
        default="",
        metadata=_meaning(
            "when a secret was changed, in any words; other words make every function read it again", str
        ),
    )
    host_token: str = field(
        default="",
        repr=False,
        metadata=_meaning("a host's credential where no authorizer stands; none lets nobody in", values.host_token),
    )
    host_claim: str = field(
        default="email", metadata=_meaning("the claim with a host's name; `sub` where a token has none", values.plain)
    )
    hours_claim: str = field(
        default="custom:hours_per_month", metadata=_meaning("the claim with a host's hours a month", values.plain)
    )
    groups_claim: str = field(
        default="cognito:groups", metadata=_meaning("the claim with the groups that a host is in", values.plain)
    )
    admin_group: str = field(default="admins", metadata=_meaning("whoever is in it sees every host's meetings", str))
    host_hours_per_month: float | None = field(
        default=None,
        metadata=_meaning(
            "hours a month of a host whose claims name none; no limit where empty",
            values.number_up_to(LONGEST_MONTH_HOURS, may_be_zero=True),
        ),
    )
    price_per_hour: Decimal | None = field(
        default=None,
        metadata=_meaning("what an hour of one machine costs, in US dollars; shown as an estimate", values.price),
    )
    frontend_base_urls: tuple[str, ...] = field(
        default=(),
        metadata=_meaning(
            "pages that invitation links may lead to, the usual one first; separated by commas",
            values.comma_list(values.web_page),
        ),
    )
    api_url: str = field(
        default="", metadata=_meaning("how desktops reach this API; told to them, with a pass for it", values.web_page)
    )
    jitsi_domain: str = field(
        default="",
        metadata=_meaning("the call service's host name, such as meet.example.org", values.host_and_port),
    )
    dcv_session_id: str = field(default="console", metadata=_meaning("the session that a desktop's link opens"))
    dcv_user_name: str = field(
        default="elephant", metadata=_meaning("the user of a desktop to whom its session belongs", values.plain)
    )
    record: bool = field(
        default=True, metadata=_meaning("record a desktop while somebody is connected to it", values.true_or_false)
    )
    recordings_bucket: str = field(
        default="", metadata=_meaning("the bucket in which recordings are kept", values.bucket)
    )
    launcher_arn: str = field(default="", metadata=_meaning("the function launch-ec2", values.arn))
    safety_net_arn: str = field(default="", metadata=_meaning("the function meeting-safety-net", values.arn))
    scheduler_role_arn: str = field(
        default="", metadata=_meaning("the role with which the Scheduler invokes those two", values.arn)
    )
    schedule_group: str = field(default="default", metadata=_meaning("the group of the schedules"))
    dead_letter_arn: str = field(
        default="", metadata=_meaning("the standard SQS queue for alarms that could not be delivered", values.arn)
    )
    ami_id: str = field(default="", metadata=_meaning("the desktops' image", values.resource_id("ami")))
    instance_type: tuple[str, ...] = field(
        default=(),
        metadata=_meaning(
            "instance types, in the order in which to try them; separated by commas", values.comma_list(values.plain)
        ),
    )
    key_name: str = field(default="", metadata=_meaning("the key pair for engineers", str))
    iam_profile: str = field(default="", metadata=_meaning("the desktops' instance profile, by name or ARN"))
    security_group_ids: tuple[str, ...] = field(
        default=(),
        metadata=_meaning(
            "the desktops' security groups; the VPC's own where empty; separated by commas",
            values.comma_list(values.resource_id("sg")),
        ),
    )
    subnet_ids: tuple[str, ...] = field(
        default=(),
        metadata=_meaning(
            "subnets to try; the default VPC's where empty; separated by commas",
            values.comma_list(values.resource_id("subnet")),
        ),
    )
    installation: str = field(
        default="",
        metadata=_meaning("the tag of this installation's machines, where the account and region have several"),
    )
    domain_root: str = field(
        default="", metadata=_meaning("desktops are named one level below it, and nothing else is", values.domain)
    )
    dns_provider: str = field(
        default="cloudflare",
        metadata=_meaning("who serves the zone: cloudflare, route53 or rfc2136", values.one_of(*PROVIDERS)),
    )
    zone_id: str = field(
        default="", metadata=_meaning("the zone: its id at Cloudflare or Route 53, its name with rfc2136")
    )
    secret_arn: str = field(
        default="", metadata=_meaning("the secret with the credential of Cloudflare or of rfc2136, as JSON")
    )
    cloudflare_api_url: str = field(
        default="https://api.cloudflare.com/client/v4", metadata=_meaning("Cloudflare's API", values.web_page)
    )
    dns_proxied: bool = field(
        default=True, metadata=_meaning("let Cloudflare's proxy stand before the desktops", values.true_or_false)
    )
    rfc2136_server: str = field(
        default="", metadata=_meaning("the name server that takes updates, maybe with a port", values.host_and_port)
    )
    dns_record_limit: int = field(
        default=200,
        metadata=_meaning("how many records the zone has room for, of ours", values.whole_number),
    )
    certificate_secret_arn: str = field(
        default="", metadata=_meaning("the secret with the desktops' certificate and its key", values.arn)
    )
    acme_directory_url: str = field(
        default="",
        metadata=_meaning("the directory of the ACME authority that certificates come from", values.web_page),
    )
    acme_email: str = field(default="", metadata=_meaning("whom that authority may write to", values.plain))
    policy: Policy = field(default_factory=Policy)

    @property
    def host_claims(self) -> HostClaims:
        """How a host is told by an authorizer's claims."""
        return HostClaims(
            name=self.host_claim,
            hours=self.hours_claim,
            groups=self.groups_claim,
            admin_group=self.admin_group,
            hours_per_month=self.host_hours_per_month,
        )

    def missing_for(self, parts: Iterable[Part]) -> dict[str, Part]:
        """The fields that these parts want and nobody set, each with one that wants it."""
        wanted = {name: part for part in parts for name in wanted_by(part, self.dns_provider)}
        return {name: part for name, part in wanted.items() if not getattr(self, name)}

    def require(self, *parts: Part) -> None:
        """Raises Permanent that names every setting that these parts want and nobody set."""
        missing = self.missing_for(parts)
        if missing:
            raise Permanent("; ".join(_missing(name, part) for name, part in missing.items()))


def _missing(name: str, part: Part) -> str:
    return f"{variable_of(name)} is missing, which is wanted for {part}"


def variable_of(name: str) -> str:
    """The environment variable of a field."""
    return HOST_TOKEN_SETTING if name == _HOST_TOKEN_FIELD else name.upper()


def read_aws_settings(environ: Mapping[str, str], parts: Iterable[Part] = ()) -> AwsSettings:
    """The settings in an environment.

    Raises Permanent that names every setting that is malformed, and every one that these parts want and is missing.
    One that is set to nothing counts as not set.
    """
    problems: dict[str, str] = {}

    def read(variable: str, reader: Callable[[str], Any], default: object) -> Any:  # noqa: ANN401  any setting's
        text = environ.get(variable, "").strip()
        try:
            return reader(text) if text else default
        except ValueError as error:
            problems[variable] = f"{variable} {error}"
            return default

    read_ones = {
        each.name: read(variable_of(each.name), each.metadata["read"], each.default)
        for each in fields(AwsSettings)
        if each.metadata
    }
    numbers = {
        name: read(
            f"{PREFIX}{name.upper()}",
            values.number_up_to(longest(name), may_be_zero=number.may_be_zero),
            number.default,
        )
        for name, number in POLICY_NUMBERS.items()
    }
    settings = AwsSettings(**read_ones, policy=policy_of(numbers))
    for name, part in settings.missing_for(parts).items():
        problems.setdefault(variable_of(name), _missing(name, part))
    if problems:
        raise Permanent("; ".join(problems.values()))
    return settings
