"""How many people may ask to join at once, and what does a server cost that has nothing to do?

`make bench BENCH=server ARGS="--seconds 10"`. Needs wrk (Debian package wrk). 16 clients ask `GET /join/…` of a
seat that is not ready, as a lobby does; the peer, in the same run, is `GET /healthz` of the same server, which does
nothing but answer. Prints requests per second, the 99th percentile, and their ratio.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.server_process import ServerProcess, key_of

CLIENTS = 16
IDLE_SECONDS = 30.0


@dataclass(frozen=True)
class Load:
    """What wrk counted."""

    requests_per_second: float
    p99_milliseconds: float
    failed: int


def load(url: str, key: str, seconds: int) -> Load:
    """Let 16 clients ask for so long."""
    words = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "--latency", "-H", f"Authorization: Bearer {key}", url]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    if rate is None or p99 is None:
        raise ValueError(f"wrk said something else: {said}")
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    milliseconds = float(p99[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[p99[2]]
    return Load(float(rate[1]), milliseconds, int(failed[1]) if failed else 0)


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has had so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    arguments = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is missing: install Debian's package wrk")
    with tempfile.TemporaryDirectory(prefix="eb-") as folder:
        server = ServerProcess(data_dir=Path(folder) / "d", settings={}, log=Path(folder) / "log")
        server.start()
        assert server.process is not None
        booked = server.book(in_seconds=3600)
        role = next(name.removesuffix("_link") for name in booked if name.endswith("_link"))
        key = key_of(booked, role)
        join = load(f"{server.url}/join/{booked['id']}/{role}", key, arguments.seconds)
        peer = load(f"{server.url}/healthz", key, arguments.seconds)
        if join.failed or peer.failed:
            sys.exit(f"{join.failed + peer.failed} requests were refused: nothing was measured")
        ratio = join.requests_per_second / peer.requests_per_second
        print(
            f"join, {CLIENTS} clients: {join.requests_per_second:.0f} requests/s, p99 {join.p99_milliseconds:.1f} ms; "
            f"healthz: {peer.requests_per_second:.0f} requests/s, p99 {peer.p99_milliseconds:.1f} ms; ratio {ratio:.2f}"
        )
        before = cpu_seconds(server.process.pid)
        time.sleep(IDLE_SECONDS)
        used = (cpu_seconds(server.process.pid) - before) / IDLE_SECONDS
        print(f"idle server: {used:.2%} of one processor")
        server.request("POST", f"/meetings/{booked['id']}/cancel")
        server.stop()


if __name__ == "__main__":
    main()
