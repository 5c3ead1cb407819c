"""The agent is importable where there is no POSIX, and only one of it runs."""

import subprocess
import sys
from pathlib import Path

import elephant.agent.ec2
from elephant.agent.ec2.seat import filling
from elephant.agent.ec2.single_instance import take_lock

SOURCE = Path(elephant.agent.ec2.__file__).resolve().parent
# What Windows has not got is taken away; what it has besides is not there, so the branches for it are not run.
AS_ON_WINDOWS = """
import importlib, os, pkgutil, signal, sys
for name in ("fcntl", "grp", "posix_only", "pwd", "resource", "termios"):
    sys.modules[name] = None
import subprocess, tempfile, shutil, random, ssl, http.client, logging.handlers, argparse, tomllib
for name in ("fork", "posix_spawn", "posix_spawnp", "killpg", "setsid", "O_NOFOLLOW", "O_NONBLOCK", "chown", "getuid"):
    if hasattr(os, name):
        delattr(os, name)
for name in ("SIGKILL", "SIGPIPE", "SIGHUP", "SIGCHLD", "set_wakeup_fd"):
    if name != "SIGKILL":
        delattr(signal, name)
import elephant.agent.ec2
for found in pkgutil.iter_modules(elephant.agent.ec2.__path__):
    importlib.import_module("elephant.agent.ec2." + found.name)
ours = sorted(name for name in sys.modules if name.startswith("elephant."))
print("\\n".join(ours))
"""


def test_every_module_is_imported_without_posix_and_brings_only_wire_and_the_agents_own() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(SOURCE.parents[2])!r})\n{AS_ON_WINDOWS}",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ours = done.stdout.split()
    assert "elephant.agent.ec2.supervisor" in ours
    assert all(name.split(".")[1] in {"agent", "wire"} for name in ours)
    assert "elephant.agent.processes" not in ours


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    path = tmp_path / "agent.lock"
    assert take_lock(path) is not None
    code = "import pathlib, sys; from elephant.agent.ec2.single_instance import take_lock as take"
    code += "; print(take(pathlib.Path(sys.argv[1])))"
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "None\n"


def test_a_recorders_command_is_filled_in() -> None:
    command = filling(["ocap", "{stem}", "--out={file}", "{display}", "{other}"])
    path = Path("/recordings/segment-0001.mkv")
    assert command(":7", "", path) == ["ocap", str(path.with_suffix("")), f"--out={path}", ":7", "{other}"]
