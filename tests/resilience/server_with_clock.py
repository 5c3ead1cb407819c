"""`elephant` with a clock that can be set: `server_with_clock.py FILE ...`, where FILE holds seconds to be added."""

import functools
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from elephant.bootstrap.embedded import build_embedded
from elephant.entrypoints.cli import up_command
from elephant.entrypoints.cli.main import main


def shifted(file: Path) -> datetime:
    """The time as this server believes it to be."""
    return datetime.now(UTC) + timedelta(seconds=float(file.read_text() or 0))


if __name__ == "__main__":
    clock = functools.partial(shifted, Path(sys.argv.pop(1)))
    up_command.build_embedded = functools.partial(build_embedded, clock=clock)  # type: ignore[attr-defined]  # not exported, but used from there
    main()
