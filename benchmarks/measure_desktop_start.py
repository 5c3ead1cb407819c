"""How soon is a desktop ready, what does it weigh, and how many start at once?

`make bench BENCH=desktop_start ARGS="--runs 5 --desktops 20"`. From a booking for now to both seats HEALTHY, with
a terminal and with a browser as the app; beside them, as the peer, the same programs started by hand, one after the
other as soon as each can be, with no server, sandbox or agent around them. Prints medians and ratios.
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from elephant.bootstrap.desktop_app import app_command
from tests.support.server_process import ServerProcess

TERMINAL = "xterm -fa Monospace -fs 11"
POLL_SECONDS = 0.01
GIVE_UP_SECONDS = 120.0
SETTLE_SECONDS = 3.0


@contextlib.contextmanager
def a_server(app: str) -> Iterator[ServerProcess]:
    """A server on a new data directory, with every meeting ended when it is done."""
    with tempfile.TemporaryDirectory(prefix="eb-") as folder:
        server = ServerProcess(data_dir=Path(folder) / "d", settings={"ELEPHANT_APP": app}, log=Path(folder) / "log")
        server.start()
        try:
            yield server
            end_all(server)
        finally:
            server.stop()


def end_all(server: ServerProcess) -> None:
    """End every open meeting and wait until no machine is left."""
    for meeting in server.request("GET", "/meetings?open=true&limit=200").json()["meetings"]:
        server.request("POST", f"/meetings/{meeting['id']}/cancel")
    until = time.monotonic() + GIVE_UP_SECONDS
    while any((server.data_dir / "run" / "machines").iterdir()):
        if time.monotonic() > until:
            raise TimeoutError("machines are left over")
        time.sleep(0.1)


def seconds_until_healthy(server: ServerProcess, meetings: int) -> float:
    """Book so many meetings for now; seconds until every seat is HEALTHY."""
    started = time.monotonic()
    waiting = {server.book()["id"] for _ in range(meetings)}
    while waiting:
        if time.monotonic() - started > GIVE_UP_SECONDS:
            raise TimeoutError(f"{len(waiting)} meetings are not healthy")
        time.sleep(POLL_SECONDS)
        for meeting_id in list(waiting):
            phases = {seat["phase"] for seat in server.meeting(meeting_id)["seats"]}
            if phases == {"HEALTHY"}:
                waiting.discard(meeting_id)
    return time.monotonic() - started


def seconds_by_hand(app: list[str]) -> float:
    """Two desktops of the same programs by hand, at the same time; seconds until both have a window."""
    started = time.monotonic()
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        homes = [Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="eb-"))) for _ in range(2)]
        ends = [stack.enter_context(contextlib.ExitStack()) for _ in homes]
        for screen in [pool.submit(_by_hand, app, home, end) for home, end in zip(homes, ends, strict=True)]:
            screen.result()
        return time.monotonic() - started


def _by_hand(app: list[str], home: Path, ended: contextlib.ExitStack) -> None:
    """Start one desktop in `home` and wait for its window; `ended` ends it.

    The app waits until the window manager is done with its start, which its list of windows, still empty, is the sign
    of. A window that is mapped before that is now and then lost, or held up for the five seconds that Xt's shells wait
    for an answer (their resource wmTimeout). Nor may the server start over when whoever asked it first has left.
    """
    reader, writer = os.pipe()
    server = ["Xtigervnc", "-displayfd", str(writer), "-geometry", "1280x800", "-depth", "24", "-rfbport", "-1"]
    server += ["-rfbunixpath", f"{home}/s", "-SecurityTypes", "None", "-nolisten", "tcp", "-noreset"]
    ended.enter_context(_running(server, home, "", pass_fds=(writer,)))
    os.close(writer)
    with os.fdopen(reader) as pipe:
        display = f":{pipe.readline().strip()}"
    ended.enter_context(_running(["openbox"], home, display))
    _wait_for_list("(WINDOW)", display)
    ended.enter_context(_running(app, home, display))
    _wait_for_list("0x", display)


@contextlib.contextmanager
def _running(command: list[str], home: Path, display: str, pass_fds: tuple[int, ...] = ()) -> Iterator[None]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "DISPLAY": display, "LANG": "C.UTF-8"}
    process = subprocess.Popen(
        command,
        cwd=home,
        env=environment,
        pass_fds=pass_fds,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()


def _wait_for_list(words: str, display: str) -> None:
    """Wait until what the window manager says of its windows holds these words."""
    until = time.monotonic() + GIVE_UP_SECONDS
    ask = ["xprop", "-display", display, "-root", "_NET_CLIENT_LIST"]
    while words not in subprocess.run(ask, capture_output=True, text=True, check=False).stdout:
        if time.monotonic() > until:
            raise TimeoutError("no window by hand")
        time.sleep(POLL_SECONDS)


def memory_mib(data_dir: Path) -> float:
    """Proportional memory of every process of the desktops of a data directory, in MiB."""
    mark = f"ELEPHANT_DATA_DIR={data_dir}".encode()
    total_kib = 0
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes():
                lines = (entry / "smaps_rollup").read_text().splitlines()
                total_kib += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total_kib / 1024


def measure_app(name: str, app: str, by_hand: list[str], runs: int) -> None:
    """Print what one app costs: ours, the peer, their ratio, and the memory of a desktop."""
    ours, peer, memory = [], [], []
    for _ in range(runs):
        with a_server(app) as server:
            ours.append(seconds_until_healthy(server, 1))
            time.sleep(SETTLE_SECONDS)
            memory.append(memory_mib(server.data_dir) / 2)
        peer.append(seconds_by_hand(by_hand))
    ratio = statistics.median(ours) / statistics.median(peer)
    print(
        f"{name}: two seats HEALTHY {statistics.median(ours):.2f} s (of {min(ours):.2f}-{max(ours):.2f}), "
        f"the same programs by hand {statistics.median(peer):.2f} s, ratio {ratio:.2f}; "
        f"{statistics.median(memory):.0f} MiB a desktop"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--desktops", type=int, default=20)
    arguments = parser.parse_args()
    measure_app("terminal", TERMINAL, TERMINAL.split(), arguments.runs)
    browser = app_command("", "about:blank", trusted_spki=None, needs_no_sandbox=os.geteuid() == 0)
    measure_app("browser", "", browser, arguments.runs)
    with a_server(TERMINAL) as server:
        seconds = seconds_until_healthy(server, arguments.desktops // 2)
        print(f"{arguments.desktops} desktops at once (terminal): all HEALTHY after {seconds:.1f} s")
        time.sleep(SETTLE_SECONDS)
        print(f"{arguments.desktops} desktops: {memory_mib(server.data_dir):.0f} MiB in all")


if __name__ == "__main__":
    main()
