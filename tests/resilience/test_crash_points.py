"""I7: the server may die before or after any single outside call; one sweep later I1 to I6 hold again."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.resilience.crash_scenarios import SCENARIOS
from tests.support.desktop_processes import DesktopProcesses

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(900)]

AT_ONCE = 3
CRASHES_SECONDS = 890

Crashes = dict[str, Future[list[dict[str, Any]]]]


def all_crashes(directory: Path, name: str) -> list[dict[str, Any]]:
    """Run one scenario with a death at each of its calls."""
    command = [sys.executable, "-m", "tests.resilience.crash_points", str(directory), name]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=CRASHES_SECONDS)
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) | {"errors": done.stderr[-3000:]} for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def crashes() -> Iterator[Crashes]:
    """Every scenario, a few of them at once."""
    base = Path(tempfile.mkdtemp(prefix="ele-")).resolve()
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            running: Crashes = {}
            for number, name in enumerate(SCENARIOS):
                directory = base / str(number)
                directory.mkdir()
                running[name] = pool.submit(all_crashes, directory, name)
            yield running
    finally:
        for path in base.glob("*/*"):
            DesktopProcesses(path / "data").kill_all()
        shutil.rmtree(base)


@pytest.mark.parametrize("name", SCENARIOS)
def test_i7_one_sweep_mends_a_death_at_any_call(
    name: str, crashes: Crashes, capsys: pytest.CaptureFixture[str]
) -> None:
    found = crashes[name].result()
    with capsys.disabled():
        print(f"\n{name}")  # noqa: T201  the table that this test is asked for
        for crash in found:
            trouble = "; ".join([*crash["violations"], *crash["left"]]) or "all holds, nothing left"
            print(f"  {crash['phase']:7} {crash['number']:2} {crash['call']:32} {crash['outcome']:18} {trouble}")  # noqa: T201
    assert len(found) >= 3, "there was nothing to die at"
    assert all(crash["call"] != "(not reached)" for crash in found)
    assert [crash for crash in found if crash["violations"] or crash["left"]] == []
