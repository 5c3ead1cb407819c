"""The processes of our machines, found by their tags in /proc even if all bookkeeping is lost."""

import logging
import signal
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from elephant.adapters.embedded.names import Tags
from elephant.adapters.embedded.processes import (
    ProcessIdentity,
    ProcessStatus,
    environment_of,
    living_pids,
    namespace_pids_of,
    send_signal,
    status_of,
    wait_until_gone,
)
from elephant.ports.errors import Temporary

logger = logging.getLogger(__name__)

_KILL_ROUNDS = 20
_IN_ITS_OWN_NAMESPACE = 2  # the depth of a sandbox's PID namespace, seen from ours


@dataclass(frozen=True, slots=True)
class TaggedProcess:
    """A living process of a machine."""

    identity: ProcessIdentity
    tags: Tags


def find_tagged(data_dir: Path) -> list[TaggedProcess]:
    """Every living process of a machine of this data directory, oldest first.

    A process that changed its own environment is found through its parent. Raises Temporary where /proc cannot
    be read.
    """
    try:
        statuses = [status for status in map(status_of, living_pids()) if status is not None and not status.is_gone]
    except OSError as error:
        raise Temporary(f"could not read the list of processes: {error}") from error
    tags_of = {status.identity.pid: _own_tags(status, data_dir) for status in statuses}
    children: dict[int, list[int]] = defaultdict(list)
    for status in statuses:
        children[status.parent_pid].append(status.identity.pid)
    inherited = [(pid, tags) for pid, tags in tags_of.items() if tags is not None]
    while inherited:
        pid, tags = inherited.pop()
        for child in children[pid]:
            if tags_of[child] is None:
                tags_of[child] = tags
                inherited.append((child, tags))
    found = [
        TaggedProcess(status.identity, owner)
        for status in statuses
        if (owner := tags_of[status.identity.pid]) is not None
    ]
    return sorted(found, key=lambda each: (each.identity.start_ticks, each.identity.pid))


def main_process(processes: Sequence[TaggedProcess]) -> ProcessIdentity | None:
    """The one that all the others of a machine end with: a sandbox's first process, else the oldest of them."""
    for process in processes:
        numbers = namespace_pids_of(process.identity.pid)
        if len(numbers) == _IN_ITS_OWN_NAMESPACE and numbers[-1] == 1:
            return process.identity
    return processes[0].identity if processes else None


def kill_tagged(data_dir: Path, machine_ids: Iterable[str], timeout_seconds: float) -> frozenset[str]:
    """Kill every process of these machines, those started meanwhile too; returns the machines that still have one."""
    wanted = frozenset(machine_ids)
    until = time.monotonic() + timeout_seconds
    left: list[TaggedProcess] = []
    for _ in range(_KILL_ROUNDS):
        left = [each for each in find_tagged(data_dir) if each.tags.machine_id in wanted]
        if not left:
            return frozenset()
        for process in left:
            send_signal(process.identity, signal.SIGKILL)
        if not wait_until_gone((each.identity for each in left), until - time.monotonic()):
            break
    remaining = frozenset(each.tags.machine_id for each in left)
    logger.warning("machines %s have processes that outlive a SIGKILL", ", ".join(sorted(remaining)))
    return remaining


def _own_tags(status: ProcessStatus, data_dir: Path) -> Tags | None:
    return Tags.of_environment(environment_of(status.identity.pid), data_dir)
