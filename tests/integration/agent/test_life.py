"""A desktop from its start to its end: health, its API's moods, its programs' deaths, and nothing left afterwards."""

import contextlib
import http.server
import json
import os
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from elephant.agent.api import Api
from tests.integration.agent.agent_world import PATIENCE_SECONDS, AgentWorld, eventually, in_seconds

pytestmark = pytest.mark.integration

PROGRAMS = ("Xtigervnc", "openbox", "xprop", "xterm")


def test_health_is_reported_once_the_app_can_be_seen(desk: AgentWorld) -> None:
    desk.start_healthy()
    assert desk.api.health() == [(False, 0), (True, 0)]
    assert {each.authorization for each in desk.api.heard} == {"Bearer opens it"}
    assert {each.body["machine_id"] for each in desk.api.heard} == {desk.machine_id}
    assert desk.vnc_socket.stat().st_mode & 0o777 == 0o600
    eventually(lambda: len(desk.api.heard) >= 4, "heartbeats")
    at = [each.at for each in desk.api.heard][-2:]
    assert at[1] - at[0] > 0.5


def test_health_waits_for_a_window(desk: AgentWorld) -> None:
    desk.start_api()
    desk.start(app=["sh", "-c", f"sleep 2; exec {' '.join(desk.settings['app'][:1])}"])
    eventually(lambda: desk.pids("openbox"), "the window manager runs")
    time.sleep(1)
    assert desk.api.health() == [(False, 0)]
    desk.wait_healthy()


def test_everybody_is_counted(desk: AgentWorld) -> None:
    desk.start_healthy()
    with desk.connect(), desk.connect():
        eventually(lambda: desk.api.health()[-1] == (True, 2), "two are seen")
    eventually(lambda: desk.api.health()[-1] == (True, 0), "both are gone")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_leaves_nothing(desk: AgentWorld, number: int) -> None:
    desk.start_healthy(app=["sh", "-c", "setsid sh -c 'trap \"\" TERM; setsid sleep 600 & sleep 600' & exec xterm"])
    pids = desk.pids()
    assert len(pids) >= 7
    desk.signal(number)
    assert desk.agent.wait(PATIENCE_SECONDS) == 0
    desk.wait_nothing_left()
    assert not desk.vnc_socket.exists()
    assert desk.api.urls == []


def test_told_to_end_at_any_moment_of_its_start_it_leaves_nothing(desk: AgentWorld) -> None:
    desk.start_api()
    for hundredths in (15, 30, 45, 60, 90):
        desk.start()
        time.sleep(hundredths / 100)
        desk.agent.send_signal(signal.SIGTERM)
        assert desk.agent.wait(PATIENCE_SECONDS) in {0, -signal.SIGTERM}, (
            "before it can hear, the signal itself ends it"
        )
        desk.wait_nothing_left()


def test_killed_it_takes_its_children_along(desk: AgentWorld) -> None:
    desk.start_healthy()
    with desk.connect_and_record():
        assert all(desk.pids(name) for name in (*PROGRAMS, "ffmpeg"))
        desk.signal(signal.SIGKILL)
        desk.agent.wait(PATIENCE_SECONDS)
        eventually(lambda: not any(desk.pids(name) for name in (*PROGRAMS, "ffmpeg")), "its children are gone")


def test_as_the_first_process_of_a_sandbox_it_reaps_and_hears(desk: AgentWorld, bubblewrap: list[str]) -> None:
    orphans = "for n in 1 2 3 4 5 6 7 8; do (setsid sleep 0.2 &); done; exec xterm"
    desk.start_healthy(wrapper=[*bubblewrap, "--proc", "/proc", "--as-pid-1"], app=["sh", "-c", orphans])
    inside = Path(f"/proc/{desk.pids('Xtigervnc')[0]}/root/proc")
    eventually(lambda: not desk.pids("sleep") and "Z" not in states_of(inside), "the orphans are reaped")
    assert desk.end() == 0
    desk.wait_nothing_left()


def states_of(proc: Path) -> list[str]:
    """The state of each process that a /proc shows."""
    states = []
    for entry in proc.iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                states.append((entry / "stat").read_text().rpartition(")")[2].split()[0])
    return states


def test_without_a_server_the_deadline_and_its_margin_end_it(desk: AgentWorld) -> None:
    deadline = in_seconds(4)
    desk.start(deadline=deadline.isoformat(), margin_seconds=2)
    assert desk.agent.wait(PATIENCE_SECONDS) == 0
    assert datetime.now(UTC) >= deadline + timedelta(seconds=2), "the margin is granted"
    desk.wait_nothing_left()
    assert desk.log().count("/agent/health") < 3, "a server that is away is no news each time"


def test_a_deadline_that_moves_on_is_honoured(desk: AgentWorld) -> None:
    first = in_seconds(12)  # by then it has heard of the later one, on a busy machine too
    desk.settings["deadline"] = first.isoformat()
    desk.start_api()
    desk.api.deadline = in_seconds(600)
    desk.start(margin_seconds=0)
    eventually(lambda: datetime.now(UTC) > first + timedelta(seconds=1), "the first deadline has passed")
    assert desk.agent.poll() is None
    desk.api.deadline = first
    assert desk.agent.wait(PATIENCE_SECONDS) == 0


def test_a_deadline_that_moves_up_ends_it(desk: AgentWorld) -> None:
    desk.start_healthy(margin_seconds=0)
    desk.api.deadline = in_seconds(1)
    assert desk.agent.wait(PATIENCE_SECONDS) == 0


@pytest.mark.parametrize("over", ["410", "over"])
def test_when_the_meeting_is_over_it_ends_by_itself(desk: AgentWorld, over: str) -> None:
    desk.start_healthy()
    if over == "410":
        desk.api.status = 410
    else:
        desk.api.over = True
    assert desk.agent.wait(PATIENCE_SECONDS) == 0
    desk.wait_nothing_left()


@pytest.mark.parametrize("status", [401, 403, 404, 422, 500, 503])
def test_a_refusing_server_takes_no_desktop_down(desk: AgentWorld, status: int) -> None:
    desk.start_api().status = status
    desk.start()
    eventually(lambda: any(each.body["healthy"] for each in desk.api.heard), "it reports all the same")
    before = len(desk.api.heard)
    time.sleep(2)
    assert len(desk.api.heard) - before <= 8, "it does not hammer"
    desk.api.status = 200
    time.sleep(0.1)
    before = len(desk.api.heard)
    eventually(lambda: len(desk.api.heard) > before, "it goes on reporting")
    assert desk.agent.poll() is None
    assert desk.log().count("answered with") <= 3


@pytest.mark.parametrize("content", [b"", b"<html>", b"[" * 50_000, b'{"deadline": "0001-01-01T00:00:00+14:00"}'])
def test_garbage_for_an_answer_changes_nothing(desk: AgentWorld, content: bytes) -> None:
    desk.start_api().content = content
    desk.start()
    eventually(lambda: any(each.body["healthy"] for each in desk.api.heard), "it reports all the same")
    desk.api.content = None
    before = len(desk.api.heard)
    eventually(lambda: len(desk.api.heard) > before, "it goes on reporting")
    assert desk.agent.poll() is None
    assert "Traceback" not in desk.log()


def test_a_hanging_server_holds_nothing_up(desk: AgentWorld) -> None:
    desk.start_api().hangs.set()
    desk.start()
    eventually(lambda: desk.pids("xterm"), "the app runs")
    with desk.connect_and_record():
        pass
    assert desk.end() == 0
    assert desk.manifest()["segments"]
    desk.wait_nothing_left()


def test_a_server_that_comes_late_hears_the_newest_state(desk: AgentWorld) -> None:
    desk.start()
    eventually(lambda: desk.pids("xterm"), "the app runs")
    with desk.connect_and_record():
        pass
    eventually((desk.recordings / "manifest.json").exists, "the recording is closed")
    desk.start_api()
    eventually(lambda: desk.api.urls, "the recording is handed in")
    assert {connected for _, connected in desk.api.health()} == {0}, "what is no longer so is never said"
    assert len(desk.api.urls) == 1


@pytest.mark.parametrize("status", [200, 503])
def test_the_api_can_be_reached_over_the_network(status: int) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing if status == 503 else Noting)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        heard, content = Api(f"http://127.0.0.1:{server.server_port}", "token").post("/agent/health", {"a": 1})
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert heard == status
    assert json.loads(content) == {"path": "/agent/health", "body": {"a": 1}, "authorization": "Bearer token"}


class Noting(http.server.BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    status = 200

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = {"path": self.path, "body": body, "authorization": self.headers["Authorization"]}
        content = json.dumps(answer).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        """Nothing to say."""


class Refusing(Noting):
    """The same, out of order."""

    status = 503


def test_an_app_that_crashes_is_started_again_ever_more_slowly(desk: AgentWorld) -> None:
    desk.start_api()
    desk.start(app=["sh", "-c", "head -c 200000 /dev/zero | tr '\\0' x; date +%s.%N >> ../starts; exit 3"])
    starts = desk.directory / "starts"
    eventually(lambda: starts.exists() and len(starts.read_text().split()) >= 5, "five starts")
    at = [float(each) for each in starts.read_text().split()]
    pauses = [later - earlier for earlier, later in pairwise(at[:5])]
    assert all(pause >= 0.2 * 2**number for number, pause in enumerate(pauses)), pauses
    assert not desk.api.is_healthy
    eventually(lambda: "app ended with 3" in desk.log(), "it is told")


def test_no_log_grows_for_ever(desk: AgentWorld) -> None:
    desk.start_api()
    desk.start(app=["sh", "-c", "while :; do head -c 100000 /dev/zero; sleep 0.2; done"])
    log = desk.run_dir / "app.log"
    eventually(lambda: log.exists() and log.stat().st_size > 400_000, "it is talkative")
    eventually(lambda: log.stat().st_size < 300_000, "its log is emptied")


def test_an_app_that_is_closed_comes_back(desk: AgentWorld) -> None:
    desk.start_healthy(app=["xterm", "-e", "until rm ../close; do sleep 0.1; done"])
    (first,) = desk.pids("xterm")
    (desk.directory / "close").touch()
    eventually(lambda: desk.pids("xterm") not in ([], [first]), "it is there again")
    desk.wait_healthy()


@pytest.mark.parametrize("ears", ["", "trap '' TERM; "])
def test_an_app_that_closes_its_window_and_runs_on_comes_back(desk: AgentWorld, ears: str) -> None:
    desk.start_healthy(app=["sh", "-c", f"{ears}xterm; sleep 600; sleep 600"])
    (shell,) = desk.pids("sh")
    (xterm,) = desk.pids("xterm")
    os.kill(xterm, signal.SIGKILL)
    eventually(lambda: desk.api.health()[-1] == (False, 0), "the missing window is reported")
    assert desk.pids("sh") == [shell]
    eventually(lambda: desk.api.health()[-1] == (True, 0), "another window", told_by=desk.log)
    assert shell not in desk.pids()
    assert desk.pids("sleep") == []
    assert "the app runs without a window" in desk.log()


def test_a_window_manager_that_dies_comes_back(desk: AgentWorld) -> None:
    desk.start_healthy()
    while (False, 0) not in desk.api.health()[1:]:  # each time it takes longer, at last long enough to be told
        first = desk.kill("openbox")
        eventually(lambda first=first: desk.pids("openbox") not in ([], [first]), "it is there again")  # type: ignore[misc]
    eventually(lambda: desk.api.health()[1:4] == [(True, 0), (False, 0), (True, 0)], f"health: {desk.api.health()}")


def test_a_watch_that_dies_comes_back_unnoticed(desk: AgentWorld) -> None:
    desk.start_healthy()
    with desk.connect_and_record():
        first = desk.kill("xprop")
        eventually(lambda: desk.pids("xprop") not in ([], [first]), "it is there again")
        time.sleep(2)
        assert desk.segments() == ["segment-0001.mkv"], "the recording goes on"
    assert [healthy for healthy, _ in desk.api.health()].count(False) == 1


def test_a_watch_that_takes_its_time_is_waited_for(desk: AgentWorld) -> None:
    """On a busy host it takes longer to say its first word than to notice a change, and another would take as long."""
    slow = desk.directory / "xprop"
    slow.write_text('#!/bin/sh\nsleep 4\nexec /usr/bin/xprop "$@"\n')
    slow.chmod(0o755)
    desk.start_healthy(environment={"PATH": f"{desk.directory}:/usr/bin:/bin"})


def test_without_its_screen_it_fails_and_leaves_nothing(desk: AgentWorld) -> None:
    desk.start_healthy()
    with desk.connect_and_record():
        desk.kill("Xtigervnc")
        assert desk.agent.wait(PATIENCE_SECONDS) == 1
    assert "the X server ended with -9" in desk.log()
    desk.wait_nothing_left()
    assert desk.api.urls == [], "the seat was not left, and is to get another desktop"
    assert desk.manifest()["segments"]


def limit_of(pid: int, name: str) -> str:
    """The soft limit that /proc names so."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return next(line.removeprefix(name).split()[0] for line in lines if line.startswith(name))


def test_everything_of_a_desktop_is_limited(desk: AgentWorld) -> None:
    far = 'dd if=/dev/zero of=far bs=1 count=1 seek=9G 2> complaint; echo "$?" > status'
    desk.start_healthy(app=["sh", "-c", f"{far}; exec xterm"])
    for pid in desk.pids():
        assert Path(f"/proc/{pid}/oom_score_adj").read_text() == "500\n"
        assert limit_of(pid, "Max core file size") == "0"
        assert limit_of(pid, "Max file size") == str(8 * 1024**3)
        assert limit_of(pid, "Max processes") == limit_of(os.getpid(), "Max processes"), "others share the user"
    assert (desk.directory / "home" / "status").read_text() == "1\n"
    assert "File too large" in (desk.directory / "home" / "complaint").read_text()


def test_a_missing_program_is_named_with_its_package(desk: AgentWorld) -> None:
    folder = desk.directory / "programs"
    folder.mkdir()
    for name in ("Xtigervnc", "openbox", "setpriv", "xterm"):
        (folder / name).symlink_to("/usr/bin/env")
    desk.start(environment={"PATH": str(folder)})
    assert desk.agent.wait(PATIENCE_SECONDS) == 3
    assert "the program xprop is missing on this machine: install Debian's package x11-utils" in desk.log()


def test_a_missing_app_is_named(desk: AgentWorld) -> None:
    desk.start(app=["no-such-app", "--now"])
    assert desk.agent.wait(PATIENCE_SECONDS) == 3
    assert "no-such-app is missing" in desk.log()


def test_bad_settings_are_named(desk: AgentWorld) -> None:
    desk.start(leave_seconds=-1)
    assert desk.agent.wait(PATIENCE_SECONDS) == 2
    assert "agent.json: leave_seconds must be a number of seconds from 0" in desk.log()


def test_a_desktop_at_rest_costs_next_to_nothing(desk: AgentWorld) -> None:
    desk.start_healthy(heartbeat_seconds=15)
    time.sleep(1)
    before, began = cpu_seconds(desk.agent.pid), time.monotonic()
    time.sleep(4)
    assert (cpu_seconds(desk.agent.pid) - before) / (time.monotonic() - began) < 0.015


def cpu_seconds(pid: int) -> float:
    """CPU time of the first thread of a process (the first number of schedstat is nanoseconds)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
