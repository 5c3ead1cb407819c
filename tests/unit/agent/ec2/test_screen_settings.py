"""The settings of both halves of a session's recorder."""

from dataclasses import fields
from pathlib import Path

import pytest

from elephant.agent.ec2.screen_settings import ScreenSettings, read_screen_settings
from elephant.agent.recording import STEADY_SECONDS


def test_what_is_not_said_has_a_default(tmp_path: Path) -> None:
    (tmp_path / "screen.toml").write_text('port = 4000\nrecorder = ["ffmpeg", "-"]\nsilent_seconds = 3\n')
    settings = read_screen_settings(tmp_path / "screen.toml")
    assert settings == ScreenSettings(port=4000, recorder=("ffmpeg", "-"), silent_seconds=3.0)
    assert settings.wake == ()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("port = ", "not TOML"),
        ('recorder = ["x"]', "port is missing"),
        ("port = 1", "recorder is missing"),
        ('port = 0\nrecorder = ["x"]', "port must be a port from 1 to 65535"),
        ('port = 70000\nrecorder = ["x"]', "port must be a port"),
        ('port = "1"\nrecorder = ["x"]', "port must be a whole number"),
        ("port = 1\nrecorder = []", "recorder must be a list of words"),
        ('port = 1\nrecorder = ["x"]\nwait_seconds = 0', "wait_seconds must be"),
        ('port = 1\nrecorder = ["x"]\nhost = "0.0.0.0"', "host is no setting; there are port, recorder"),
    ],
)
def test_what_is_wrong_is_named(content: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        ScreenSettings.parse(content)


def test_who_finds_no_session_is_never_given_up() -> None:
    """The agent counts failures in a row, and forgets those before one that ran for long; its clock has ticks."""
    assert ScreenSettings(port=1, recorder=("x",)).wait_seconds >= STEADY_SECONDS + 5


def test_the_page_on_desktops_names_every_setting_with_its_default() -> None:
    page = (Path(__file__).resolve().parents[4] / "docs" / "desktop.md").read_text()
    for field in fields(ScreenSettings):
        told = f"`{field.name}` {field.default:g}" if isinstance(field.default, int | float) else f"| `{field.name}` |"
        assert told in page, field.name
