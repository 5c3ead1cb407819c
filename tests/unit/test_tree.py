"""The repository itself: locks, the installed command, the scripts' access modes."""

import re
import tomllib
from importlib.metadata import distribution, requires
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RECORDER = ROOT / "infra/image/windows/files/recorder.txt"
LOCKS = [*sorted((ROOT / "requirements").glob("*.txt")), RECORDER]
PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[^\s;]+)(?P<rest>.*)$")


def pins(lock: Path) -> dict[str, tuple[str, list[str]]]:
    """name -> (version, hashes) of every requirement in a lock; fails on any line that is something else."""
    found: dict[str, tuple[str, list[str]]] = {}
    for line in lock.read_text().replace("\\\n", " ").splitlines():
        if line.startswith("#"):
            continue
        match = PIN.match(line)
        assert match, f"{lock.name}: {line[:80]!r} is no pinned requirement"
        found[match["name"]] = (match["version"], re.findall(r"--hash=sha256:[0-9a-f]{64}\b", match["rest"]))
    return found


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_folder_of_tests_is_run() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    with_tests = {f"tests/{path.relative_to(ROOT / 'tests').parts[0]}" for path in (ROOT / "tests").rglob("test_*.py")}
    assert sorted(settings["testpaths"]) == sorted(with_tests)


def test_the_locks_are_there() -> None:
    assert [lock.name for lock in LOCKS] == [
        "audit.txt", "aws.txt", "build.txt", "dev.txt", "functions-events.txt", "functions-http.txt", "lock.txt",
        "runtime.txt", "recorder.txt",
    ]  # fmt: skip


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_requirement_is_pinned_with_hashes(lock: Path) -> None:
    without = [name for name, (_, hashes) in pins(lock).items() if not hashes]
    assert pins(lock)
    assert without == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert not re.search(r"^\s*(-i|-f|--(extra-)?index|--find-links|--trusted-host)", text, re.MULTILINE)


def test_the_server_runs_on_what_the_tests_ran_on() -> None:
    dev = pins(ROOT / "requirements/dev.txt")
    for lock in ("aws.txt", "functions-events.txt", "functions-http.txt", "runtime.txt", "build.txt"):
        for name, pin in pins(ROOT / "requirements" / lock).items():
            assert dev[name] == pin, f"{lock}: {name}"


def declared(*, extra: str | None) -> set[str]:
    """The names of the requirements that the project declares, for everybody or for one extra alone."""
    wanted = "" if extra is None else f' extra == "{extra}"'
    lines = [line.partition(";") for line in requires("project-elephant") or []]
    return {normalised(re.split(r"[^A-Za-z0-9._-]", name)[0]) for name, _, marker in lines if marker == wanted}


@pytest.mark.parametrize(("lock", "extra"), [("runtime.txt", None), ("aws.txt", None), ("aws.txt", "aws")])
def test_every_declared_requirement_is_locked(lock: str, extra: str | None) -> None:
    assert declared(extra=extra)
    assert declared(extra=extra) <= set(pins(ROOT / "requirements" / lock))


def test_the_embedded_mode_installs_nothing_of_the_other_one() -> None:
    assert {"boto3", "botocore", "dnspython", "httpx"}.isdisjoint(pins(ROOT / "requirements/runtime.txt"))


def test_the_command_is_installed() -> None:
    commands = {entry.name: entry.value for entry in distribution("project-elephant").entry_points}
    assert commands == {"elephant": "elephant.entrypoints.cli.main:main"}


def test_the_installed_version_is_the_project_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert distribution("project-elephant").version == project["version"]


@pytest.mark.parametrize("script", [ROOT / ".ci/run", *sorted((ROOT / "scripts").glob("*.sh"))], ids=lambda p: p.name)
def test_shell_scripts_are_executable_and_strict(script: Path) -> None:
    assert script.stat().st_mode & 0o111 == 0o111
    assert "set -euo pipefail" in script.read_text().splitlines()
