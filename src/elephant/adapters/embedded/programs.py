"""Which programs a desktop needs, and whether bubblewrap works here: for launching and for `elephant doctor`."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from elephant.adapters.embedded.disk import disk_errors, remove_tree
from elephant.adapters.embedded.machine_folder import MachineFolder
from elephant.adapters.embedded.machine_users import LAST_USER_ID
from elephant.adapters.embedded.processes import identity_of
from elephant.adapters.embedded.sandbox import PATH_INSIDE, bubblewrap_command
from elephant.adapters.embedded.sandbox_host import has_own_user, sandbox_of, write_accounts
from elephant.ports.errors import Permanent, Temporary

_PROBE_SECONDS = 40.0
_PROBE = "probe-"
_DESKTOP_PACKAGES = {
    "Xtigervnc": "tigervnc-standalone-server",
    "openbox": "openbox",
    "xprop": "x11-utils",
    "setpriv": "util-linux",
}
_RECORDER = "ffmpeg"
_APP_PACKAGES = {"chromium": "chromium", "xterm": "xterm", "firefox": "firefox-esr", "firefox-esr": "firefox-esr"}


@dataclass(frozen=True, slots=True)
class MissingProgram:
    """A program that is not on this host; `package` is the Debian package that has it, if that is known."""

    name: str
    package: str | None

    def __str__(self) -> str:
        """For people: the program and how to get it."""
        return f"{self.name} (Debian package {self.package})" if self.package else self.name


def missing_programs(app: Sequence[str], *, use_sandbox: bool) -> list[MissingProgram]:
    """The programs that a desktop with this app lacks here."""
    packages: dict[str, str | None] = dict(_DESKTOP_PACKAGES)
    if use_sandbox:
        packages["bwrap"] = "bubblewrap"
    for name in app[:1]:
        packages[name] = _APP_PACKAGES.get(name)
    return [
        MissingProgram(name, package)
        for name, package in packages.items()
        if shutil.which(name, path=PATH_INSIDE) is None
    ]


def missing_recorder() -> MissingProgram | None:
    """The program that records, where it is not here: desktops do without it."""
    return MissingProgram(_RECORDER, _RECORDER) if shutil.which(_RECORDER, path=PATH_INSIDE) is None else None


def require_programs(app: Sequence[str], *, use_sandbox: bool) -> None:
    """Raise Permanent that names every missing program."""
    missing = missing_programs(app, use_sandbox=use_sandbox)
    if missing:
        raise Permanent(f"programs are missing on this host: {', '.join(map(str, missing))}; see `elephant doctor`")


def sandbox_problem(data_dir: Path) -> str | None:
    """Why bubblewrap does not work here, None if it does: the real command line of a desktop, around `true`.

    Raises Temporary where a busy host does not get as far as an answer, which is no reason to go without a sandbox, and
    Temporary and Permanent where `data_dir` cannot be written.
    """
    missing = [each for each in missing_programs([], use_sandbox=True) if each.name in {"bwrap", "setpriv"}]
    if missing:
        return f"missing: {', '.join(map(str, missing))}"
    with disk_errors(f"trying a sandbox in {data_dir}"):
        _remove_probes_of_the_dead(data_dir)
        with tempfile.TemporaryDirectory(dir=data_dir, prefix=f"{_PROBE}{os.getpid()}-") as name:
            return _try_sandbox(Path(name), data_dir)


def _remove_probes_of_the_dead(data_dir: Path) -> None:
    """Clear away what others left that were killed while they tried; theirs that live still try."""
    for path in data_dir.glob(f"{_PROBE}*"):
        pid = path.name.removeprefix(_PROBE).partition("-")[0]
        if not pid.isdecimal() or identity_of(int(pid)) is None:
            remove_tree(path)


def _try_sandbox(directory: Path, data_dir: Path) -> str | None:
    folder = MachineFolder(directory)
    user_id = LAST_USER_ID if has_own_user() else None
    for path in (folder.home, folder.run, directory / "recordings", directory / "api"):
        path.mkdir(mode=0o700)
    folder.agent_settings.touch(mode=0o400)
    write_accounts(folder.accounts, user_id)
    if user_id is not None:
        os.chown(folder.home, user_id, user_id)
    sandbox = sandbox_of(
        folder,
        machine_id="d-00000000000000000",
        user_id=user_id,
        recordings=directory / "recordings",
        api=directory / "api",
        data_dir=data_dir,
    )
    with Path(os.devnull).open("wb") as nowhere:
        command = bubblewrap_command(sandbox, {"PATH": PATH_INSIDE}, ["true"], info_descriptor=nowhere.fileno())
        try:
            code, words = _run(command, nowhere.fileno())
        except subprocess.TimeoutExpired as error:
            raise Temporary(
                f"whether desktops can have a sandbox did not show within {_PROBE_SECONDS:g} s; try again, or set "
                "ELEPHANT_SANDBOX=false for desktops that can see each other's files"
            ) from error
    return None if code == 0 else words.strip()[-500:] or f"bwrap ended with {code}"


def _run(command: Sequence[str], keep: int) -> tuple[int, str]:
    """bwrap's exit code, and what it said. Raises subprocess.TimeoutExpired."""
    with subprocess.Popen(
        command,
        env={"PATH": PATH_INSIDE},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        pass_fds=(keep,),
    ) as bwrap:
        try:
            _, words = bwrap.communicate(timeout=_PROBE_SECONDS)
        finally:
            # The first process inside begins when bwrap says so: without bwrap it would wait for that for ever.
            if bwrap.returncode is None:
                os.killpg(bwrap.pid, signal.SIGKILL)
        return bwrap.returncode, words
