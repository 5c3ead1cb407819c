"""What this machine has for desktops: an estimate, for warnings alone."""

import os
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from elephant.domain.capacity import Limit

DESKTOP_MEBIBYTES = 200
"""A desktop with its browser on one page, roughly; pages differ more than desktops do."""
DESKTOP_PROCESSORS = 0.25
"""With a call and a recording, roughly: more than four on each processor are felt to be slow."""

_AVAILABLE = re.compile(r"^MemAvailable:\s+(\d+) kB$", re.MULTILINE)


class ThisMachine:
    """See Limits: memory that is free now, and processors."""

    def __init__(self, meminfo: Path = Path("/proc/meminfo")) -> None:
        self._meminfo = meminfo

    def read(self, now: datetime) -> Sequence[Limit]:
        """See Limits.read. What a desktop takes is an estimate, so these never keep anybody from anything."""
        processors = os.cpu_count()
        return (
            self._memory(),
            Limit(
                unit="processors",
                each=DESKTOP_PROCESSORS,
                room=processors,
                holder="this machine has",
                advice="they would be slow; book another time, or take a larger machine",
                problem="" if processors else "the system does not say how many there are",
            ),
        )

    def _memory(self) -> Limit:
        available, problem = None, ""
        try:
            found = _AVAILABLE.search(self._meminfo.read_text())
            available = int(found[1]) // 1024 if found else None
            problem = "" if found else f"{self._meminfo} does not say what is available"
        except OSError as error:
            problem = str(error)
        return Limit(
            unit="MiB of memory",
            each=DESKTOP_MEBIBYTES,
            room=available,
            holder="this machine has about",
            advice="the kernel may end some; book another time, or take a larger machine",
            is_left=True,
            problem=problem,
        )
