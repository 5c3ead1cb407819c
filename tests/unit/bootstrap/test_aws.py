"""The functions on AWS, put together: what is chosen, and that nothing is made or asked for before it is used."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from elephant.adapters.dns.cloudflare import CloudflareZone
from elephant.adapters.dns.cloudflare_texts import CloudflareTexts
from elephant.adapters.dns.rfc2136 import Rfc2136Zone
from elephant.adapters.dns.rfc2136_texts import Rfc2136Texts
from elephant.adapters.dns.route53 import Route53Zone
from elephant.adapters.dns.route53_texts import Route53Texts
from elephant.bootstrap import aws as bootstrap
from elephant.bootstrap.aws import build_aws, prepare
from elephant.bootstrap.aws_clients import Clients
from elephant.bootstrap.aws_parts import Part
from elephant.bootstrap.aws_settings import AwsSettings
from elephant.bootstrap.aws_zone import open_texts, open_zone
from elephant.domain.machine import Machine, MachineState
from elephant.domain.timetable import Policy
from elephant.entrypoints.lambdas.starting import start
from elephant.ports.errors import Permanent
from tests.support.builders import TEACHER, a_meeting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_route53.client import Route53Client

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)
ROUTE53 = cast("Route53Client", object())
# The functions that AWS itself calls start cold; these would double the time that it takes.
TOO_SLOW_TO_IMPORT = ["boto3", "botocore.session", "dns", "fastapi", "httpx", "itsdangerous", "pydantic", "starlette"]


@pytest.fixture(autouse=True)
def _fresh() -> "Iterator[None]":
    bootstrap.aws.cache_clear()
    yield
    bootstrap.aws.cache_clear()


def test_putting_it_together_imports_no_library_that_is_not_used_yet() -> None:
    program = (
        "import sys; from elephant.bootstrap.aws import aws; aws(); "
        f"print([name for name in {TOO_SLOW_TO_IMPORT} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env={"PATH": os.environ["PATH"]}
    )
    assert done.stdout.strip() == "[]"


def test_a_process_has_one_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_NAME", "meetings-of-ours")
    monkeypatch.setenv("ELEPHANT_GRACE_MINUTES", "1")
    first = bootstrap.aws()
    assert bootstrap.aws() is first
    assert first.settings.table_name == "meetings-of-ours"
    assert first.service.policy == Policy(grace=timedelta(minutes=1)) == first.settings.policy


def test_the_clock_is_looked_up_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    service = build_aws(AwsSettings()).service
    monkeypatch.setattr(bootstrap, "utc_now", lambda: NOW)
    assert service.now() == NOW
    assert build_aws(AwsSettings(), clock=lambda: NOW + timedelta(1)).service.now() == NOW + timedelta(1)


def test_links_and_calls_lead_where_the_settings_say() -> None:
    service = build_aws(AwsSettings(frontend_base_urls=("https://a.example",), jitsi_domain="meet.example")).service
    assert (service.public_url, service.frontend_base_urls) == ("", ("https://a.example",))
    assert service.call_url == "https://meet.example/"
    assert build_aws(AwsSettings()).service.call_url == ""


def test_a_part_without_its_settings_says_so_when_it_is_used() -> None:
    service = build_aws(AwsSettings()).service
    with pytest.raises(Permanent, match=r"^LINK_SECRET_ARN is missing"):
        service.keys.key(a_meeting(), TEACHER)
    machine = Machine(
        id="i-0123456789abcdef0",
        meeting_id="m",
        role=TEACHER,
        state=MachineState.RUNNING,
        launched_at=NOW,
        ip_address="192.0.2.1",
    )
    with pytest.raises(Permanent, match=r"^DOMAIN_ROOT is missing.*; ZONE_ID is missing.*; SECRET_ARN is missing"):
        service.addresses.publish(machine)


def test_importing_a_handler_does_nothing_off_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    assert prepare(*Part) is False
    start(*Part)
    assert bootstrap.aws.cache_info().currsize == 0


def test_on_lambda_a_function_that_lacks_settings_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "launch-ec2")
    monkeypatch.setenv("AMI_ID", "desktop")
    with pytest.raises(Permanent, match=r"^AMI_ID must be .*; INSTANCE_TYPE is missing.*; LINK_SECRET_ARN is missing"):
        start(Part.LAUNCHING)


def test_on_lambda_a_function_is_put_together_before_its_first_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "dcv-url")
    monkeypatch.setenv("LINK_SECRET_ARN", "links")
    assert prepare(Part.KEYS) is True
    assert bootstrap.aws.cache_info().currsize == 1


@pytest.mark.parametrize("key", ["CLOUDFLARE_TOKEN", "CLOUDFLARE_API_TOKEN"])
def test_cloudflare_has_its_token_and_its_address(key: str) -> None:
    settings = AwsSettings(zone_id="z", dns_proxied=False, cloudflare_api_url="http://127.0.0.1:1/client/v4")
    zone = open_zone(settings, lambda: json.dumps({key: "a-token"}), ROUTE53)
    assert isinstance(zone, CloudflareZone)
    assert (zone.zone_id, zone.proxied) == ("z", False)
    assert str(zone.client.base_url) == "http://127.0.0.1:1/client/v4/"
    assert zone.client.headers["authorization"] == "Bearer a-token"


def test_route53_needs_no_secret() -> None:
    def secret() -> str:
        raise AssertionError

    zone = open_zone(AwsSettings(dns_provider="route53", zone_id="Z1"), secret, ROUTE53)
    assert zone == Route53Zone(ROUTE53, "Z1", retries=cast("Route53Zone", zone).retries)


def test_texts_stand_in_the_same_zone_by_the_same_credential() -> None:
    token = json.dumps({"CLOUDFLARE_TOKEN": "a-token"})
    cloudflare = open_texts(AwsSettings(zone_id="z"), lambda: token, ROUTE53)
    assert isinstance(cloudflare, CloudflareTexts)
    assert cloudflare.zone_id == "z"
    assert cloudflare.client.headers["authorization"] == "Bearer a-token"

    route53 = open_texts(AwsSettings(dns_provider="route53", zone_id="Z1"), lambda: "", ROUTE53)
    assert isinstance(route53, Route53Texts)
    assert (route53.client, route53.zone_id) == (ROUTE53, "Z1")

    key = json.dumps({"TSIG_KEY_NAME": "elephant", "TSIG_SECRET": "c2VjcmV0"})
    settings = AwsSettings(dns_provider="rfc2136", zone_id="desks.example", rfc2136_server="10.0.0.53:5353")
    rfc2136 = open_texts(settings, lambda: key, ROUTE53)
    assert isinstance(rfc2136, Rfc2136Texts)
    assert (rfc2136.zone, rfc2136.server.host, rfc2136.server.port) == ("desks.example", "10.0.0.53", 5353)


def test_the_sweep_does_not_wait_long_for_the_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "eu-central-1")
    config: Any = Clients().secrets_in_passing.meta.config
    assert config.connect_timeout + config.read_timeout <= 4
    assert config.retries == {"mode": "standard", "total_max_attempts": 1}


@pytest.mark.parametrize(
    ("server", "host", "port", "more", "algorithm"),
    [
        ("ns.example", "ns.example", 53, {}, "hmac-sha256."),
        ("10.0.0.53:5353", "10.0.0.53", 5353, {"TSIG_ALGORITHM": "hmac-sha512"}, "hmac-sha512."),
    ],
)
def test_a_name_server_has_its_key(server: str, host: str, port: int, more: dict[str, str], algorithm: str) -> None:
    secret = json.dumps({"TSIG_KEY_NAME": "elephant", "TSIG_SECRET": "c2VjcmV0", **more})
    settings = AwsSettings(dns_provider="rfc2136", zone_id="desks.example", rfc2136_server=server)
    zone = open_zone(settings, lambda: secret, ROUTE53)
    assert isinstance(zone, Rfc2136Zone)
    assert (zone.zone, zone.server.host, zone.server.port) == ("desks.example", host, port)
    assert (zone.server.key.name.to_text(), zone.server.key.secret) == ("elephant.", b"secret")
    assert zone.server.key.algorithm.to_text() == algorithm


@pytest.mark.parametrize(
    "secret",
    [
        "very-secret",
        "[]",
        "{}",
        '{"TSIG_KEY_NAME": "very-secret"}',
        '{"TSIG_SECRET": "very-secret"}',
        '{"TSIG_KEY_NAME": " ", "TSIG_SECRET": "very-secret"}',
        '{"TSIG_KEY_NAME": 1, "TSIG_SECRET": "very-secret"}',
        '{"TSIG_KEY_NAME": "a", "TSIG_SECRET": "very-secret"}',
        '{"TSIG_KEY_NAME": "a", "TSIG_SECRET": "c2VjcmV0", "TSIG_ALGORITHM": "md5"}',
    ],
)
def test_a_name_server_s_secret_that_is_none(secret: str) -> None:
    settings = AwsSettings(dns_provider="rfc2136", zone_id="desks.example", rfc2136_server="ns.example")
    with pytest.raises(Permanent, match="TSIG") as refused:
        open_zone(settings, lambda: secret, ROUTE53)
    assert "very-secret" not in str(refused.value)
