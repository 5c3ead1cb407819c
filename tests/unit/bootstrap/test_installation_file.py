"""The installation's file: what is written can be read, wholly or not at all."""

import tomllib
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.bootstrap import installation_file
from elephant.bootstrap.aws_settings import read_aws_settings
from elephant.bootstrap.deployable import Deployable
from elephant.bootstrap.installation_file import (
    Installation,
    installation_of,
    read_installation,
    read_value,
    write_installation,
)
from elephant.ports.errors import Permanent
from tests.support.stack import TEMPLATE, Stack

WHOLE = Installation(
    region="eu-central-1",
    account="123456789012",
    stack="elephant",
    domain_root="desks.example.test",
    dns_provider="rfc2136",
    zone_id="example.test",
    dns_proxied=False,
    rfc2136_server="ns.example.test:53",
    dns_secret_arn="arn:aws:secretsmanager:eu-central-1:123456789012:secret:elephant/dns-AbCdEf",
    certificate_secret_arn="arn:aws:secretsmanager:eu-central-1:123456789012:secret:elephant/certificate-AbCdEf",
    acme_directory_url="https://acme.example.test/directory",
    acme_email="engineers@example.test",
    vpc_id="vpc-0123456789abcdef0",
    subnet_ids=("subnet-0123456789abcdef0", "subnet-0123456789abcdef1"),
    image_id="ami-0123456789abcdef0",
    instance_types=("m7i.large", "m6i.large"),
    oidc_issuer="https://login.example.test/",
    oidc_audience=("pages",),
    oidc_client_id="a-client",
    oidc_token_url="https://tokens.example.test/token",
    jitsi_domain="meet.example.test",
    alarm_email="alarms@example.test",
    recordings_bucket="elephant-recordings-1",
    parameters={"LaunchLeadMinutes": "12", "RecordingDays": "30"},
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "elephant-aws.toml"
    assert write_installation(file, WHOLE)
    assert read_installation(file) == WHOLE
    assert not write_installation(file, WHOLE), "it says so already"
    assert file.stat().st_mode & 0o777 == 0o644


def test_every_key_is_in_the_example_above() -> None:
    untold = {each.name for each in fields(Installation) if getattr(WHOLE, each.name) == each.default}
    assert untold == {"said"}


@given(
    st.dictionaries(st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,9}", fullmatch=True), st.text(st.characters(codec="utf-8"))),
    st.text(st.characters(min_codepoint=33, categories=("L", "N", "P", "S")), min_size=1),
)
def test_any_text_comes_back(parameters: dict[str, str], zone_id: str) -> None:
    some = replace(WHOLE, parameters=parameters, zone_id=zone_id)
    read = installation_of(tomllib.loads(installation_file._toml(some)), "here")
    assert (read.zone_id, read.parameters) == (zone_id, parameters)


def test_answers_that_were_nothing_are_remembered(tmp_path: Path) -> None:
    file = tmp_path / "elephant-aws.toml"
    write_installation(file, Installation(region="eu-central-1", said=frozenset({"alarm_email"})))
    assert read_installation(file).said == {"region", "alarm_email"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('regoin = "eu-central-1"', "regoin is no key"),
        ('stack = "Elephant"', "stack must be 2 to 24"),
        ('said = ["region"]', "said is no key"),
        ("subnet_ids = [1]", "subnet_ids must be a list of texts"),
        ('subnet_ids = ["sub"]', "subnet_ids must be an id"),
        ("zone_id = 7", "zone_id must be a text"),
        ('dns_proxied = "maybe"', "dns_proxied must be true or false"),
        ("parameters = 3", "parameters must be a table"),
        ('[parameters]\n"not-a-name" = "x"', "not-a-name"),
        ("region = ", "cannot be read"),
    ],
)
def test_what_cannot_be_is_named(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "elephant-aws.toml"
    file.write_text(line)
    with pytest.raises(Permanent, match=said):
        read_installation(file)


def test_a_writing_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "elephant-aws.toml"
    write_installation(file, WHOLE)
    before = file.read_bytes()

    def refuse(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(Permanent, match="cannot be written"):
        write_installation(file, replace(WHOLE, region="eu-west-1"))
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_several_values_may_be_one_text() -> None:
    assert read_value("subnet_ids", "subnet-0a, subnet-0b") == ("subnet-0a", "subnet-0b")
    assert read_value("alarm_email", " ") == ""


def test_the_template_knows_every_parameter_and_takes_its_value() -> None:
    told = WHOLE.template_parameters()
    known = Deployable(TEMPLATE.read_text(), {}).parameters
    assert told.keys() <= known
    assert len(known) > 20
    stack = Stack(WHOLE.stack, **told)
    settings = read_aws_settings(stack.environment("ElephantDNSWatchdog"))
    assert (settings.domain_root, settings.zone_id, settings.dns_proxied) == (
        "desks.example.test",
        "example.test",
        False,
    )


def test_commands_work_with_what_the_functions_are_told() -> None:
    """What the file says of the functions' settings is what the stack tells them."""
    ours, stack = WHOLE.environment(), Stack(WHOLE.stack, **WHOLE.template_parameters())
    names = ("sweep", "launch-ec2", "schedule-meeting", "ElephantDNSWatchdog")
    theirs = {name: text for function in names for name, text in stack.environment(function).items()}
    assert {name: ours[name] for name in ours.keys() & theirs.keys()} == {
        name: theirs[name] for name in ours.keys() & theirs.keys()
    }
    assert ours.keys() - theirs.keys() == {"AWS_DEFAULT_REGION", "ACME_DIRECTORY_URL", "ACME_EMAIL"}
    assert read_aws_settings(ours).acme_email == "engineers@example.test"
    assert WHOLE.policy.launch_lead.total_seconds() == 12 * 60
