"""What one desktop may take of its host, set for the agent itself and so for everything that it starts."""

import contextlib
import resource
from pathlib import Path

OUT_OF_MEMORY_SCORE = 500
"""As if it used half of all memory more (proc_pid_oom_score_adj(5)): the kernel ends desktops before the server."""

MOST_PROCESSES = 2048
"""Threads are counted too; Chromium with a few tabs has about 300."""

LARGEST_FILE_BYTES = 8 * 1024**3
"""Four hours of a seat's recording are about 2 GiB."""


def limit_ourselves(*, own_user: bool) -> None:
    """Take less than everything: first to go when memory is short, no endless file, no core dump, no fork bomb.

    Processes are counted by user, so theirs are limited only where the user is this desktop's own. Raises nothing: what
    the host does not allow is left as it is.
    """
    with contextlib.suppress(OSError):
        score = Path("/proc/self/oom_score_adj")
        score.write_text(str(max(int(score.read_text()), OUT_OF_MEMORY_SCORE)))
    _lower(resource.RLIMIT_CORE, 0)
    # Python ignores SIGXFSZ, and what it starts does too: a write beyond fails, and nobody is killed.
    _lower(resource.RLIMIT_FSIZE, LARGEST_FILE_BYTES)
    if own_user:
        _lower(resource.RLIMIT_NPROC, MOST_PROCESSES)


def _lower(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    if hard == resource.RLIM_INFINITY or hard > most:
        resource.setrlimit(what, (most, most))
    else:
        resource.setrlimit(what, (hard, hard))
