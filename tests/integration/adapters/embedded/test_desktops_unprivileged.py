"""The server as a user without rights: user namespaces take the place of users."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import elephant
from tests.integration.adapters.embedded import live_as_nobody

pytestmark = pytest.mark.integration

USER = 64999  # of nobody: systemd's range for passing users


@pytest.mark.usefixtures("bubblewrap_runs")
def test_a_desktop_lives_and_ends(short_dir: Path) -> None:
    """As root, this is done by another user, with copies that it can read and an interpreter that it can run."""
    shutil.copytree(Path(elephant.__file__).parent, short_dir / "code/elephant")
    script = shutil.copy(live_as_nobody.__file__, short_dir / "code")
    command = [sys.executable, script, str(short_dir / "data")]
    if os.geteuid() == 0:
        short_dir.chmod(0o711)
        for path in (short_dir, *short_dir.rglob("*")):
            os.chown(path, USER, USER)
        command = [*_as_user(), _python_for_all(), *command[1:]]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(short_dir / "code"), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["problem"] is None
    assert "RUNNING" in report["outcome"]
    user, pid, rights, sees_the_token = report["seen"].split()
    assert int(user) == report["user"] != 0
    assert pid == "1"
    assert set(rights) == set("0/")
    assert sees_the_token == "False"
    assert report["left"] == []


def _as_user() -> list[str]:
    return ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups", "--inh-caps=-all"]


def _python_for_all() -> str:
    """An interpreter that another user can run too, which one in root's home is not."""
    check = "import sys; sys.exit(sys.version_info < (3, 11))"
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        try:
            done = subprocess.run([*_as_user(), python, "-c", check], capture_output=True, timeout=60, check=False)
        except OSError:
            continue
        if done.returncode == 0:
            return python
    pytest.skip("no interpreter of this host can be run by another user")
