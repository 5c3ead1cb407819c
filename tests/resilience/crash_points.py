"""Dies before or after each single outside call of a use case, starts again, sweeps once, and says what it found.

`crash_points.py DIRECTORY SCENARIO` prints one JSON line per crash. Every step is a process of its own (a fork of this
one, which itself opens nothing), so that death is death: no `finally`, no lock, no buffer survives it.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from elephant.adapters.embedded import agent_process
from elephant.bootstrap import embedded
from tests.integration.adapters.embedded.stub_agent import stub_agent_command
from tests.resilience.crash_checks import recover
from tests.resilience.crash_place import AFTER, BEFORE, KILLED, Bomb, Place
from tests.resilience.crash_scenarios import SCENARIOS, Scenario


def in_a_process(work: Callable[[], object]) -> int:
    """The exit code of a fork that does the work; errors are printed and make 1."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:  # noqa: BLE001  there is nothing above this but the end of the process
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def crash(directory: Path, scenario: Scenario, at_call: int, phase: str) -> tuple[list[str], dict[str, Any]]:
    """One crash on a new data directory: the names of the calls so far, and what the restart found."""
    data_dir, notes, answer = directory / "data", directory / "notes", directory / "answer"
    data_dir.mkdir()
    notes.touch()

    def act() -> None:
        place = Place(data_dir)
        place.arm(Bomb(notes, at_call, phase), inside=scenario.inside)
        scenario.act(place)

    def look() -> None:
        answer.write_text(json.dumps(recover(Place(data_dir), scenario)))

    codes = [in_a_process(lambda: scenario.prepare(Place(data_dir))), in_a_process(act), in_a_process(look)]
    expected = [0, KILLED if at_call else 0, 0]
    found: dict[str, Any] = {"outcome": "", "violations": [], "left": []}
    if answer.exists():
        found = json.loads(answer.read_text())
    if codes != expected:
        found["violations"].append(f"the processes ended with {codes} and not {expected}")
    return notes.read_text().splitlines(), found


def crashes(directory: Path, scenario: Scenario) -> Iterator[dict[str, Any]]:
    """Every crash of a scenario; first none at all, to learn what there is to die at."""
    calls, found = crash(_new(directory), scenario, 0, BEFORE)
    yield {"call": "(no crash)", "number": 0, "phase": "", **found}
    for number in range(1, len(calls) + 1):
        for phase in (BEFORE, AFTER):
            so_far, found = crash(_new(directory), scenario, number, phase)
            call = so_far[number - 1] if len(so_far) >= number else "(not reached)"
            yield {"call": call, "number": number, "phase": phase, **found}


def _new(directory: Path) -> Path:
    path = directory / f"{len(list(directory.iterdir()))}"
    path.mkdir()
    return path


if __name__ == "__main__":
    setattr(agent_process, "agent_command", stub_agent_command())  # noqa: B010  mypy forbids the plain assignment
    # Asked hundreds of times here, and tested elsewhere.
    setattr(embedded, "sandbox_problem", lambda _data_dir: None)  # noqa: B010
    for line in crashes(Path(sys.argv[1]), SCENARIOS[sys.argv[2]]):
        print(json.dumps(line), flush=True)  # noqa: T201  this is what it is for
