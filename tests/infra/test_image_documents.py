"""What Image Builder is told to do: AWSTOE's schema, and documents and scripts that fit each other."""

import configparser
import copy
import json
import re
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from elephant.agent.ec2.dcv_conf import with_setting
from elephant.agent.ec2.settings import ImageSettings
from elephant.agent.kiosk import KioskSettings
from tests.support.awstoe import problems_of_document

IMAGE = Path(__file__).resolve().parents[2] / "infra/image"
PLATFORMS = {"ubuntu": "Linux", "windows": "Windows"}
SCRIPTS = sorted(file for file in IMAGE.rglob("*") if file.suffix in {".sh", ".ps1"} or file.name == "check-image")
Mutation = Callable[[dict[str, Any]], object]


def document(system: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml_parse((IMAGE / system / "component.yaml").read_text())
    return read


def problems(system: str, changed: dict[str, Any] | None = None) -> list[str]:
    text = (IMAGE / system / "component.yaml").read_text()
    return list(problems_of_document(text, changed or document(system), PLATFORMS[system]))


def steps(system: str) -> list[dict[str, Any]]:
    return [step for phase in document(system)["phases"] for step in phase["steps"]]


@pytest.mark.parametrize("system", PLATFORMS)
def test_the_documents_are_what_awstoe_takes(system: str) -> None:
    assert problems(system) == []
    assert [phase["name"] for phase in document(system)["phases"]] == ["build", "validate", "test"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda step: step.update(action="ExecuteShell"), "unknown action ExecuteShell"),
        (lambda step: step.update(action="ExecutePowerShell"), "ExecutePowerShell is not for Linux"),
        (lambda step: step["inputs"][0].update(checksum="0"), "S3Download has no input checksum"),
        (lambda step: step["inputs"][0].pop("destination"), "S3Download wants destination"),
        (lambda step: step["inputs"][0].update(source=7), "S3Download: source is 7"),
        (lambda step: step["inputs"][0].update(source="{{ Bundel }}"), "no parameter Bundel"),
        (lambda step: step.update(inputs=step["inputs"][0]), "inputs must be a list"),
        (lambda step: step.update(timeout=3), "unknown key timeout"),
        (lambda step: step.update(timeoutSeconds="5m"), "timeoutSeconds must be a number of seconds"),
        (lambda step: step.update(maxAttempts=0), "maxAttempts must be a number"),
        (lambda step: step.update(onFailure="Retry"), "onFailure"),
        (lambda step: step.update(name="UnpackBundle"), "two steps UnpackBundle"),
    ],
)
def test_what_awstoe_would_not_take_is_found(change: Mutation, problem: str) -> None:
    changed = copy.deepcopy(document("ubuntu"))
    change(changed["phases"][0]["steps"][0])
    assert [found for found in problems("ubuntu", changed) if problem in found]


def test_powershell_runs_commands_or_a_file() -> None:
    changed = copy.deepcopy(document("windows"))
    changed["phases"][0]["steps"][1]["inputs"]["file"] = "C:\\one.ps1"
    assert problems("windows", changed) == ["build.UnpackBundle: ExecutePowerShell wants commands or file, not both"]


@pytest.mark.parametrize("system", PLATFORMS)
def test_every_script_is_a_step_and_every_file_is_installed(system: str) -> None:
    told = json.dumps([step.get("inputs") for step in steps(system)])
    scripts = [file.name for file in (IMAGE / system / "steps").iterdir()]
    assert sorted(re.findall(r"[a-z]+\.(?:sh|ps1)(?=\")", told)) == sorted(scripts)
    installing = "".join(file.read_text() for file in (IMAGE / system / "steps").iterdir())
    for file in (IMAGE / system / "files").iterdir():
        assert re.search(rf"files[/\\]{re.escape(file.name)}\b", installing), file.name
    assert re.search(r"\$here[/\\]elephant-agent\.pyz", installing)


@pytest.mark.parametrize("system", PLATFORMS)
def test_everything_that_is_slow_has_a_time_of_its_own(system: str) -> None:
    assert [step["name"] for step in steps(system) if "timeoutSeconds" not in step] == []


def test_the_bash_is_clean() -> None:
    bash = [str(file) for file in SCRIPTS if file.suffix != ".ps1"]
    assert len(bash) == 7
    found = subprocess.run(
        ["shellcheck", *bash, str(IMAGE / "ubuntu/files/session")], capture_output=True, text=True, check=False
    )
    assert found.stdout == ""
    for step in steps("ubuntu"):
        for command in (step.get("inputs") or {}).get("commands", []) if step["action"] == "ExecuteBash" else []:
            subprocess.run(["bash", "-n", "-c", command], check=True)


@pytest.mark.parametrize("file", [file for file in SCRIPTS if file.suffix == ".sh"], ids=lambda file: file.name)
def test_a_step_that_fails_fails_the_build(file: Path) -> None:
    assert "set -euo pipefail" in file.read_text()


def test_what_is_downloaded_is_what_was_looked_at() -> None:
    """A download whose hash nobody compares would be whatever is there on the day of the build."""
    for file in SCRIPTS:
        text = file.read_text()
        downloads = re.findall(r"https://(?!127\.0\.0\.1)[^\s\"']+\.(?:tgz|msi|exe)\b", text)
        hashes = re.findall(r"sha256 ?= ?'?([0-9A-Fa-f]{64})\b", text)
        assert bool(downloads) == bool(hashes), file.name
        if downloads:
            assert re.search(r"sha256sum --check|-ne \$sha256", text), file.name
            assert len(set(hashes)) == len(hashes)
    releases = [
        re.findall(r"(?:release|build) ?= ?'?([\d.]+)", (IMAGE / name).read_text())
        for name in ("ubuntu/steps/dcv.sh", "windows/steps/dcv.ps1")
    ]
    assert releases[0] == releases[1]


@pytest.mark.parametrize(("system", "separator"), [("ubuntu", "/"), ("windows", "\\")])
def test_the_kiosk_waits_where_the_agent_writes(system: str, separator: str) -> None:
    kiosk = KioskSettings.parse((IMAGE / system / "files/kiosk.toml").read_text())
    text = (IMAGE / system / "files/agent.toml").read_text()
    ImageSettings.parse(text)
    agent = tomllib.loads(text)
    assert str(kiosk.meeting_file) == f"{agent['run_dir']}{separator}meeting.json"
    assert any("{url}" in word for word in kiosk.on_meeting)


def test_the_unit_runs_what_is_installed() -> None:
    unit = (IMAGE / "ubuntu/files/elephant-agent.service").read_text()
    installed = (IMAGE / "ubuntu/steps/agent.sh").read_text()
    command = re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    assert command is not None
    for path in re.findall(r"/(?:opt|etc)/\S+", command[1]):
        assert path in installed, path
    assert "User=" not in unit
    directory = re.search(r"^RuntimeDirectory=(\w+)$", unit, re.MULTILINE)
    agent = tomllib.loads((IMAGE / "ubuntu/files/agent.toml").read_text())
    assert directory is not None
    assert agent["run_dir"] == f"/run/{directory[1]}"
    assert f"Environment=TMPDIR={agent['run_dir']}\n" in unit, (
        "nothing of the agent's hangs on a disk that people can fill"
    )


def test_dcvs_configuration_takes_what_the_agent_adds() -> None:
    before = (IMAGE / "ubuntu/files/dcv.conf").read_text()
    after = with_setting(before, "security", "auth-token-verifier", "https://api.example.test/dcv/auth/i-1")
    read = configparser.ConfigParser()
    read.read_string(after)
    assert read["security"]["auth-token-verifier"] == '"https://api.example.test/dcv/auth/i-1"'
    assert read["session-management"]["create-session"] == "true"
    assert read["session-management/automatic-console-session"]["owner"] == '"elephant"'
    assert set(before.splitlines()) < set(after.splitlines())


def test_nothing_secret_is_in_the_image() -> None:
    for file in (each for each in IMAGE.rglob("*") if each.is_file()):
        text = file.read_text()
        assert not re.search(r"BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|chpasswd|authorized_keys *<<", text), file
        assert not re.search(r"ConvertTo-SecureString(?! -AsPlainText -Force \$password)", text), file
