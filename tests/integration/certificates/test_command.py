"""`elephant certs` as an engineer runs it, over moto, a stand-in for Cloudflare, Pebble and BIND 9."""

import functools
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

from elephant.adapters.acme_ca.authority import AcmeAuthority
from elephant.adapters.aws.certificate_secret import CertificateSecret
from elephant.adapters.dns.route53_texts import Route53Texts
from elephant.bootstrap.installation_file import Installation, write_installation
from elephant.entrypoints.cli.main import app
from tests.support.bind_server import BindServer
from tests.support.certificate_site import CertificateSite
from tests.support.cloudflare_stand_in import TOKEN, CloudflareStandIn
from tests.support.engineer_calls import asking
from tests.support.engineer_rights import policies_of
from tests.support.function_rights import denied, unused
from tests.support.iam import Request
from tests.support.pebble_server import PebbleServer
from tests.support.zone_worlds import ROOT, ZoneWorld

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

    from tests.support.aws_server import AwsServer

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("ready_made_keys")]

Run = Callable[..., Result]


@pytest.fixture
def environment(
    aws_server: "AwsServer",
    secrets_manager: "SecretsManagerClient",
    cloudflare: CloudflareStandIn,
    cloudflare_world: ZoneWorld,
) -> dict[str, str]:
    """The settings of an installation behind Cloudflare's proxy."""
    assert cloudflare_world.content() == set()

    stack = f"elephant-{secrets.token_hex(4)}"

    def empty_secret(name: str) -> str:
        arn: str = secrets_manager.create_secret(Name=f"{stack}/{name}")["ARN"]
        return arn

    token = empty_secret("dns")
    secrets_manager.put_secret_value(SecretId=token, SecretString=json.dumps({"CLOUDFLARE_TOKEN": TOKEN}))
    return {
        "AWS_ENDPOINT_URL": aws_server.url,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "DOMAIN_ROOT": ROOT,
        "DNS_PROVIDER": "cloudflare",
        "ZONE_ID": next(reversed(cloudflare.zones)),
        "CLOUDFLARE_API_URL": f"http://127.0.0.1:{cloudflare.port}/client/v4",
        "SECRET_ARN": token,
        "CERTIFICATE_SECRET_ARN": empty_secret("certificate"),
    }


@pytest.fixture
def run(environment: dict[str, str], asked: list[Request], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    stack = stack_of(environment)
    for name in environment:
        monkeypatch.delenv(name, raising=False)

    def run(*words: str, **more: str) -> Result:
        with asking(lambda _: {}) as requests:
            done = CliRunner().invoke(app, ["certs", *words], env={**environment, "COLUMNS": "200", **more})
        asked.extend(requests)
        return done

    yield run
    assert denied(asked, policies_of("elephant certs", stack)) == []


@pytest.fixture
def asked() -> list[Request]:
    """What the commands ask of AWS."""
    return []


def stack_of(environment: Mapping[str, str]) -> str:
    """What comes before the names of its secrets."""
    return environment["CERTIFICATE_SECRET_ARN"].partition(":secret:")[2].partition("/")[0]


def answer(done: Result, exit_code: int = 0) -> Mapping[str, Any]:
    """The one line of JSON that a command printed."""
    assert done.exit_code == exit_code, done.output
    assert done.stdout.count("\n") == 1
    content: Mapping[str, Any] = json.loads(done.stdout)
    return content


def test_from_no_certificate_to_a_renewed_one(
    run: Run, environment: dict[str, str], asked: list[Request], secrets_manager: "SecretsManagerClient"
) -> None:
    assert answer(run("status", "--json"), 1) == {"problem": "there is none yet"}
    first = answer(run("issue", "--json"))
    assert (first["issued"], first["why"]) == (True, "there is none yet")
    assert set(first["names"]) == {ROOT, f"*.{ROOT}"}
    assert first["authority"] == "cloudflare-origin-ca"
    assert 363 <= first["days_left"] <= 365
    shown = answer(run("status", "--json"))
    assert (shown["problem"], shown["not_after"]) == (None, first["not_after"])
    again = answer(run("renew", "--json"))
    assert (again["issued"], again["not_after"]) == (False, first["not_after"])

    store = CertificateSecret(secrets_manager, environment["CERTIFICATE_SECRET_ARN"])
    held = store.current()
    assert held is not None
    now = datetime.now(UTC)
    store.keep(replace(held, not_before=now - timedelta(days=335), not_after=now + timedelta(days=29, hours=1)))
    due = answer(run("status", "--json"), 1)
    assert (due["days_left"], due["problem"].endswith("in 29 days")) == (29, True)
    assert answer(run("renew", "--json"))["issued"] is True
    assert answer(run("status", "--json"))["problem"] is None

    store.keep(replace(held, not_after=now - timedelta(hours=1)))
    assert answer(run("status", "--json"), 1)["problem"].startswith("ended on")
    policies = policies_of("elephant certs", stack_of(environment))
    assert {grant.action.partition(":")[0] for grant in unused(asked, policies)} == {"route53"}


def test_no_right_at_route_53_is_named_that_an_authority_s_question_does_not_take(aws_server: "AwsServer") -> None:
    client = aws_server.client("route53")
    zone = client.create_hosted_zone(Name=ROOT, CallerReference=secrets.token_hex(8))["HostedZone"]
    texts = Route53Texts(client, zone["Id"].rpartition("/")[2], poll_seconds=0.0)
    with asking(lambda _: {}) as asked:
        texts.add(f"_acme-challenge.{ROOT}", "an answer")
        texts.remove(f"_acme-challenge.{ROOT}", "an answer")
    policies = policies_of("elephant certs")
    assert denied(asked, policies) == []
    assert {grant.action.partition(":")[0] for grant in unused(asked, policies)} == {"secretsmanager"}


def test_what_is_decided_in_the_installation_s_file_counts(
    run: Run, environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    moved = {"DOMAIN_ROOT", "DNS_PROVIDER", "ZONE_ID", "SECRET_ARN", "CERTIFICATE_SECRET_ARN"}
    told = {name: environment.pop(name) for name in sorted(moved)}
    assert "CERTIFICATE_SECRET_ARN is missing" in run("status").stderr
    file = tmp_path / "elephant-aws.toml"
    installation = Installation(
        region=environment["AWS_DEFAULT_REGION"],
        domain_root=told["DOMAIN_ROOT"],
        dns_provider=told["DNS_PROVIDER"],
        zone_id=told["ZONE_ID"],
        dns_secret_arn=told["SECRET_ARN"],
        certificate_secret_arn=told["CERTIFICATE_SECRET_ARN"],
    )
    write_installation(file, installation)
    del environment["AWS_DEFAULT_REGION"]
    assert answer(run("issue", "--json"))["issued"] is True
    file.rename(tmp_path / "trial.toml")
    assert answer(run("status", "--json", "--file", "trial.toml"))["problem"] is None
    assert "there is no lost.toml" in run("status", "--file", "lost.toml").stderr


def test_the_same_for_people(run: Run, environment: dict[str, str], secrets_manager: "SecretsManagerClient") -> None:
    nothing = run("status")
    assert (nothing.exit_code, nothing.stdout) == (1, "there is none yet: run `elephant certs issue`\n")
    issued = run("issue")
    assert issued.exit_code == 0
    assert issued.stdout.startswith("a new certificate, because there is none yet\n")
    assert f"names:   {ROOT}, *.{ROOT}" in issued.stdout
    assert run("issue").stdout.startswith("nothing to do: the certificate ends on ")
    assert run("issue", "--force").stdout.startswith("a new certificate, because it was asked for\n")
    shown = run("status")
    assert shown.exit_code == 0
    assert "issuer:  OU=Origin CA of a stand-in" in shown.stdout
    held = secrets_manager.get_secret_value(SecretId=environment["CERTIFICATE_SECRET_ARN"])["SecretString"]
    assert "PRIVATE KEY" in held
    assert "PRIVATE KEY" not in issued.output + shown.output


def test_names_without_cloudflare_s_proxy_come_from_an_acme_authority(
    run: Run,
    environment: dict[str, str],
    secrets_manager: "SecretsManagerClient",
    acme_site: CertificateSite,
    pebble: PebbleServer,
    bind: BindServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_once = functools.partial(AcmeAuthority, settle_seconds=0.0)
    monkeypatch.setattr("elephant.adapters.acme_ca.authority.AcmeAuthority", at_once)
    key = json.dumps({"TSIG_KEY_NAME": bind.key, "TSIG_SECRET": bind.secret})
    zone = {
        "DNS_PROVIDER": "rfc2136",
        "ZONE_ID": ROOT,
        "RFC2136_SERVER": f"127.0.0.1:{bind.port}",
        "SECRET_ARN": secrets_manager.create_secret(Name=f"{stack_of(environment)}/dns-2", SecretString=key)["ARN"],
    }
    refused = run("issue", **zone)
    assert refused.exit_code == 1
    assert "ACME_DIRECTORY_URL is missing" in refused.stderr
    done = answer(run("issue", "--json", **zone, ACME_DIRECTORY_URL=pebble.directory(), ACME_EMAIL="a@school.example"))
    assert (done["issued"], done["authority"]) == (True, pebble.directory())
    assert acme_site.left() == set()
    # back behind the proxy: the Origin CA's, since nothing else is set
    assert answer(run("issue", "--json"))["why"].startswith(f"it is by {pebble.directory()}")
    assert environment["DNS_PROVIDER"] == "cloudflare"


def test_what_goes_wrong_is_one_line_without_a_secret(run: Run, cloudflare: CloudflareStandIn) -> None:
    cloudflare.origin_ca.may_issue = False
    try:
        refused = run("issue")
        told = answer(run("issue", "--json"), 1)
    finally:
        cloudflare.origin_ca.may_issue = True
    assert refused.exit_code == 1
    assert refused.stderr.count("\n") == 1
    assert "SSL and Certificates / Edit" in refused.stderr
    assert "SSL and Certificates / Edit" in told["message"]
    assert TOKEN not in refused.output
    assert run("issue").exit_code == 0


@pytest.mark.parametrize(
    ("words", "setting"),
    [
        ("status", "CERTIFICATE_SECRET_ARN"),
        ("issue", "CERTIFICATE_SECRET_ARN"),
        ("issue", "DOMAIN_ROOT"),
        ("issue", "ZONE_ID"),
        ("issue", "SECRET_ARN"),
    ],
)
def test_a_setting_that_is_missing_is_named(run: Run, words: str, setting: str) -> None:
    done = run(words, **{setting: ""})
    assert done.exit_code == 1
    assert f"{setting} is missing" in done.stderr


def test_a_secret_that_is_not_there_is_no_missing_certificate(run: Run, environment: dict[str, str]) -> None:
    arn = environment["CERTIFICATE_SECRET_ARN"].replace("/certificate-", "/certificate-other-")
    done = run("status", CERTIFICATE_SECRET_ARN=arn)
    assert done.exit_code == 1
    assert "does not exist" in done.stderr


def test_without_the_libraries_of_aws_it_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name=name and "botocore")

    monkeypatch.setattr("elephant.entrypoints.cli.aws_commands.import_module", missing)
    done = run("status")
    assert done.exit_code == 1
    assert "botocore is missing here: `make aws`, or install project-elephant[aws]" in done.stderr


def test_the_help_is_that_of_the_commands(run: Run) -> None:
    done = run("--help")
    assert done.exit_code == 0
    assert all(word in done.stdout for word in ("issue", "renew", "status"))
