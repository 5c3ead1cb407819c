"""Writes the table of docs/reliability.md: `python -m tests.resilience.aws.page`, or `make reliability`.

What stands above the mark in the page is written by hand, and kept.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests.resilience.aws.matrix import STORY, Case
from tests.resilience.aws.mishaps import Mishap
from tests.resilience.aws.play import Afterwards, EventMishap
from tests.resilience.aws.scenarios import SCENARIOS
from tests.resilience.aws.stories import STORIES

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "reliability.md"
MARK = "<!-- what follows is written by `make reliability` -->\n"
MATRIX_SECONDS = 1500
INVARIANTS = {
    Mishap.KILLED: "I7",
    Mishap.THROTTLED: "I8",
    Mishap.BROKEN: "I8",
    Mishap.NOT_DONE: "I8",
    Mishap.LOST_ONCE: "I7",
    Mishap.LOST_EACH: "I7",
    Mishap.CUT: "I8",
    Mishap.SECOND_COPY: "I2",
}


def play_the_matrix() -> list[Case]:
    """Every case, played in a process of its own."""
    command = [sys.executable, "-m", "tests.resilience.aws.matrix"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=MATRIX_SECONDS, cwd=ROOT)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-4000:])
    return [Case(**json.loads(line)) for line in done.stdout.splitlines()]


def table_of(cases: Iterable[Case]) -> str:
    """The part of the page below the mark."""
    rows: dict[tuple[str, str, str], list[Case]] = {}
    for case in cases:
        rows.setdefault((case.name, case.kind, case.afterwards), []).append(case)
    functions = list(dict.fromkeys(scenario.function for scenario in SCENARIOS.values()))
    lines = []
    for function in functions:
        lines += _heading(f"`{function}`")
        for (name, kind, afterwards), row in rows.items():
            if kind != STORY and SCENARIOS[name].function == function:
                lines.append(_row(SCENARIOS[name].what, *_happens(kind, afterwards, len(row)), row))
    lines += _heading("Courses of events")
    lines += [_row(each.case, each.happens, each.invariant, rows[each.name, STORY, ""]) for each in STORIES]
    return "\n".join([*lines, ""])


def _heading(title: str) -> list[str]:
    return ["", f"### {title}", "", "| case | what happens | invariant | result |", "|---|---|---|---|"]


def _happens(kind: str, afterwards: str, count: int) -> tuple[str, str]:
    """What happens, and the invariant that this puts to the test first."""
    if kind in EventMishap.__members__:
        return EventMishap[kind].value, "I7"
    calls = f"each of its {count} calls" if count > 1 else "its only call"
    return Mishap[kind].value.format(calls) + Afterwards[afterwards].value, INVARIANTS[Mishap[kind]]


def _row(case: str, happens: str, invariant: str, row: Sequence[Case]) -> str:
    clean = sum(not each.broken for each in row)
    return f"| {case} | {happens} | {invariant} | {clean} of {len(row)} clean |"


def not_clean(cases: Iterable[Case]) -> Iterator[str]:
    """One line for each case in which something did not hold."""
    for case in cases:
        if case.broken:
            yield f"{case.name}: {case.kind} {case.afterwards} {case.place} ({case.answer}): {'; '.join(case.broken)}"


def main() -> int:
    """Write the page; 1 where it would have to tell of something that did not hold."""
    cases = play_the_matrix()
    above, mark, _ = PAGE.read_text().partition(MARK)
    PAGE.write_text(above + mark + table_of(cases))
    for line in not_clean(cases):
        print(line)  # noqa: T201  for whoever runs it
    print(f"{len(cases)} cases")  # noqa: T201
    return 1 if any(case.broken for case in cases) else 0


if __name__ == "__main__":
    sys.exit(main())
