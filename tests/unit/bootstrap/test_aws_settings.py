"""What the functions on AWS take from their environment, and what they say about what they cannot."""

from dataclasses import fields
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.bootstrap.aws_parts import PROVIDERS, Part, wanted_by
from elephant.bootstrap.aws_settings import AwsSettings, read_aws_settings, variable_of
from elephant.bootstrap.policy_numbers import POLICY_NUMBERS
from elephant.bootstrap.policy_settings import PolicySettings
from elephant.domain.timetable import Policy
from elephant.ports.errors import Permanent

WHOLE = {
    "TABLE_NAME": "meetings-of-ours",
    "LINK_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:links-a1b2c3",
    "SECRETS_CHANGED": "in november",
    "ELEPHANT_HOST_TOKEN": "the-token-of-the-host",
    "HOST_CLAIM": "preferred_username",
    "HOURS_CLAIM": "hours",
    "GROUPS_CLAIM": "groups",
    "ADMIN_GROUP": "the admins",
    "HOST_HOURS_PER_MONTH": "20.5",
    "PRICE_PER_HOUR": "0.0912",
    "FRONTEND_BASE_URLS": "https://school.example/app, https://d111.cloudfront.example",
    "API_URL": "https://api.school.example/prod",
    "JITSI_DOMAIN": "meet.school.example",
    "DCV_SESSION_ID": "desk",
    "DCV_USER_NAME": "Administrator",
    "RECORD": "no",
    "RECORDINGS_BUCKET": "recordings.of-ours",
    "LAUNCHER_ARN": "arn:aws:lambda:eu-central-1:123456789012:function:launch-ec2",
    "SAFETY_NET_ARN": "arn:aws:lambda:eu-central-1:123456789012:function:meeting-safety-net:live",
    "SCHEDULER_ROLE_ARN": "arn:aws-cn:iam::123456789012:role/service-role/scheduler",
    "SCHEDULE_GROUP": "elephant",
    "DEAD_LETTER_ARN": "arn:aws:sqs:eu-central-1:123456789012:dead-letters",
    "AMI_ID": "ami-0123456789abcdef0",
    "INSTANCE_TYPE": "g4dn.xlarge, m7i.large",
    "KEY_NAME": "the engineers' key",
    "IAM_PROFILE": "desktops",
    "SECURITY_GROUP_IDS": "sg-0a1b2c3d",
    "SUBNET_IDS": "subnet-1,subnet-2,",
    "INSTALLATION": "elephant-north",
    "DOMAIN_ROOT": "Desks.Example.org.",
    "DNS_PROVIDER": "rfc2136",
    "ZONE_ID": "example.org",
    "SECRET_ARN": "prod/elephant/cloudflare",
    "CLOUDFLARE_API_URL": "http://127.0.0.1:8080/client/v4",
    "DNS_PROXIED": "False",
    "RFC2136_SERVER": "10.0.0.53:5353",
    "DNS_RECORD_LIMIT": "3500",
    "CERTIFICATE_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:certificate-a1b2c3",
    "ACME_DIRECTORY_URL": "https://acme.example/directory",
    "ACME_EMAIL": "engineers@school.example",
    "ELEPHANT_GRACE_MINUTES": "1.5",
}


def test_every_setting_is_read() -> None:
    assert read_aws_settings(WHOLE, Part) == AwsSettings(
        table_name="meetings-of-ours",
        link_secret_arn=WHOLE["LINK_SECRET_ARN"],
        secrets_changed="in november",
        host_token="the-token-of-the-host",
        host_claim="preferred_username",
        hours_claim="hours",
        groups_claim="groups",
        admin_group="the admins",
        host_hours_per_month=20.5,
        price_per_hour=Decimal("0.0912"),
        frontend_base_urls=("https://school.example/app", "https://d111.cloudfront.example"),
        api_url="https://api.school.example/prod",
        jitsi_domain="meet.school.example",
        dcv_session_id="desk",
        dcv_user_name="Administrator",
        record=False,
        recordings_bucket="recordings.of-ours",
        launcher_arn=WHOLE["LAUNCHER_ARN"],
        safety_net_arn=WHOLE["SAFETY_NET_ARN"],
        scheduler_role_arn=WHOLE["SCHEDULER_ROLE_ARN"],
        schedule_group="elephant",
        dead_letter_arn=WHOLE["DEAD_LETTER_ARN"],
        ami_id="ami-0123456789abcdef0",
        instance_type=("g4dn.xlarge", "m7i.large"),
        key_name="the engineers' key",
        iam_profile="desktops",
        security_group_ids=("sg-0a1b2c3d",),
        subnet_ids=("subnet-1", "subnet-2"),
        installation="elephant-north",
        domain_root="desks.example.org",
        dns_provider="rfc2136",
        zone_id="example.org",
        secret_arn="prod/elephant/cloudflare",
        cloudflare_api_url="http://127.0.0.1:8080/client/v4",
        dns_proxied=False,
        rfc2136_server="10.0.0.53:5353",
        dns_record_limit=3500,
        certificate_secret_arn=WHOLE["CERTIFICATE_SECRET_ARN"],
        acme_directory_url="https://acme.example/directory",
        acme_email="engineers@school.example",
        policy=Policy(grace=timedelta(minutes=1.5)),
    )


def test_the_environment_above_leaves_nothing_to_its_default() -> None:
    whole, default = read_aws_settings(WHOLE), AwsSettings()
    assert [each.name for each in fields(AwsSettings) if getattr(whole, each.name) == getattr(default, each.name)] == []


def test_what_is_not_set_or_set_to_nothing_has_its_default() -> None:
    assert read_aws_settings({}) == AwsSettings()
    assert read_aws_settings(dict.fromkeys(WHOLE, " ")) == AwsSettings()


def test_the_policy_is_the_same_as_that_of_the_embedded_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(PolicySettings.model_fields) == set(POLICY_NUMBERS)
    environ = {f"ELEPHANT_{name.upper()}": f"{number}.5" for number, name in enumerate(POLICY_NUMBERS, start=100)}
    for variable, value in environ.items():
        monkeypatch.setenv(variable, value)
    policy = read_aws_settings(environ).policy
    assert policy == PolicySettings().policy()
    # every number has reached its own place
    assert len({getattr(policy, each.name) for each in fields(policy) if each.type is timedelta}) == len(POLICY_NUMBERS)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TABLE_NAME", "two words"),
        ("HOST_HOURS_PER_MONTH", "many"),
        ("HOST_HOURS_PER_MONTH", "-1"),
        ("PRICE_PER_HOUR", "free"),
        ("PRICE_PER_HOUR", "-0.01"),
        ("PRICE_PER_HOUR", "NaN"),
        ("PRICE_PER_HOUR", "1e9"),
        ("LINK_SECRET_ARN", "a\nb"),
        ("ELEPHANT_HOST_TOKEN", "short"),
        ("ELEPHANT_HOST_TOKEN", "with spaces in between it"),
        ("FRONTEND_BASE_URLS", "https://school.example,school.example"),
        ("FRONTEND_BASE_URLS", "https://school.example/?a=b"),
        ("FRONTEND_BASE_URLS", "https://school.example/#a"),
        ("FRONTEND_BASE_URLS", "https://[school.example"),
        ("FRONTEND_BASE_URLS", "https://school.example:99999"),
        ("API_URL", "api.school.example"),
        ("JITSI_DOMAIN", "https://meet.example.org"),
        ("JITSI_DOMAIN", "meet.example.org/room"),
        ("JITSI_DOMAIN", "meet.example.org:"),
        ("DCV_USER_NAME", "two words"),
        ("RECORD", "perhaps"),
        ("RECORDINGS_BUCKET", "s3://recordings"),
        ("LAUNCHER_ARN", "launch-ec2"),
        ("SAFETY_NET_ARN", "arn:aws:lambda"),
        ("SCHEDULER_ROLE_ARN", "role/scheduler"),
        ("DEAD_LETTER_ARN", "https://sqs.example/queue"),
        ("AMI_ID", "0123456789abcdef0"),
        ("AMI_ID", "ami-XYZ"),
        ("INSTANCE_TYPE", "g4dn.xlarge m7i.large"),
        ("SECURITY_GROUP_IDS", "sg-1;sg-2"),
        ("SUBNET_IDS", "subnet-1,vpc-2"),
        ("DOMAIN_ROOT", "https://desks.example.org"),
        ("DOMAIN_ROOT", "desks"),
        ("DOMAIN_ROOT", "desks..example"),
        ("DNS_PROVIDER", "Cloudflare "),
        ("CLOUDFLARE_API_URL", "api.cloudflare.com"),
        ("DNS_PROXIED", "perhaps"),
        ("DNS_RECORD_LIMIT", "0"),
        ("DNS_RECORD_LIMIT", "-1"),
        ("DNS_RECORD_LIMIT", "2.5"),
        ("DNS_RECORD_LIMIT", "many"),
        ("RFC2136_SERVER", "ns.example:0"),
        ("RFC2136_SERVER", "ns.example:65536"),
        ("CERTIFICATE_SECRET_ARN", "certificate"),
        ("ACME_DIRECTORY_URL", "acme.example/directory"),
        ("ACME_EMAIL", "two addresses"),
        ("ELEPHANT_LAUNCH_LEAD_MINUTES", "-1"),
        ("ELEPHANT_SAFETY_NET_MINUTES", "0"),
        ("ELEPHANT_GRACE_MINUTES", "inf"),
        ("ELEPHANT_GRACE_MINUTES", "nan"),
        ("ELEPHANT_MAX_MINUTES", "10081"),
        ("ELEPHANT_PRESENCE_SECONDS", "two minutes"),
    ],
)
def test_what_cannot_be_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(Permanent) as refused:
        read_aws_settings({**WHOLE, variable: value}, Part)
    message = str(refused.value)
    assert message.startswith(f"{variable} must ")
    assert ";" not in message


def test_all_problems_are_in_one_message() -> None:
    with pytest.raises(Permanent) as refused:
        read_aws_settings({"AMI_ID": "desktop"}, [Part.LAUNCHING, Part.SAFETY_NET_ALARM])
    message = str(refused.value)
    assert [part.split(" ")[0] for part in message.split("; ")] == [
        "AMI_ID",
        "INSTANCE_TYPE",
        "LINK_SECRET_ARN",
        "SAFETY_NET_ARN",
        "SCHEDULER_ROLE_ARN",
    ]
    assert "INSTANCE_TYPE is missing, which is wanted for starting machines" in message


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("part", Part)
def test_a_part_wants_its_own_settings_and_no_other(part: Part, provider: str) -> None:
    wanted = wanted_by(part, provider)
    own = {variable_of(name): WHOLE[variable_of(name)] for name in wanted} | {"DNS_PROVIDER": provider}
    read_aws_settings(own, [part])
    for name in wanted:
        without = {variable: value for variable, value in own.items() if variable != variable_of(name)}
        with pytest.raises(Permanent, match=f"^{variable_of(name)} is missing"):
            read_aws_settings(without, [part])


def test_who_answers_and_who_fetches_a_secret() -> None:
    assert wanted_by(Part.ADDRESSES, "route53") == ("domain_root", "zone_id")
    assert wanted_by(Part.ADDRESSES, "cloudflare") == ("domain_root", "zone_id", "secret_arn")
    assert wanted_by(Part.ADDRESSES, "rfc2136") == ("domain_root", "zone_id", "secret_arn", "rfc2136_server")


def test_a_part_can_be_asked_for_later() -> None:
    AwsSettings(link_secret_arn="somewhere").require(Part.KEYS)
    with pytest.raises(Permanent, match=r"^LINK_SECRET_ARN is missing, which is wanted for keys of seats$"):
        AwsSettings().require(Part.KEYS)


def test_the_token_is_not_shown() -> None:
    assert "the-token" not in repr(read_aws_settings(WHOLE))
    with pytest.raises(Permanent) as refused:
        read_aws_settings({"ELEPHANT_HOST_TOKEN": "the token"})
    assert "the token" not in str(refused.value)


def test_every_setting_is_described() -> None:
    assert [each.name for each in fields(AwsSettings) if not each.metadata and each.name != "policy"] == []


@given(st.dictionaries(st.sampled_from(sorted(WHOLE)), st.text(max_size=40) | st.sampled_from(sorted(WHOLE.values()))))
def test_any_environment_is_read_or_refused_by_name(environ: dict[str, str]) -> None:
    try:
        read_aws_settings(environ, Part)
    except Permanent as refused:
        names = [part.split(" ")[0] for part in str(refused).split("; ")]
        assert set(names) <= set(WHOLE)
        assert len(set(names)) == len(names)
