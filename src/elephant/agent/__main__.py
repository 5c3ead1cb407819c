"""`python -m elephant.agent SETTINGS.json`: supervise one desktop until its meeting is over."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from elephant.agent.desktop import missing_program
from elephant.agent.limits import limit_ourselves
from elephant.agent.processes import Children, adopt_orphans
from elephant.agent.x_server import start_x_server
from elephant.wire.agent_messages import AgentSettings

_FAILED, _USAGE, _MISSING = 1, 2, 3


def main(arguments: Sequence[str]) -> int:
    """Run the agent; returns 0 after an orderly end, 1 after a failure, 2 for bad settings, 3 for a missing program."""
    if len(arguments) != 1:
        return _complain("usage: python -m elephant.agent SETTINGS.json", _USAGE)
    try:
        settings = AgentSettings.parse(Path(arguments[0]).read_text())
    except (OSError, ValueError) as error:
        return _complain(f"{arguments[0]}: {error}", _USAGE)
    missing = missing_program(settings.app, os.environ.get("PATH", os.defpath))
    if missing is not None:
        return _complain(missing, _MISSING)
    os.chdir(os.environ.get("HOME", "/"))  # where a person at the desktop expects to be
    adopt_orphans()
    limit_ourselves(own_user=settings.own_user)
    environment = {**os.environ, "LANG": "C.UTF-8", "XDG_RUNTIME_DIR": settings.run_dir}
    children = Children(Path(settings.run_dir), environment)
    try:
        display_pipe = start_x_server(settings, children)
    except OSError as error:
        return _complain(f"the X server cannot be started: {error}", _FAILED)
    # The X server takes as long to start as half of our imports, so they happen meanwhile.
    import logging  # noqa: PLC0415

    from elephant.agent.supervisor import Supervisor  # noqa: PLC0415

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    return Supervisor(settings, children, display_pipe).run()


def _complain(message: str, code: int) -> int:
    sys.stderr.write(f"elephant agent: {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
