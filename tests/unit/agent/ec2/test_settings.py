"""The image's settings: defaults, what is changed, and what is wrong."""

from dataclasses import fields
from pathlib import Path

import pytest

from elephant.agent.ec2.__main__ import run
from elephant.agent.ec2.settings import ImageSettings, read_settings


def test_what_is_not_said_is_as_the_platform_has_it() -> None:
    settings = ImageSettings.parse('dcv_user = ""\nboot_seconds = 60\nrestart_dcv = ["true"]\n')
    assert (settings.dcv_user, settings.boot_seconds, settings.restart_dcv) == ("", 60.0, ("true",))
    assert settings.imds_url == "http://169.254.169.254"
    assert settings.shutdown_command == ("shutdown", "-h", "now")
    assert "{file}" in settings.record_command
    assert ImageSettings.parse("") == ImageSettings()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("a = ", "not TOML"),
        ("recording_dir = 'x'", "recording_dir is no setting; there are imds_url, run_dir"),
        ("run_dir = ''", "run_dir must be a text"),
        ("boot_seconds = 0", "boot_seconds must be a number of seconds above 0"),
        ("boot_seconds = 'long'", "boot_seconds must be a number of seconds"),
        ("restart_dcv = 'systemctl'", "restart_dcv must be a list of words"),
        ("imds_url = 'https://x'", "imds_url must be http"),
        ("dcv_url = 'http://x'", "dcv_url must be an address that begins with https"),
    ],
)
def test_what_is_wrong_is_named(content: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        ImageSettings.parse(content)


def test_the_page_on_desktops_names_every_setting_with_its_default() -> None:
    page = (Path(__file__).resolve().parents[4] / "docs" / "desktop.md").read_text()
    for field in fields(ImageSettings):
        default = field.default
        if field.name.endswith("_seconds"):
            assert f"`{field.name}` {default:g}" in page, field.name
        else:
            assert f"| `{field.name}` |" in page, field.name
        if isinstance(default, str) and default:
            assert f"| `{default}` |" in page, field.name


def test_a_file_is_read_and_has_to_be_there(tmp_path: Path) -> None:
    (tmp_path / "agent.toml").write_text("boot_seconds = 5")
    assert read_settings(tmp_path / "agent.toml").boot_seconds == 5.0
    with pytest.raises(FileNotFoundError):
        read_settings(tmp_path / "other.toml")


def test_where_no_file_is_the_machine_is_not_the_agents_to_shut_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--settings", str(tmp_path / "other.toml")]) == 2
    assert "other.toml" in capsys.readouterr().err
