"""How long does a function take to start cold, beside `import boto3` alone?

`make bench BENCH=cold_start ARGS="--runs 15"`. Each run is a fresh process of a bare Python that has the package of
this machine and nothing else, with bytecode, as it is deployed; the peer is a fresh process that imports boto3, from
the same folder and compiled in the same way. They take turns, so that a busy machine slows all of them alike. Prints
medians and their ratio to the peer: of importing the handler's module, and of going on with an ordinary event up to
where it would first connect to anything.
"""

import argparse
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from importlib.metadata import files
from pathlib import Path
from typing import NamedTuple

from scripts.package_lambdas import here, package
from tests.support.cold_start import (
    BUNDLE_OF,
    EVENT_FUNCTIONS,
    SETTINGS,
    importing,
    up_to_the_first_call,
)
from tests.support.lambda_runtime import run_bare

PEER, EMPTY = "import boto3", "an empty program"
AIM = 1.5


class Taken(NamedTuple):
    """Seconds that passed, and seconds that a processor worked, which other people's work disturbs less."""

    wall: float
    cpu: float


def unpack(folder: Path) -> dict[str, Path]:
    """The packages of this machine; the one of the events gets boto3 beside what it has, for the peer."""
    for bundle, path in package(here(), folder).items():
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder / bundle)
    for name in ("boto3", "s3transfer"):
        for file in files(name) or []:
            if file.suffix == ".py":
                (folder / "events" / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), folder / "events" / file)
    compiling = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([*compiling, str(folder / "events/boto3"), str(folder / "events/s3transfer")], check=True)
    return {bundle: folder / bundle for bundle in set(BUNDLE_OF.values())}


def run(program: str, package_folder: Path) -> Taken:
    """One fresh process, from its start to its end."""
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    run_bare(program, package_folder, SETTINGS)
    ended, after = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    return Taken(ended - started, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measure(runs: int) -> dict[str, Taken]:
    """The medians of each program by its name: `import boto3`, `{function} import`, `{function} call`."""
    with tempfile.TemporaryDirectory(prefix="eb-") as name:
        folders = unpack(Path(name))
        programs = {PEER: (PEER, folders["events"]), EMPTY: ("", folders["events"])}
        for function, bundle in BUNDLE_OF.items():
            programs[f"{function} import"] = (importing(function), folders[bundle])
            programs[f"{function} call"] = (up_to_the_first_call(function), folders[bundle])
        taken: dict[str, list[Taken]] = {each: [] for each in programs}
        for _ in range(runs + 1):
            for each, (program, folder) in programs.items():
                taken[each].append(run(program, folder))
    # the first round reads everything from the disk
    return {each: Taken(*map(statistics.median, zip(*times[1:], strict=True))) for each, times in taken.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    arguments = parser.parse_args()
    medians = measure(arguments.runs)
    peer = medians[PEER]
    print(f"Python {platform.python_version()}, medians of {arguments.runs} runs; ratios are to {PEER}")
    print(f"{'':34}{'time':>9}{'ratio':>7}{'CPU time':>10}{'ratio':>7}")
    for name, taken in medians.items():
        print(
            f"{name:34}{taken.wall * 1000:6.0f} ms{taken.wall / peer.wall:7.2f}"
            f"{taken.cpu * 1000:7.0f} ms{taken.cpu / peer.cpu:7.2f}"
        )
    worst = max(medians[f"{function} import"].wall for function in EVENT_FUNCTIONS) / peer.wall
    print(f"import of an event function: at most {worst:.2f} times the peer (aim: {AIM})")


if __name__ == "__main__":
    main()
