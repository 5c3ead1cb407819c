"""Start the agent of one machine and learn which process it is."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from elephant.adapters.embedded.processes import ProcessIdentity, identity_of, name_of
from elephant.ports.errors import Permanent, Temporary

_START_SECONDS = 30.0
"""A host that starts many desktops at once takes its time; one that was given up is begun anew, and takes as long."""

_POLL_SECONDS = 0.002
# A process still has one of these names until it has become the program that was asked for.
_ON_THE_WAY = frozenset({"bwrap", "setpriv"})


@dataclass(frozen=True, slots=True)
class StartedAgent:
    """A running agent: `identity` is its own process, `child` what this server must wait for one day."""

    identity: ProcessIdentity
    child: "subprocess.Popen[bytes]"


def agent_command(python: Path, settings: Path) -> list[str]:
    """The argument list of the agent: the standard library alone, nothing of the user's or the current directory's."""
    return [str(python), "-S", "-s", "-P", "-m", "elephant.agent", str(settings)]


def start_plain(command: Sequence[str], environment: Mapping[str, str], *, log: Path, home: Path) -> StartedAgent:
    """Start the agent without a sandbox. Raises OSError, Permanent if it is gone at once."""
    child = _spawn(command, environment, log=log, directory=home, keep=())
    identity = identity_of(child.pid)
    if identity is None:
        raise Permanent(f"the desktop's agent ended as soon as it was started: {_end_of(log)}")
    return StartedAgent(identity, child)


def information_descriptor() -> int:
    """What bwrap is to write its information to: memory, which nobody needs to read and no disk has to hold.

    A pipe would lose its reader if this server died now: bwrap would be killed by SIGPIPE before it let the sandbox's
    first process go, and that would wait for ever and look like a desktop.
    """
    return os.memfd_create("bwrap-information", os.MFD_CLOEXEC)


def start_sandboxed(
    command: Sequence[str], information: int, environment: Mapping[str, str], *, log: Path
) -> StartedAgent:
    """Start bwrap, which writes to the descriptor `information`, and wait until the agent runs in it.

    `environment` is bwrap's own, the agent's is part of the command. The descriptor is closed. Raises OSError,
    Permanent with bwrap's own words if it failed, Temporary if it took too long. It is looked at once more when the
    time is over: a host that stands still may let it pass while the agent starts.
    """
    until = time.monotonic() + _START_SECONDS
    try:
        child = _spawn(command, environment, log=log, directory=Path("/"), keep=(information,))
        pid = _read_pid(information, child, until)
    finally:
        os.close(information)
    identity = None if pid is None else identity_of(pid)
    while identity is not None:
        is_last = time.monotonic() >= until
        name = name_of(identity.pid)
        if name is not None and name not in _ON_THE_WAY:
            return StartedAgent(identity, child)
        if name is None or is_last:
            break
        time.sleep(_POLL_SECONDS)
    raise _failure(child, identity, log, until)


def _failure(
    child: "subprocess.Popen[bytes]", identity: ProcessIdentity | None, log: Path, until: float
) -> Permanent | Temporary:
    """Clear away what did not start, and say why."""
    try:
        child.wait(timeout=max(until - time.monotonic(), _POLL_SECONDS))
    except subprocess.TimeoutExpired:
        if identity is not None and identity_of(identity.pid) == identity:
            os.kill(identity.pid, signal.SIGKILL)
        child.kill()
        child.wait()
        return Temporary(f"the desktop's sandbox did not start within {_START_SECONDS:g} s: {_end_of(log)}")
    return Permanent(f"the desktop's sandbox could not be started: {_end_of(log)}; see `elephant doctor`")


def _spawn(
    command: Sequence[str], environment: Mapping[str, str], *, log: Path, directory: Path, keep: tuple[int, ...]
) -> "subprocess.Popen[bytes]":
    """Start a process that outlives this one: its own session, no descriptor of ours, output to a file."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            env=dict(environment),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            close_fds=True,
            pass_fds=keep,
            umask=0o077,
        )


def _read_pid(descriptor: int, bwrap: "subprocess.Popen[bytes]", until: float) -> int | None:
    """The pid that bwrap writes to its information descriptor as JSON, in pieces; None if it ends before that."""
    while True:
        is_last = time.monotonic() >= until or bwrap.poll() is not None
        try:
            return int(json.loads(os.pread(descriptor, 4096, 0))["child-pid"])
        except ValueError:
            if is_last:
                return None
        time.sleep(_POLL_SECONDS)


def _end_of(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return " / ".join(lines[-3:])[-400:] or "it said nothing"
