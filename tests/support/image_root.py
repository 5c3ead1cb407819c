"""A machine made of folders, in which the steps of Ubuntu's image run: bubblewrap's root, without a network.

Real are bash, coreutils, Python and the steps themselves. What would change a machine or ask the network (apt-get,
systemctl, curl, ...) is a stub that notes how it was called, and says what `answers` has for it.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IMAGE = ROOT / "infra/image/ubuntu"
_FOLDERS = ("etc", "opt", "var", "home", "root", "run")
_STUBS = (
    *("apt-get", "curl", "dcv", "dpkg", "ffmpeg", "firefox", "gpg", "id", "nft", "passwd", "pgrep", "runuser", "snap"),
    *("systemctl", "useradd", "usermod"),
)
HOME = "/root"
BUNDLE = "/var/tmp/elephant-image"
_PYTHON = "/stubs/python3"


class ImageRoot:
    """`folder` holds what the machine's root holds; `answers` are the bodies of the stubs, in sh, by their names."""

    def __init__(self, folder: Path, agent: Path) -> None:
        self.folder = folder
        self.answers: dict[str, str] = {}
        for name in (*_FOLDERS, "stubs", "log", "share"):
            (folder / name).mkdir(parents=True)
        for name in (
            "etc/dcv",
            "etc/ssh",
            "var/lib/dbus",
            "var/lib/apt/lists",
            "etc/gdm3",
            "etc/X11",
            "etc/systemd/system",
        ):
            (folder / name).mkdir(parents=True)
        (folder / "etc/passwd").write_text(f"root:x:0:0::{HOME}:/bin/bash\n")
        bundle = folder / BUNDLE.lstrip("/")
        bundle.mkdir(parents=True)
        subprocess.run(["cp", "-r", str(IMAGE / "steps"), str(IMAGE / "files"), str(agent), str(bundle)], check=True)

    def path(self, path: str) -> Path:
        """A path of the machine, seen from here."""
        return self.folder / path.lstrip("/")

    def calls(self, program: str) -> list[str]:
        """The arguments that a stub was called with, one line a call."""
        log = self.folder / "log" / program
        return log.read_text().splitlines() if log.exists() else []

    def step(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run a step of the document."""
        return self.run("bash", f"{BUNDLE}/steps/{name}.sh")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a program as root of that machine."""
        self._write_stubs()
        bind = [
            part for name in (*_FOLDERS, "stubs", "log") for part in ("--bind", str(self.folder / name), f"/{name}")
        ]
        links = [part for name in ("bin", "sbin", "lib", "lib64") for part in ("--symlink", f"usr/{name}", f"/{name}")]
        python = str(Path(sys.base_prefix))
        box = ["bwrap", "--unshare-all", "--die-with-parent", "--uid", "0", "--gid", "0"]
        for name in ("bin", "sbin", "lib", "lib64", "libexec"):
            box += ["--ro-bind-try", f"/usr/{name}", f"/usr/{name}"]
        box += ["--bind", str(self.folder / "share"), "/usr/share", *links, *bind]
        box += ["--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev"]
        if not python.startswith("/usr"):
            box += ["--ro-bind", python, python]
        environment = ["--clearenv", "--setenv", "PATH", "/stubs:/usr/bin:/usr/sbin", "--setenv", "HOME", HOME]
        return subprocess.run([*box, *environment, *command], capture_output=True, text=True, check=False, timeout=200)

    def _write_stubs(self) -> None:
        for name in {*_STUBS, *self.answers}:
            stub = self.folder / "stubs" / name
            stub.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >>/log/{name}\n{self.answers.get(name, "exit 0")}\n')
            stub.chmod(0o755)
        link = self.path(_PYTHON)
        if not link.is_symlink():
            link.symlink_to(os.path.realpath(sys.executable))
