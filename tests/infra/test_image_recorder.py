"""How Windows' image records: what installs it, what starts it and what both halves are told fit each other."""

import re
from pathlib import Path, PureWindowsPath

from elephant.agent.ec2.screen_settings import ScreenSettings, read_screen_settings
from elephant.agent.ec2.settings import _FFMPEG, _SCREEN

WINDOWS = Path(__file__).resolve().parents[2] / "infra/image/windows"
DYNAMIC_PORTS = 49152
"""From here on Windows gives a port to whoever asks for any."""


def step(name: str) -> str:
    return (WINDOWS / f"steps/{name}.ps1").read_text()


def told() -> ScreenSettings:
    return read_screen_settings(WINDOWS / "files/screen.toml")


def test_the_recorder_is_where_its_step_puts_it() -> None:
    place = re.search(r"^\$place = '([^']+)'$", step("recorder"), re.MULTILINE)
    assert place is not None
    assert told().recorder[0] == str(PureWindowsPath(place[1]) / "ffmpeg.exe")
    assert '"$place\\ffmpeg.exe"' in step("recorder")
    check = (WINDOWS / "files/check-image.ps1").read_text()
    assert "$programs\\Recorder\\ffmpeg.exe" in check


def test_it_writes_what_the_one_on_ubuntu_writes_and_takes_a_q() -> None:
    recorder = told().recorder
    begins = recorder.index("-vf")
    assert recorder[begins:-1] == _FFMPEG[_FFMPEG.index("-vf") : -1]
    assert recorder[-1] == "pipe:1"
    assert "-nostdin" not in recorder


def test_nobody_gets_its_port_by_chance() -> None:
    assert 1024 < told().port < DYNAMIC_PORTS


def test_what_is_installed_is_what_was_locked() -> None:
    """pip takes wheels alone, whose hash is in the lock; it runs nothing of what it unpacks."""
    words = set(re.findall(r"'(--[a-z-]+)'", step("recorder")))
    assert {"--require-hashes", "--only-binary", "--no-deps", "--requirement"} <= words
    assert re.search(r"'--only-binary', ':all:'", step("recorder"))
    assert '"$here\\files\\recorder.txt"' in step("recorder")
    assert "'Include_pip=1'" in step("python")


def test_the_task_that_the_agent_starts_is_the_one_that_shows_the_screen() -> None:
    agent = step("agent")
    assert told().wake[:2] == ("schtasks.exe", "/run")
    shows = re.search(rf"Register-ScheduledTask -Force -TaskName '{told().wake[-1]}' ([^|]+)\|", agent)
    assert shows is not None
    assert "-Action $screen -Trigger $logon -Principal $people" in shows[1]
    assert re.search(r"\$people = New-ScheduledTaskPrincipal -GroupId 'S-1-5-32-545' -RunLevel Limited", agent)
    assert "pythonw.exe" in agent
    assert 'screen `"$data\\screen.toml`"' in agent


def test_everybody_may_read_what_both_halves_are_told() -> None:
    agent = step("agent")
    assert re.search(r'Copy-Item [^\n]*"\$here\\files\\screen\.toml" \$data', agent)
    assert re.search(r'foreach \(\$readable in [^\n]*"\$data\\screen\.toml"', agent)


def test_the_agent_takes_what_it_cannot_see_itself() -> None:
    agent = step("agent")
    places = dict(re.findall(r"^\$(programs|data) = '([^']+)'$", agent, re.MULTILINE))
    assert (
        rf"{places['programs']}\Python\python.exe",
        "-I",
        rf"{places['programs']}\elephant-agent.pyz",
        "record",
        rf"{places['data']}\screen.toml",
        "{file}",
    ) == _SCREEN
