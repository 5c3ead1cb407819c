import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.agent.kiosk import KioskSettings, command_for, main, meeting_page, pause_after

SETTINGS = KioskSettings(Path("meeting.json"), ("firefox",), ("--kiosk", "{url}"))


def test_the_settings() -> None:
    text = 'meeting_file = "/run/elephant/meeting.json"\nbrowser = ["firefox", "--no-remote"]\n'
    assert KioskSettings.parse(text) == KioskSettings(
        Path("/run/elephant/meeting.json"), ("firefox", "--no-remote"), ("{url}",)
    )
    assert KioskSettings.parse(text + 'on_meeting = ["--kiosk", "{url}"]').on_meeting == ("--kiosk", "{url}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "meeting_file must be a path"),
        ('meeting_file = "m"', "browser must be a list of words"),
        ('meeting_file = "m"\nbrowser = []', "browser must be a list of words"),
        ('meeting_file = "m"\nbrowser = [1]', "browser must be a list of words"),
        ('meeting_file = "m"\nbrowser = ["b"]\nbrwoser = ["b"]', "unknown: brwoser"),
        ("meeting_file", "Expected"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, problem: str) -> None:
    file = tmp_path / "kiosk.toml"
    file.write_text(text)
    assert main([str(file)]) == 2
    assert problem in capsys.readouterr().err
    assert main([str(tmp_path / "none.toml")]) == 2
    assert main([]) == 2


def test_the_browser_opens_the_meeting() -> None:
    url = "https://meet.example.org/elephant-m1"
    assert command_for(SETTINGS, url) == ["firefox", "--kiosk", url]
    assert command_for(SETTINGS, "") == ["firefox"]


@pytest.mark.parametrize("url", ["--version", "file:///etc/passwd", "javascript:alert(1)", " https://a", "meet"])
def test_what_is_no_web_page_is_not_handed_to_a_browser(url: str) -> None:
    with pytest.raises(ValueError, match="no web page"):
        command_for(SETTINGS, url)


@given(st.text())
def test_half_a_file_is_no_meeting(page: str) -> None:
    whole = json.dumps({"meeting_id": "m1", "role": "host", "jitsi_url": page})
    assert meeting_page(whole) == page
    assert all(meeting_page(whole[:length]) is None for length in range(len(whole)))


@pytest.mark.parametrize(("text", "page"), [("{}", ""), ("[]", None), ('{"jitsi_url": 1}', None)])
def test_other_files(text: str, page: str | None) -> None:
    assert meeting_page(text) == page


def test_a_browser_that_will_not_run_is_tried_less_and_less_often() -> None:
    pauses = [0.0]
    for _ in range(9):
        pauses.append(pause_after(pauses[-1], ran_seconds=1))
    assert pauses[1:] == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10, 10]
    assert pause_after(10, ran_seconds=30) == 0.2
