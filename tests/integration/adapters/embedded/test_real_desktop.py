"""A whole desktop: the agent, the X server, the window manager and a terminal, on two seats at once."""

import contextlib
import errno
import http.server
import json
import os
import signal
import socket
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from elephant.adapters.embedded import agent_process
from elephant.adapters.embedded.addresses import PathAddresses
from elephant.agent.limits import MOST_PROCESSES, OUT_OF_MEMORY_SCORE
from elephant.domain.machine import Machine
from tests.integration.adapters.embedded.desktop_world import NOW, ONE, OTHER, DesktopWorld, an_order, eventually, runs

pytestmark = pytest.mark.integration

REAL_AGENT = agent_process.agent_command
XTERM = ("xterm", "-fa", "DejaVu Sans Mono")
# Tries to open every display that another seat could have, by each way there is, and its own.
_DISPLAYS = """
import json, os, socket, subprocess
def attempt(family, address):
    with socket.socket(family) as client:
        client.settimeout(2)
        try:
            client.connect(address)
            return "connected"
        except OSError as error:
            return type(error).__name__
def opens(display, cookies):
    words = ["xprop", "-display", display, "-root", "_NET_SUPPORTING_WM_CHECK"]
    done = subprocess.run(words, env={**os.environ, **cookies}, capture_output=True, timeout=60)
    return done.returncode == 0
own = os.environ["DISPLAY"]
found = {
    "own": own,
    "sockets": sorted(os.listdir("/tmp/.X11-unix")),
    "opens_others": [f":{n}" for n in range(10) if f":{n}" != own and opens(f":{n}", {})],
    "tcp": {n: attempt(socket.AF_INET, ("127.0.0.1", 6000 + n)) for n in range(10)},
    "opens_own": opens(own, {}),
    "opens_own_without_cookie": opens(own, {"XAUTHORITY": "/dev/null"}),
    "opens_over_network": opens("localhost" + own, {}),
}
with open(os.environ["HOME"] + "/part", "w") as file:
    json.dump(found, file)
os.rename(os.environ["HOME"] + "/part", os.environ["HOME"] + "/displays.json")
"""


class _Api(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Answers the agents, and remembers what they said."""

    daemon_threads = True

    def __init__(self, path: str) -> None:
        self.said: list[tuple[str, dict[str, Any]]] = []
        super().__init__(path, _Answer)


class _Answer(http.server.BaseHTTPRequestHandler):
    server: _Api

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.said.append((self.path, body))
        answer = json.dumps({"deadline": "2099-01-01T00:00:00Z", "over": False, "message": "noted"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def address_string(self) -> str:
        return "an agent"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's word
        pass


@pytest.fixture
def real(world: DesktopWorld, monkeypatch: pytest.MonkeyPatch) -> DesktopWorld:
    monkeypatch.setattr(agent_process, "agent_command", REAL_AGENT)
    return world


@pytest.fixture
def api(real: DesktopWorld) -> Iterator[_Api]:
    real.settings.api_dir.mkdir(parents=True)
    path = real.settings.api_dir / "api.sock"
    with _Api(str(path)) as server:
        path.chmod(0o666)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def healthy(api: _Api) -> set[str]:
    return {body["machine_id"] for path, body in api.said if path == "/agent/health" and body["healthy"]}


def launch(world: DesktopWorld, api: _Api, *app: str) -> list[Machine]:
    server = world.new_server(app)
    machines = world.launch(server, an_order(ONE), an_order(OTHER))
    eventually(lambda: healthy(api) == {machine.id for machine in machines}, f"both are healthy: {_logs(world)}")
    return machines


def _logs(world: DesktopWorld) -> str:
    return "\n".join(path.read_text() for path in world.settings.machines_dir.glob("*/agent.log"))


def greeting(addresses: PathAddresses, machine_id: str) -> bytes:
    descriptor = addresses.open_socket(machine_id)
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as client:
        client.settimeout(60)
        client.connect(f"/proc/self/fd/{descriptor}")
        os.close(descriptor)
        return client.recv(12)


def test_two_real_desktops_from_launch_to_nothing(real: DesktopWorld, api: _Api) -> None:
    machines = launch(real, api, *XTERM)
    addresses = PathAddresses(real.data_dir, "http://127.0.0.1:8080")
    for machine in machines:
        addresses.publish(machine)
        assert greeting(addresses, machine.id) == b"RFB 003.008\n"
        assert real.folder(machine.id).vnc_socket.stat().st_mode & 0o777 == 0o600
    names = set(_names(real).values())
    assert {"Xtigervnc", "openbox", "xterm"} <= names
    pids = real.processes()
    server = real.servers[-1]
    server.terminate([machine.id for machine in machines], NOW)
    real.reap_until_nothing_is_left(server, NOW)
    assert not any(map(runs, pids))


def _names(world: DesktopWorld) -> dict[int, str]:
    """The programs that run, by their pids; some end while one looks."""
    found = {}
    for pid in world.processes():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found[pid] = Path(f"/proc/{pid}/comm").read_text().strip()
    return found


def _most_processes(pid: int) -> str:
    limits = Path(f"/proc/{pid}/limits").read_text()
    return limits.partition("Max processes")[2].split()[0]


def test_a_desktop_takes_less_than_everything(real: DesktopWorld, api: _Api) -> None:
    launch(real, api, *XTERM)
    has_own_user = real.settings.use_sandbox and os.geteuid() == 0
    most = str(MOST_PROCESSES) if has_own_user else _most_processes(os.getpid())
    found = {}
    for pid, name in _names(real).items():
        score = Path(f"/proc/{pid}/oom_score_adj").read_text().strip()
        found[name] = (score, _most_processes(pid))
    found.pop("bwrap", None)  # waits outside for the sandbox to end, and starts nothing
    assert {"Xtigervnc", "openbox", "xterm"} <= set(found)
    assert set(found.values()) == {(str(OUT_OF_MEMORY_SCORE), most)}


def test_a_killed_agent_leaves_nothing(real: DesktopWorld, api: _Api) -> None:
    before = _dead_displays()
    machines = launch(real, api, *XTERM)
    pids = real.processes()
    for machine in machines:
        os.kill(real.main_pid(machine.id), signal.SIGKILL)
    server = real.servers[-1]
    real.reap_until_nothing_is_left(server, NOW)
    assert not any(map(runs, pids))

    def no_display_is_left() -> bool:
        server.reap(NOW)
        return _dead_displays() <= before

    eventually(no_display_is_left, "the sockets of the killed X servers are gone")


def _dead_displays() -> set[str]:
    """The sockets of X servers that nobody listens to; other tests have displays of their own meanwhile."""
    directory = Path("/tmp/.X11-unix")
    return {path.name for path in directory.iterdir() if _is_dead(path)} if directory.exists() else set()


def _is_dead(display: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.setblocking(False)
        return client.connect_ex(str(display)) == errno.ECONNREFUSED


def test_no_seat_can_open_the_display_of_another(sandboxed: DesktopWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_process, "agent_command", REAL_AGENT)
    wait = "touch ~/up; until [ -e ~/go ]; do sleep 0.05; done"
    script = f"cat > ~/ask.py <<'END'\n{_DISPLAYS}\nEND\n{wait}; /usr/bin/env python3 ~/ask.py; exec xterm"
    server = sandboxed.new_server(["bash", "-c", script])
    homes = [sandboxed.folder(machine.id).home for machine in sandboxed.launch(server, an_order(ONE), an_order(OTHER))]
    for home in homes:
        eventually((home / "up").exists, "the desktop is up")
    for home in homes:
        (home / "go").touch()
    answers = []
    for home in homes:
        eventually((home / "displays.json").exists, "the desktop answers")
        answers.append(json.loads((home / "displays.json").read_text()))
    owns = {found["own"] for found in answers}
    for found in answers:
        assert found["opens_own"]
        assert not found["opens_own_without_cookie"]
        assert not found["opens_over_network"]
        assert found["sockets"] == [f"X{found['own'].removeprefix(':')}"]
        assert not owns.intersection(found["opens_others"])
        assert set(found["tcp"].values()) == {"ConnectionRefusedError"}
    assert len(owns) == 2, "they share a network namespace, and so the abstract sockets' names"


def test_an_app_never_opens_on_a_display_that_somebody_else_holds(
    sandboxed: DesktopWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_process, "agent_command", REAL_AGENT)
    server = sandboxed.new_server(["bash", "-c", 'echo "$DISPLAY" > ~/part; mv ~/part ~/display; exec sleep 1000'])
    with contextlib.ExitStack() as held:
        for number in _free_abstract_displays(3):
            squatter = held.enter_context(socket.socket(socket.AF_UNIX))
            squatter.bind(_abstract(number))
            squatter.listen()
            squatter.setblocking(False)
            held.callback(_assert_nobody_came, squatter)
        (machine,) = sandboxed.launch(server, an_order(ONE))
        answer = sandboxed.folder(machine.id).home / "display"
        eventually(answer.exists, "the app was started")


def _abstract(number: int) -> str:
    return f"\0/tmp/.X11-unix/X{number}"


def _free_abstract_displays(count: int) -> list[int]:
    """The lowest numbers that no X server of this machine holds."""
    held = {line.rpartition("@/tmp/.X11-unix/X")[2] for line in Path("/proc/net/unix").read_text().splitlines()}
    return [number for number in range(100) if str(number) not in held][:count]


def _assert_nobody_came(squatter: socket.socket) -> None:
    """The server looks whether the name is free by binding it; only a client would connect."""
    with pytest.raises(BlockingIOError):
        squatter.accept()
