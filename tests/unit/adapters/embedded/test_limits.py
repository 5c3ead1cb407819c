"""What this machine has, out of what its system says."""

from pathlib import Path

import pytest

from elephant.adapters.embedded.limits import ThisMachine
from elephant.domain.capacity import Window, capacity_warnings
from tests.support.builders import at


def warnings(tmp_path: Path, desktops: int, running: int = 0) -> tuple[str, ...]:
    """With 1000 MiB available and 2 processors."""
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 4000000 kB\nMemAvailable:    1024000 kB\nBuffers: 1 kB\n")
    others = [Window(begins=at(-60), ends=at(60), desktops=running, running=running)]
    window = Window(begins=at(0), ends=at(60), desktops=desktops)
    return capacity_warnings(window, others, ThisMachine(meminfo).read(at(0)))


@pytest.fixture(autouse=True)
def _two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)


def test_memory_that_is_free_now_is_for_those_that_come(tmp_path: Path) -> None:
    assert warnings(tmp_path, 5) == ()
    assert warnings(tmp_path, 5, running=2) == ()
    assert warnings(tmp_path, 6) == (
        "capacity at risk: 6 desktops would need 1200 MiB of memory at 14:00 UTC and this machine has about 1000; "
        "the kernel may end some; book another time, or take a larger machine",
    )


def test_processors_are_for_all(tmp_path: Path) -> None:
    (said,) = warnings(tmp_path, 4, running=5)
    assert "9 desktops would need 2.25 processors at 14:00 UTC and this machine has 2;" in said


def test_a_system_that_does_not_say_is_not_taken_for_an_endless_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: None)
    strange = tmp_path / "strange"
    strange.write_text("nothing of the kind\n")
    assert [limit.is_known for limit in ThisMachine(strange).read(at(0))] == [False, False]
    assert all(limit.problem for limit in ThisMachine(strange).read(at(0)))
