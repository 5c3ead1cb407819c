"""`elephant aws init` over moto and a stand-in for Cloudflare."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from typer.testing import CliRunner

from elephant.adapters import oidc
from elephant.bootstrap.installation_file import read_installation
from elephant.entrypoints.cli.main import app
from tests.support.cloudflare_stand_in import TOKEN
from tests.support.deployment_world import REGION, ROOT, DeploymentWorld
from tests.support.zone_worlds import ROOT as BIND_ZONE

if TYPE_CHECKING:
    from tests.support.bind_server import BindServer

pytestmark = pytest.mark.integration


def secret_of(world: DeploymentWorld, name: str = "dns") -> str:
    return str(world.client("secretsmanager").get_secret_value(SecretId=f"{world.stack}/{name}")["SecretString"])


def test_it_keeps_the_token_in_a_secret_and_all_else_in_the_file(world: DeploymentWorld) -> None:
    done = world.init("--alarm-email", "engineers@school.example")
    assert done.exit_code == 0, done.output
    kept = read_installation(world.file)
    assert (kept.account, kept.region, kept.stack, kept.domain_root) == ("123456789012", REGION, world.stack, ROOT)
    assert kept.alarm_email == "engineers@school.example"
    assert json.loads(secret_of(world)) == {"CLOUDFLARE_TOKEN": TOKEN}
    described = world.client("secretsmanager").describe_secret(SecretId=f"{world.stack}/certificate")
    assert kept.certificate_secret_arn == described["ARN"]
    assert not described.get("VersionIdsToStages"), "nothing is in it yet"
    assert TOKEN not in done.output
    assert not any(TOKEN in path.read_text() for path in world.folder.iterdir() if path.is_file())
    assert [path.name for path in world.folder.iterdir() if path.is_file()] == ["elephant-aws.toml"]


def test_the_bucket_is_private_encrypted_versioned_and_for_tls_alone(world: DeploymentWorld) -> None:
    assert world.init().exit_code == 0
    s3, name = world.client("s3"), f"{world.stack}-artifacts-123456789012-{REGION}"
    blocked = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    assert set(blocked.values()) == {True}
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    rules = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_a_second_time_nothing_changes_and_nothing_is_asked(world: DeploymentWorld) -> None:
    assert world.init().exit_code == 0
    before, versions = world.file.read_bytes(), world.client("secretsmanager")
    version = versions.get_secret_value(SecretId=f"{world.stack}/dns")["VersionId"]
    again = world.run("init")
    assert again.exit_code == 0, again.output
    assert world.file.read_bytes() == before
    assert "is already in the secret" in again.stdout
    assert versions.get_secret_value(SecretId=f"{world.stack}/dns")["VersionId"] == version


def test_it_asks_for_what_it_is_not_told_and_proposes_what_it_can(world: DeploymentWorld) -> None:
    typed = ["", world.stack, ROOT, "", "", TOKEN, "", world.network["vpc"], "", "m5.large", world.images["x86_64"]]
    done = world.run("init", answers="\n".join([*typed, "", "", ""]) + "\n", AWS_DEFAULT_REGION=REGION)
    assert done.exit_code == 0, done.output
    kept = read_installation(world.file)
    assert kept.zone_id in world.cloudflare.zones, "found by the token"
    assert kept.subnet_ids == (world.network["subnet"],), "the one that leads out"
    assert (kept.region, kept.dns_provider, kept.dns_proxied) == (REGION, "cloudflare", True)
    assert TOKEN not in done.output, "typed, and not shown"


def test_a_wrong_answer_is_asked_again(world: DeploymentWorld) -> None:
    typed = [REGION, world.stack, "no domain", ROOT, "cloudflare", "", TOKEN, "", "vpc-00000000000000000"]
    typed += [world.network["vpc"], world.network["private"], world.network["subnet"]]
    typed += ["m5.large", world.images["arm64"], "m6g.large", "", "", ""]
    done = world.run("init", answers="\n".join(typed) + "\n")
    assert done.exit_code == 0, done.output
    kept = read_installation(world.file)
    assert (kept.subnet_ids, kept.instance_types) == ((world.network["subnet"],), ("m6g.large",))
    for said in ("domain_root must be a name in DNS", "no such thing in eu-central-1", "no route for 0.0.0.0/0"):
        assert said in done.output


@pytest.mark.parametrize(
    ("flag", "value", "said"),
    [
        ("--region", "eu-centrall-1", "region eu-centrall-1 is none of AWS's"),
        ("--stack", "Elephant!", "stack must be 2 to 24 of a-z"),
        ("--domain-root", "desks.elsewhere.test", "domain_root desks.elsewhere.test is not in the zone example.test"),
        ("--zone-id", "0123", "zone_id 0123 is not shown to this token"),
        ("--vpc-id", "vpc-0123456789abcdef0", "vpc_id vpc-0123456789abcdef0: there is no such thing"),
        ("--subnet-ids", "{private}", "has no route for 0.0.0.0/0 to an internet gateway"),
        ("--subnet-ids", "{other}", "name subnets of vpc-"),
        ("--image-id", "ami-0123456789abcdef0", "image_id ami-0123456789abcdef0 does not exist here"),
        ("--image-id", "{arm64}", "instance_types holds m5.large, which cannot run"),
        ("--instance-types", "m5.enormous", "instance_types holds"),
        ("--alarm-email", "nobody", "alarm_email must be such as engineers@example.org"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(world: DeploymentWorld, flag: str, value: str, said: str) -> None:
    done = world.init(flag, value.format(**world.network, **world.images))
    assert done.exit_code == 2, done.output
    assert said in done.stderr


def test_everything_that_is_wrong_is_said_at_once_and_the_rest_is_kept(world: DeploymentWorld) -> None:
    done = world.init("--image-id", "ami-0123456789abcdef0", "--subnet-ids", world.network["private"])
    assert done.exit_code == 2
    assert "subnet_ids" in done.stderr
    assert "image_id" in done.stderr
    kept = read_installation(world.file)
    assert (kept.domain_root, kept.image_id) == (ROOT, "")
    assert json.loads(secret_of(world)) == {"CLOUDFLARE_TOKEN": TOKEN}


def test_a_token_that_is_refused_is_named_and_kept_nowhere(world: DeploymentWorld) -> None:
    done = world.init(ELEPHANT_DNS_TOKEN="another-token-that-is-no-good")
    assert done.exit_code == 2
    assert "dns_token does not show the zone" in done.stderr
    assert "another-token" not in done.output
    assert "dns" not in world.secrets()


def test_a_secret_of_somebody_else_by_that_name_stays_as_it_is(world: DeploymentWorld) -> None:
    secrets = world.client("secretsmanager")
    secrets.create_secret(Name=f"{world.stack}/dns", SecretString="of another program")
    done = world.init()
    assert done.exit_code == 1
    assert f"the secret {world.stack}/dns already that is none of Elephant's" in done.stderr
    assert secret_of(world) == "of another program"


def test_without_a_token_it_says_where_it_looks(world: DeploymentWorld) -> None:
    done = world.init(ELEPHANT_DNS_TOKEN="")
    assert done.exit_code == 2
    assert "dns_token is missing: set ELEPHANT_DNS_TOKEN, or give --dns-token-file" in done.stderr


def test_a_token_out_of_a_file_replaces_the_one_that_is_held(world: DeploymentWorld) -> None:
    assert world.init().exit_code == 0
    file = world.folder / "token.json"
    file.write_text(json.dumps({"CLOUDFLARE_API_TOKEN": TOKEN}))
    done = world.run("init", "--no-input", "--dns-token-file", str(file))
    assert done.exit_code == 0, done.output
    assert json.loads(secret_of(world)) == {"CLOUDFLARE_API_TOKEN": TOKEN}


def test_a_zone_of_a_name_server_is_read_with_its_key(world: DeploymentWorld, bind: "BindServer") -> None:
    bind.clear()
    flags = ["--dns-provider", "rfc2136", "--zone-id", BIND_ZONE, "--domain-root", f"desks.{BIND_ZONE}"]
    flags += ["--rfc2136-server", f"127.0.0.1:{bind.port}"]
    wrong = world.init(*flags, ELEPHANT_DNS_TOKEN=f"{bind.key}:YQ==")
    assert wrong.exit_code == 2
    assert "dns_token does not let the zone's records be read" in wrong.stderr
    assert "YQ==" not in wrong.output
    done = world.init(*flags, ELEPHANT_DNS_TOKEN=f"{bind.key}:{bind.secret}")
    assert done.exit_code == 0, done.output
    assert bind.secret not in done.output
    assert json.loads(secret_of(world))["TSIG_SECRET"] == bind.secret


def make_zone(world: DeploymentWorld) -> str:
    """A hosted zone of the domain; its id."""
    made = world.client("route53").create_hosted_zone(Name="example.test", CallerReference=world.stack)
    return str(made["HostedZone"]["Id"].rpartition("/")[2])


def test_a_hosted_zone_of_route_53_needs_no_token(world: DeploymentWorld) -> None:
    done = world.init("--dns-provider", "route53", "--zone-id", make_zone(world), ELEPHANT_DNS_TOKEN="")
    assert done.exit_code == 0, done.output
    assert read_installation(world.file).dns_secret_arn == ""
    wrong = world.init("--dns-provider", "route53", "--zone-id", "Z0123456789ABCDEFGHIJ")
    assert wrong.exit_code == 2
    assert "zone_id" in wrong.stderr


def test_no_right_is_named_that_it_does_not_need(world: DeploymentWorld) -> None:
    """Over all that it ever does; that it needs no other is looked at wherever it runs."""
    for _ in range(2):
        assert world.init().exit_code == 0
        for name in ("dns", "certificate"):
            world.client("secretsmanager").delete_secret(SecretId=f"{world.stack}/{name}")
    world.file.unlink()
    done = world.init("--dns-provider", "route53", "--zone-id", make_zone(world), ELEPHANT_DNS_TOKEN="")
    assert done.exit_code == 0, done.output
    assert world.unneeded("init") == []


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"issuer": "https://login.example.org", "jwks_uri": "https://x", "token_endpoint": "https://t.example/t"}, ""),
        ({"issuer": "https://login.example.org/", "jwks_uri": "https://x"}, "calls itself https://login.example.org/"),
        ({"issuer": "https://login.example.org"}, "names no keys"),
        ({}, "has no discovery document"),
    ],
)
def test_an_issuer_is_asked_for_its_discovery_document(
    world: DeploymentWorld, monkeypatch: pytest.MonkeyPatch, document: dict[str, str], said: str
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert str(request.url) == "https://login.example.org/.well-known/openid-configuration"
        return httpx.Response(200, json=document)

    monkeypatch.setattr(oidc, "open_client", lambda: httpx.Client(transport=httpx.MockTransport(answer)))
    done = world.init("--oidc-issuer", "https://login.example.org", "--oidc-audience", "elephant")
    assert done.exit_code == (2 if said else 0), done.output
    assert said in done.output
    if not said:
        assert read_installation(world.file).oidc_token_url == "https://t.example/t"


def test_credentials_of_another_account_are_refused(world: DeploymentWorld) -> None:
    world.file.write_text(f'region = "{REGION}"\nstack = "{world.stack}"\naccount = "999999999999"\n')
    done = world.init()
    assert done.exit_code == 1
    assert "the installation is in 999999999999" in done.stderr


def test_a_file_with_a_mistake_is_named_and_left_alone(world: DeploymentWorld, tmp_path: Path) -> None:
    world.file.write_text('regoin = "eu-central-1"\n')
    done = world.init()
    assert done.exit_code == 1
    assert "regoin is no key that is known here" in done.stderr
    assert world.file.read_text() == 'regoin = "eu-central-1"\n'
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".elephant")] == []


def test_the_certificates_commands_take_their_settings_from_the_file(
    world: DeploymentWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.init().exit_code == 0
    monkeypatch.chdir(world.folder)
    done = CliRunner().invoke(app, ["certs", "status"], env=world.environment)
    assert done.exit_code == 1
    assert "run `elephant certs issue`" in done.output
