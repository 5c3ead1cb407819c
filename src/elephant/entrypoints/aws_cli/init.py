"""`elephant aws init`: decides what there is to decide about an installation, checks it, and keeps the secrets."""

import os
from pathlib import Path
from typing import Annotated

import botocore.session
import typer

from elephant.adapters.aws.account import account_of
from elephant.adapters.aws.network_checks import Network
from elephant.bootstrap.aws_deployment import artifact_bucket
from elephant.bootstrap.aws_initialization import (
    certificate_secret,
    check_machines,
    check_zone,
    dns_secret,
    proposed_zone,
    token_url_of,
)
from elephant.bootstrap.dns_credential import secret_text
from elephant.bootstrap.engineer_clients import EngineerClients
from elephant.entrypoints.aws_cli.interview import Interview
from elephant.entrypoints.aws_cli.options import DEFAULT_FILE, FileOption, clients_of, say
from elephant.entrypoints.cli.installation import telling_errors
from elephant.entrypoints.cli.output import fail
from elephant.ports.errors import InvalidField

_TYPES = "m7i.large,m7a.large,m6i.large"
_Text = Annotated[str | None, typer.Option()]
_Texts = Annotated[list[str] | None, typer.Option(help="May be given several times.")]


def init(  # noqa: PLR0913  an option for each answer
    *,
    file: FileOption = DEFAULT_FILE,
    region: _Text = None,
    stack: _Text = None,
    domain_root: Annotated[str | None, typer.Option(help="Desktops are named one level below it.")] = None,
    dns_provider: Annotated[str | None, typer.Option(help="cloudflare, route53 or rfc2136.")] = None,
    zone_id: Annotated[str | None, typer.Option(help="Its id, or its name with rfc2136.")] = None,
    dns_proxied: Annotated[bool | None, typer.Option(help="Cloudflare's proxy before the desktops.")] = None,
    rfc2136_server: _Text = None,
    dns_token_file: Annotated[
        Path | None, typer.Option(help="Holds the DNS provider's token; else ELEPHANT_DNS_TOKEN, else asked for.")
    ] = None,
    vpc_id: _Text = None,
    subnet_ids: _Texts = None,
    image_id: Annotated[str | None, typer.Option(help="The desktops' image; may be made later.")] = None,
    instance_types: _Texts = None,
    oidc_issuer: Annotated[
        str | None, typer.Option(help="Who signs hosts in; a Cognito user pool where empty.")
    ] = None,
    oidc_audience: _Texts = None,
    alarm_email: _Text = None,
    jitsi_domain: _Text = None,
    acme_directory_url: _Text = None,
    acme_email: _Text = None,
    no_input: Annotated[bool, typer.Option("--no-input", help="Never ask; what is missing is an error.")] = False,
) -> None:
    """Ask for what is not known yet, check all of it, keep the secrets, and write the file. Safe to run again."""
    given = {name: value for name, value in locals().items() if name not in {"file", "dns_token_file", "no_input"}}
    with telling_errors(as_json=False):
        interview = Interview(file, given, asks=not no_input, token_file=dns_token_file)
        if not interview.settle(lambda: _place(interview)):
            _tell_problems(interview)
        clients = clients_of(interview.kept)
        for step in (_names, _certificate, _network, _machines, _hosts, _rest, _bucket):
            interview.settle(lambda step=step: step(interview, clients))  # type: ignore[misc]
        _tell_problems(interview)
    say(f"{file} is complete" + ("" if interview.kept.image_id else ", but for the image"))
    say("next: elephant aws deploy" if interview.kept.image_id else "next: elephant aws image")


def _tell_problems(interview: Interview) -> None:
    if interview.problems:
        fail("; ".join(map(str, interview.problems)), as_json=False, usage=True)


def _place(interview: Interview) -> None:
    region = interview.answer("region", "Region", _usual_region)
    known = botocore.session.Session().get_available_regions("ec2")
    if region not in known:
        raise InvalidField("region", f"{region} is none of AWS's: {', '.join(known)}")
    interview.answer("stack", "Name of the stack", lambda: "elephant")
    if not interview.kept.account:
        account, who = account_of(EngineerClients(region)["sts"])
        say(f"account {account}, as {who}")
        interview.keep(account=account)


def _usual_region() -> str:
    return str(botocore.session.Session().get_config_variable("region") or "")


def _names(interview: Interview, clients: EngineerClients) -> None:
    interview.answer("domain_root", "Domain below which desktops are named")
    provider = interview.answer(
        "dns_provider", "Who serves its zone: cloudflare, route53 or rfc2136", lambda: "cloudflare"
    )
    if provider == "cloudflare":
        interview.answer("dns_proxied", "Cloudflare's proxy before the desktops", lambda: "true")
    secret = ""
    held = dns_secret(interview.kept, clients)
    if provider == "rfc2136":
        interview.answer("rfc2136_server", "The name server that takes updates")
    if provider != "route53":
        secret = secret_text(provider, interview.token(held.text))
    interview.answer(
        "zone_id", "The zone's id (its name with rfc2136)", lambda: proposed_zone(interview.kept, secret, os.environ)
    )
    check_zone(interview.kept, secret, clients, os.environ)
    if provider != "route53":
        arn, has_changed = held.keep(secret)
        interview.keep(dns_secret_arn=arn)
        say(f"the token works, and is {'now' if has_changed else 'already'} in the secret {held.name}")


def _certificate(interview: Interview, clients: EngineerClients) -> None:
    kept = interview.kept
    if kept.dns_provider != "cloudflare" or not kept.dns_proxied:
        interview.answer("acme_directory_url", "Directory of the ACME authority for certificates", is_wanted=False)
        interview.answer("acme_email", "Whom that authority may write to", is_wanted=False)
    interview.keep(certificate_secret_arn=certificate_secret(kept, clients).make())


def _network(interview: Interview, clients: EngineerClients) -> None:
    network = Network(clients["ec2"], clients.region)
    vpc_id = interview.answer("vpc_id", "VPC of the desktops", network.default_vpc)
    network.require_vpc(vpc_id)
    subnet_ids = interview.answer(
        "subnet_ids",
        "Its subnets, in the order in which to try them",
        lambda: ",".join(network.public_subnets(vpc_id)),
    )
    network.require_subnets(vpc_id, subnet_ids)


def _machines(interview: Interview, clients: EngineerClients) -> None:
    interview.answer("instance_types", "Instance types, in the order in which to try them", lambda: _TYPES)
    interview.answer("image_id", "The desktops' image (empty: `elephant aws image` makes one)", is_wanted=False)
    check_machines(interview.kept, clients)


def _hosts(interview: Interview, _clients: EngineerClients) -> None:
    issuer = interview.answer("oidc_issuer", "OIDC issuer of the hosts (empty: a Cognito user pool)", is_wanted=False)
    if issuer:
        interview.answer("oidc_audience", "Audiences of its tokens")
        interview.keep(oidc_token_url=token_url_of(issuer))


def _rest(interview: Interview, _clients: EngineerClients) -> None:
    interview.answer("alarm_email", "Whom alarms are mailed to (empty: nobody)", is_wanted=False)
    interview.answer("jitsi_domain", "Host name of the call service (empty: none)", is_wanted=False)


def _bucket(interview: Interview, clients: EngineerClients) -> None:
    bucket = artifact_bucket(interview.kept, clients)
    is_new = bucket.make(clients.region)
    say(f"the bucket {bucket.name} {'is made' if is_new else 'is there'}")
