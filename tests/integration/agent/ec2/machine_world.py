"""One machine: the agent as a process of its own, and everything around it as a stand-in that does as it is told."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import elephant
from tests.integration.agent.ec2.stand_in_servers import AgentApi, Answer, Asked, Metadata, StandIn, Store

PATIENCE_SECONDS = 60.0
LIBRARY = Path(elephant.__file__).resolve().parent.parent
TOKEN = "seat-token-0123456789"
CLUSTER = rb"\037\103\266\165"

T = TypeVar("T")

DCV = """#!/bin/sh
case "$(cat '{here}/dcv.mode')" in hang) sleep 100;; fail) exit 1;; esac
[ "$1" = describe-session ] && [ "$2" = console ] && [ "$3" = -j ] || exit 9
cat '{here}/dcv.json'
"""
RECORDER = """#!/bin/sh
trap 'exit 0' INT
echo "$DISPLAY $XAUTHORITY $*" >> '{here}/recorder.calls'
case "$(cat '{here}/recorder.mode') $(wc -l < '{here}/recorder.calls')" in
"dies 1") printf '\\037\\103\\266\\165' > "$1"; exit 3;;
"dies "*) trap '' INT;;
leaves*) (sleep 1; printf more >> "$1") & ;;
esac
printf '\\037\\103\\266\\165' > "$1"
head -c "$(cat '{here}/recorder.bytes')" /dev/urandom >> "$1"
while :; do sleep 0.05; done
"""
COMMAND = """#!/bin/sh
echo "$0" >> '{here}/{name}.calls'
exit "$(cat '{here}/{name}.code')"
"""


def eventually(condition: Callable[[], T], what: str, told_by: Callable[[], str] = str) -> T:
    """Wait until something holds; returns it. `told_by` tells what was seen where it does not come to hold."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < until, f"not within {PATIENCE_SECONDS:g} s: {what}; {told_by()}"
        time.sleep(0.02)
    return found


@dataclass
class MachineWorld:
    """A machine in a directory of its own; change what it is told, then `start`."""

    here: Path
    process: "subprocess.Popen[bytes] | None" = None
    user_data: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    web_status: int = 200
    web_server_says: str = "dcv"

    def __post_init__(self) -> None:
        deadline = datetime.now(UTC) + timedelta(seconds=600)
        self.store = Store()
        self.metadata = Metadata(None)
        self.api = AgentApi(self.metadata.instance_id, TOKEN, deadline, self.store)
        self.servers = {
            "imds": StandIn(self.metadata.answer),
            "api": StandIn(self.api.answer),
            "store": StandIn(self.store.answer),
        }
        self.api.store_url = self.servers["store"].url
        for name, text in (("dcv", DCV), ("recorder", RECORDER), ("restart", COMMAND), ("shutdown", COMMAND)):
            self._script(name, text)
        self.connect(0)
        self.mode("dcv", "")
        self.mode("recorder", "")
        self.file("recorder.bytes").write_text("2500")
        (self.here / "dcv.conf").write_text('#first\n[security]\n#auth-token-verifier=""\n[log]\nlevel="info"\n')
        self.user_data = {
            "meeting_id": "abcdefgh12345678",
            "role": "guest",
            "deadline": deadline.isoformat(),
            "jitsi_url": "https://meet.example/abcdefgh12345678",
            "api_url": self.servers["api"].url,
            "token": TOKEN,
            "dcv_session_id": "console",
            "margin_seconds": 60,
            "heartbeat_seconds": 0.5,
            "record": True,
        }

    def serve_dcv(self, certificate: Path) -> None:
        """DCV's web server, from now on."""
        self.servers["web"] = StandIn(self._web, certificate)

    def _web(self, _asked: Asked) -> Answer:
        return self.web_status, {"Server": self.web_server_says}, b"<html>"

    def _script(self, name: str, text: str) -> None:
        path = self.here / name
        path.write_text(text.replace("{here}", str(self.here)).replace("{name}", name))
        path.chmod(0o755)
        self.file(f"{name}.code").write_text("0")

    def file(self, name: str) -> Path:
        return self.here / name

    def mode(self, name: str, mode: str) -> None:
        """How a stand-in behaves from its next start on."""
        self.file(f"{name}.mode").write_text(mode)

    def connect(self, people: int, layout: str = "") -> None:
        """So many people are at the desktop, says DCV, and how large its screen is, which it need not say."""
        content = {
            "id": "console",
            "owner": "elephant",
            "num-of-connections": people,
            "last-disconnection-time": "",
            "x11-display": ":7",
            "x11-authority": "/run/user/1000/dcv/console.xauth",
            **({"display-layout": layout} if layout else {}),
        }
        aside = self.file("dcv.json.new")
        aside.write_text(json.dumps(content))
        aside.replace(self.file("dcv.json"))

    def calls(self, name: str) -> list[str]:
        """How often a command was run."""
        path = self.file(f"{name}.calls")
        return path.read_text().splitlines() if path.exists() else []

    @property
    def recordings(self) -> Path:
        return self.here / "recordings" / self.metadata.instance_id

    @property
    def agent(self) -> "subprocess.Popen[bytes]":
        assert self.process is not None
        return self.process

    def start(self, **changed: object) -> None:
        """Start the agent with these keys of the user data changed, and wait for nothing."""
        self.user_data |= changed
        if self.metadata.user_data is None:
            self.metadata.user_data = json.dumps(self.user_data).encode()
        self.start_again()

    def start_again(self, program: Sequence[str] = ("-m", "elephant.agent.ec2")) -> None:
        """Start the agent; `program` is what Python runs as the agent."""
        settings = {
            "imds_url": self.servers["imds"].url,
            "run_dir": str(self.here / "run"),
            "recordings_dir": str(self.here / "recordings"),
            "dcv_command": str(self.here / "dcv"),
            "dcv_url": self.servers["web"].url + "/",
            "dcv_conf": str(self.here / "dcv.conf"),
            "certificate_dir": str(self.here / "certificate"),
            "dcv_user": "",
            "restart_dcv": [str(self.here / "restart")],
            "record_command": [str(self.here / "recorder"), "{file}"],
            "shutdown_command": [str(self.here / "shutdown")],
            "poll_seconds": 0.1,
            "command_seconds": 30.0,
            "unhealthy_seconds": 60.0,
            "presence_seconds": 600.0,
            "stop_seconds": 45.0,
            "settle_seconds": 0.1,
            "retry_seconds": 0.2,
            "close_seconds": 45.0,
            "leave_seconds": 0.3,
            "close_before_seconds": 0.5,
            "ask_seconds": 1.0,
            **self.settings,
        }
        path = self.here / "agent.toml"
        path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()))
        with (self.here / "agent.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *program, "--settings", str(path)],
                env={"PATH": os.defpath, "PYTHONPATH": str(LIBRARY), "HOME": str(self.here)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def await_healthy(self) -> None:
        eventually(lambda: self.api.health[-1:] and self.api.health[-1][0], "healthy is reported", self.log)

    def await_reported(self, state: tuple[bool, int]) -> None:
        eventually(lambda: self.api.health[-1:] == [state], f"{state} is reported", self.log)

    def await_recording(self, number: int = 1) -> Path:
        """The segment of this number, which is being written."""
        path = self.recordings / f"segment-{number:04d}.mkv"
        eventually(lambda: path.exists() and path.stat().st_size > 4, f"{path.name} is being written", self.log)
        return path

    def await_handed_in(self, times: int = 1) -> str:
        eventually(lambda: len(self.api.data_urls) >= times, "the recording is reported", self.log)
        return self.api.data_urls[-1]

    def await_shutdown(self) -> None:
        eventually(lambda: self.calls("shutdown"), "the machine is shut down", self.log)

    def kill(self) -> None:
        """As the kernel would; the recorder goes with the agent."""
        self.agent.kill()
        self.agent.wait(PATIENCE_SECONDS)

    def end(self) -> int:
        """SIGTERM, as systemd sends it; returns the exit code."""
        self.agent.send_signal(signal.SIGTERM)
        return self.agent.wait(PATIENCE_SECONDS)

    def log(self) -> str:
        path = self.here / "agent.log"
        return path.read_text() if path.exists() else ""

    def clear_away(self) -> None:
        """End whatever a test left."""
        self.store.holds.clear()
        if self.process is not None and self.process.poll() is None:
            self.kill()
        for server in self.servers.values():
            server.close()
