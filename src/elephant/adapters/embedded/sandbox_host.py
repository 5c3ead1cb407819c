"""What this host has that a sandbox must be given or must not see."""

import os
import sys
from pathlib import Path

import elephant
from elephant.adapters.embedded.machine_folder import MachineFolder
from elephant.adapters.embedded.sandbox import INSIDE, Sandbox

_RESOLVER = Path("/etc/resolv.conf")
_OWN_SETTINGS = Path("/etc/elephant")


def python_prefix() -> Path:
    """The installation of the interpreter that runs the server, without its virtual environment."""
    return Path(sys.base_prefix).resolve()


def python_program() -> Path:
    """That installation's interpreter."""
    return python_prefix() / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"


def package_dir() -> Path:
    """Where the `elephant` package lies."""
    return Path(elephant.__file__).resolve().parent


def run_inside(machine_id: str) -> Path:
    """Where a machine sees its own `run`: /proc/net/unix shows socket paths of all desktops, so each has its own."""
    return INSIDE / machine_id


def has_own_user() -> bool:
    """True where the server can give each machine a user of its own."""
    return os.geteuid() == 0


def sandbox_of(
    folder: MachineFolder, *, machine_id: str, user_id: int | None, recordings: Path, api: Path, data_dir: Path
) -> Sandbox:
    """The sandbox of one machine on this host."""
    resolver = _RESOLVER.resolve()
    return Sandbox(
        home=folder.home,
        run=folder.run,
        run_inside=run_inside(machine_id),
        agent_settings=folder.agent_settings,
        recordings=recordings,
        api=api,
        accounts=folder.accounts,
        package=package_dir(),
        python_prefix=python_prefix(),
        user_id=user_id,
        extra_read_only=(resolver,) if resolver.exists() else (),
        hidden=(data_dir, *((_OWN_SETTINGS,) if _OWN_SETTINGS.is_dir() else ())),
    )


def write_accounts(directory: Path, user_id: int | None) -> None:
    """Write the passwd and group files that a desktop sees, which name nobody of this host. Raises OSError."""
    user = os.geteuid() if user_id is None else user_id
    group = os.getegid() if user_id is None else user_id
    directory.mkdir(mode=0o755, exist_ok=True)
    accounts = {0: ("root", 0, "/"), 65534: ("nobody", 65534, "/"), user: ("desktop", group, "/home/desktop")}
    passwd = "".join(
        f"{name}:x:{number}:{its_group}::{home}:/bin/sh\n" for number, (name, its_group, home) in accounts.items()
    )
    groups = {0: "root", 65534: "nogroup", group: "desktop"}
    for name, text in (
        ("passwd", passwd),
        ("group", "".join(f"{its_name}:x:{number}:\n" for number, its_name in groups.items())),
    ):
        path = directory / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
