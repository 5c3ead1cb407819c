import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from scripts.package_agent import AGENT, COMMANDS, ROOT, CannotPackage, package_agent, sources


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A Python that has nothing but its standard library, away from the checkout."""
    environment = {"PATH": os.defpath}
    return subprocess.run(
        [sys.executable, "-S", "-P", *arguments],
        cwd="/",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def checkout_of(folder: Path, files: dict[str, str]) -> Path:
    (folder / "src").mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    for name, text in files.items():
        path = folder / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


OTHERS = {f"{module.replace('.', '/')}.py": "" for module in COMMANDS.values()} | {
    f"{package}/__init__.py": "" for package in ("elephant", "elephant/agent", "elephant/agent/ec2")
}


def test_a_bare_python_runs_it(tmp_path: Path) -> None:
    path = str(package_agent(tmp_path))
    assert run(path, "--version").stdout.startswith("elephant-agent 0.1.0 (")
    helped = run(path, "--help")
    assert (helped.returncode, "--settings FILE" in helped.stdout) == (0, True)
    kiosk = run(path, "kiosk")
    assert (kiosk.returncode, kiosk.stderr.startswith("elephant kiosk: usage:")) == (2, True)
    for command in ("record", "screen"):
        other = run(path, command)
        assert (other.returncode, f"elephant-agent.pyz {command} SETTINGS.toml" in other.stderr) == (2, True)


def test_the_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    umask = os.umask(0o077)
    try:
        first = package_agent(tmp_path / "first").read_bytes()
    finally:
        os.umask(umask)
    copy = tmp_path / "copy"
    for name, content in sources(ROOT / "src", AGENT, *COMMANDS.values()).items():
        file = copy / "src" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        os.utime(file, (2_000_000_000, 2_000_000_000))
    (copy / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    assert package_agent(tmp_path / "second", checkout=copy).read_bytes() == first


def test_another_source_is_another_version(tmp_path: Path) -> None:
    versions = set()
    for text in ("def main(): ...", "def main():  ..."):
        checkout = checkout_of(tmp_path / str(len(text)), OTHERS | {"elephant/agent/one.py": text})
        path = package_agent(checkout / "build", checkout=checkout, agent="elephant.agent.one")
        versions.add(run(str(path), "--version").stdout)
    assert len(versions) == 2
    assert all(version.startswith("elephant-agent 1.2.3 (") for version in versions)


def test_what_is_in_it_is_what_is_imported(tmp_path: Path) -> None:
    checkout = checkout_of(
        tmp_path,
        OTHERS
        | {
            "elephant/agent/one.py": "from elephant.wire import two\ndef late():\n    import elephant.agent.three\n",
            "elephant/agent/three.py": "",
            "elephant/agent/four.py": "",
            "elephant/wire/__init__.py": "",
            "elephant/wire/two.py": "import json",
        },
    )
    path = package_agent(tmp_path, checkout=checkout, agent="elephant.agent.one")
    with zipfile.ZipFile(path) as archive:
        ours = [*OTHERS, "elephant/agent/one.py", "elephant/agent/three.py", "elephant/wire/two.py"]
        assert archive.namelist() == sorted(["__main__.py", *ours, "elephant/wire/__init__.py"])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("import httpx", "elephant.agent.one imports httpx, which is not of the standard library"),
        ("from elephant.wire.gone import it", "there is no elephant.wire.gone"),
        ("from . import kiosk", "relative import"),
    ],
)
def test_what_would_not_run_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    checkout = checkout_of(tmp_path, OTHERS | {"elephant/agent/one.py": text})
    with pytest.raises(CannotPackage, match=problem):
        package_agent(tmp_path, checkout=checkout, agent="elephant.agent.one")
    assert not (tmp_path / "elephant-agent.pyz").exists()
