"""The bubblewrap command line of one desktop: everything that it can see (bwrap(1), setpriv(1))."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

INSIDE = Path("/run/elephant")
HOME_INSIDE = Path("/home/desktop")
SETTINGS_INSIDE = INSIDE / "machine/agent.json"
API_INSIDE = INSIDE / "api"
LIBRARY_INSIDE = INSIDE / "lib"
RECORDINGS_INSIDE = INSIDE / "recordings"
PATH_INSIDE = "/usr/local/bin:/usr/bin:/bin"

# Programs, their settings and their fonts; whatever else the host has stays outside.
_READ_ONLY = tuple(map(Path, ("/usr", "/etc")))
_READ_ONLY_WHERE_PRESENT = tuple(
    map(Path, ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt", "/var/cache/fontconfig"))
)
_PRIVILEGES_TO_GIVE_UP_PRIVILEGES = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """What a desktop is given of the host; all paths are the host's.

    `user_id` is its own unprivileged user where the server is root; None: the server's own user, in a user
    namespace. `extra_read_only` appear at their own paths. `hidden` are directories that must not be seen even
    where one of the read-only ones holds them: the data directory above all.
    """

    home: Path
    run: Path
    run_inside: Path
    agent_settings: Path
    recordings: Path
    api: Path
    accounts: Path
    package: Path
    python_prefix: Path
    user_id: int | None
    extra_read_only: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()


def bubblewrap_command(
    sandbox: Sandbox, environment: Mapping[str, str], command: Sequence[str], *, info_descriptor: int
) -> list[str]:
    """The argument list that runs `command` inside, as the first process of a PID namespace of its own.

    The network is the host's. bwrap writes the outer pid of that process to `info_descriptor`.
    """
    arguments = ["bwrap", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--hostname", "localhost", "--as-pid-1"]
    if sandbox.user_id is None:
        arguments += ["--unshare-user"]
    arguments += ["--info-fd", str(info_descriptor), *_mounts(sandbox), "--chdir", "/", "--clearenv"]
    for name, value in environment.items():
        arguments += ["--setenv", name, value]
    arguments += ["--cap-drop", "ALL"]
    if sandbox.user_id is None:
        return [*arguments, "--", *command]
    for capability in _PRIVILEGES_TO_GIVE_UP_PRIVILEGES:
        arguments += ["--cap-add", capability]
    return [*arguments, "--", *_as_user(sandbox.user_id), *command]


def _as_user(user_id: int) -> list[str]:
    return [
        *("setpriv", "--reuid", str(user_id), "--regid", str(user_id), "--clear-groups"),
        *("--bounding-set", "-all", "--inh-caps=-all", "--no-new-privs"),
    ]


def _mounts(sandbox: Sandbox) -> list[str]:
    covered = [*_READ_ONLY, *_READ_ONLY_WHERE_PRESENT]
    arguments: list[str] = []
    for path in _READ_ONLY:
        arguments += ["--ro-bind", str(path), str(path)]
    for path in _READ_ONLY_WHERE_PRESENT:
        arguments += [*_parents(path), "--ro-bind-try", str(path), str(path)]
    arguments += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/dev/shm"]
    arguments += ["--perms", "1777", "--tmpfs", "/tmp", "--perms", "1777", "--dir", "/tmp/.X11-unix"]
    for path in (sandbox.python_prefix, *sandbox.extra_read_only):
        if not any(path.is_relative_to(other) for other in covered):
            arguments += _bind("--ro-bind", path, path)
    for path in sandbox.hidden:
        if any(path.is_relative_to(other) for other in (*covered, sandbox.python_prefix)):
            arguments += ["--perms", "0000", "--tmpfs", str(path)]
    arguments += _bind("--ro-bind", sandbox.agent_settings, SETTINGS_INSIDE)
    for name in ("__init__.py", "agent", "wire"):
        arguments += _bind("--ro-bind", sandbox.package / name, LIBRARY_INSIDE / "elephant" / name)
    for name in ("passwd", "group"):
        arguments += ["--ro-bind", str(sandbox.accounts / name), f"/etc/{name}"]
    arguments += _bind("--ro-bind", sandbox.api, API_INSIDE)
    arguments += _bind("--bind", sandbox.home, HOME_INSIDE)
    arguments += _bind("--bind", sandbox.run, sandbox.run_inside)
    arguments += _bind("--bind", sandbox.recordings, RECORDINGS_INSIDE)
    return arguments


def _bind(option: str, source: Path, destination: Path) -> Iterable[str]:
    return [*_parents(destination), option, str(source), str(destination)]


def _parents(path: Path) -> list[str]:
    """bwrap makes missing parents for its own user only, so each is made by name, for everybody to pass through."""
    parents = [parent for parent in reversed(path.parents) if parent != Path("/")]
    return [argument for parent in parents for argument in ("--perms", "0755", "--dir", str(parent))]
