from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from elephant.bootstrap.embedded_settings import EmbeddedSettings
from elephant.domain.timetable import Policy


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in EmbeddedSettings.model_fields:
        monkeypatch.delenv(f"ELEPHANT_{name.upper()}", raising=False)


def test_the_defaults_are_the_policy_s() -> None:
    assert EmbeddedSettings().policy() == Policy()


def test_every_setting_is_described() -> None:
    assert [name for name, field in EmbeddedSettings.model_fields.items() if not field.description] == []


def test_fractions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELEPHANT_LAUNCH_LEAD_MINUTES", "0.05")
    monkeypatch.setenv("ELEPHANT_SWEEP_SECONDS", ".5")
    policy = EmbeddedSettings().policy()
    assert (policy.launch_lead, policy.sweep) == (timedelta(seconds=3), timedelta(milliseconds=500))


def test_no_meeting_is_longer_than_the_longest_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELEPHANT_MAX_MINUTES", "30")
    assert EmbeddedSettings().policy().duration == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "abc"),
        ("PORT", "-1"),
        ("PORT", "65536"),
        ("PORT", ""),
        ("LAUNCH_LEAD_MINUTES", "-1"),
        ("SAFETY_NET_MINUTES", "0"),
        ("GRACE_MINUTES", "inf"),
        ("GRACE_MINUTES", "nan"),
        ("MAX_MINUTES", "1e300"),
        ("SWEEP_SECONDS", "0"),
        ("PRESENCE_SECONDS", "two minutes"),
        ("HEARTBEAT_SECONDS", "-5"),
        ("HEARTBEAT_SECONDS", "inf"),
        ("GEOMETRY", "big"),
        ("GEOMETRY", "1280x800x24"),
        ("SANDBOX", "perhaps"),
        ("APP", "xterm -e 'sh"),
        ("PUBLIC_URL", "school.example"),
        ("PUBLIC_URL", "ftp://school.example"),
        ("PUBLIC_URL", "https://school.example/?a=b"),
        ("PUBLIC_URL", "https://[school.example"),
        ("FRONTEND_BASE_URLS", "https://school.example,school.example"),
        ("JITSI_DOMAIN", "https://meet.example.org"),
        ("JITSI_DOMAIN", "meet.example.org/room"),
        ("HOST_TOKEN", "short"),
        ("HOST_TOKEN", "with spaces in between it"),
        ("HOST_TOKEN", "ключ-ключ-ключ-ключ"),
    ],
)
def test_what_cannot_be_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"ELEPHANT_{name}", value)
    with pytest.raises(ValidationError) as refused:
        EmbeddedSettings()
    assert [error["loc"] for error in refused.value.errors()] == [(name.lower(),)]


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELEPHANT_FRONTEND_BASE_URLS", " https://a.example/x , ,https://b.example")
    assert EmbeddedSettings().frontend_base_urls == ("https://a.example/x", "https://b.example")


def test_a_certificate_needs_its_key() -> None:
    with pytest.raises(ValidationError, match="certfile and keyfile go together"):
        EmbeddedSettings(certfile=Path("a.pem"))
    assert EmbeddedSettings(certfile=Path("a.pem"), keyfile=Path("b.pem")).uses_https


def test_the_data_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert EmbeddedSettings().data_dir == Path("/somewhere/elephant")
    monkeypatch.setenv("XDG_DATA_HOME", "")
    monkeypatch.setenv("HOME", "/home/ada")
    assert EmbeddedSettings().data_dir == Path("/home/ada/.local/share/elephant")
    monkeypatch.setenv("ELEPHANT_DATA_DIR", "~/here")
    assert EmbeddedSettings().data_dir == Path("/home/ada/here")
    monkeypatch.setenv("ELEPHANT_DATA_DIR", "there")
    assert EmbeddedSettings().data_dir == Path.cwd() / "there"


def test_the_token_is_not_shown() -> None:
    settings = EmbeddedSettings(host_token=SecretStr("a-token-of-the-host"))
    assert "a-token-of-the-host" not in repr(settings)
    with pytest.raises(ValidationError) as refused:
        EmbeddedSettings(host_token=SecretStr("a token"))
    assert "a token" not in str(refused.value)
