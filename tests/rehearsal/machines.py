"""What runs on a machine: the agent's own file as a process, and stand-ins for what an image has around it.

The metadata service, DCV (its web server, its command) and the shutdown command are stand-ins. The recorder is ffmpeg
with a made-up picture, so that there is a real recording to upload and to look at. A machine's loopback is its own;
here each has a folder and ports instead.
"""

import base64
import contextlib
import http.client
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from elephant.agent.manifest import has_picture
from scripts.package_agent import package_agent
from tests.integration.agent.ec2.stand_in_servers import Answer, Asked, Metadata, StandIn
from tests.rehearsal.timeline import Timeline
from tests.support.certificate_pairs import a_pair

if TYPE_CHECKING:
    from mypy_boto3_ec2.client import EC2Client

STOPS_WITHIN_SECONDS = 60.0
VERIFIER_SECONDS = 100.0
_DCV = """#!/bin/sh
[ "$1" = describe-session ] && [ "$2" = console ] && [ "$3" = -j ] || exit 9
cat '{here}/dcv.json'
"""
_SHUTDOWN = """#!/bin/sh
touch '{here}/shutdown'
"""
_NOTHING = """#!/bin/sh
exit 0
"""
_RECORDER = (
    *("ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-re"),
    *("-f", "lavfi", "-i", "testsrc=size=320x240:rate=10"),
    *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "10"),
    *("-f", "matroska", "-flush_packets", "1", "-cluster_time_limit", "500", "{file}"),
)
_SAID = re.compile(r"\S+ \S+ (?:INFO|WARNING|ERROR|CRITICAL) (.*)")


class Machine:
    """One instance that runs; made when EC2 says so."""

    def __init__(self, folder: Path, agent: Path, certificate: Path, instance_id: str, user_data: str, timeline: Timeline) -> None:  # fmt: skip  # noqa: E501
        self.instance_id, self._folder, self._timeline = instance_id, folder, timeline
        told = json.loads(user_data)
        self.meeting_id, self.role = told["meeting_id"], told["role"]
        self._servers = [
            StandIn(Metadata(user_data.encode(), instance_id).answer),
            StandIn(self._web, certificate),
        ]
        for name, text in (("dcv", _DCV), ("shutdown-now", _SHUTDOWN), ("restart", _NOTHING)):
            path = folder / name
            path.write_text(text.replace("{here}", str(folder)))
            path.chmod(0o755)
        (folder / "dcv.conf").write_text('[security]\n#auth-token-verifier=""\n')
        self._connect(0)
        self._write_settings()
        log = (folder / "agent.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(agent), "--settings", str(folder / "agent.toml")],
            env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        log.close()
        self._tells = threading.Thread(target=self._tell, name=f"log of {instance_id}", daemon=True)
        self._tells.start()

    def open_session(self, token: str, session_id: str) -> bool:
        """What DCV does with a token that a browser brings: it asks whom its configuration names (facts.md)."""
        found = re.search(r'^auth-token-verifier="(.+)"$', (self._folder / "dcv.conf").read_text(), re.MULTILINE)
        assert found is not None, "nobody told DCV whom to ask"
        url = urlsplit(found[1])
        form = {"sessionId": session_id, "authenticationToken": token, "clientAddress": "192.0.2.7"}
        connection = http.client.HTTPConnection(url.netloc, timeout=VERIFIER_SECONDS)
        with contextlib.closing(connection):
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", url.path, urlencode(form), headers)
            answer = connection.getresponse()
            content = answer.read().decode()
        assert answer.status == http.client.OK, f"{answer.status} {content}"
        return content.startswith('<auth result="yes">')

    def sit_down(self) -> None:
        """Somebody is connected from now on."""
        self._connect(1)

    def leave(self) -> None:
        """Nobody is."""
        self._connect(0)

    @property
    def records(self) -> bool:
        """True once there is a picture in a recording."""
        return any(has_picture(path) for path in self._folder.glob("recordings/*/segment-*.mkv"))

    @property
    def wants_to_end(self) -> bool:
        """True once the agent has shut its operating system down."""
        return (self._folder / "shutdown").exists()

    def stop(self) -> None:
        """The operating system goes down: the agent is told, and waited for."""
        self._process.terminate()
        try:
            code = self._process.wait(STOPS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._timeline.say(self._name, f"the agent's process has ended with {code}")
        self._tells.join(STOPS_WITHIN_SECONDS)
        for server in self._servers:
            server.close()

    @property
    def is_alive(self) -> bool:
        """True while the agent's process is there."""
        return self._process.poll() is None

    @property
    def _name(self) -> str:
        return f"desktop, {self.role}"

    def _connect(self, people: int) -> None:
        aside = self._folder / "dcv.json.new"
        content = {"id": "console", "owner": "elephant", "num-of-connections": people, "x11-display": ":0"}
        aside.write_text(json.dumps(content))
        aside.replace(self._folder / "dcv.json")

    def _web(self, _asked: Asked) -> Answer:
        return 200, {"Server": "dcv"}, b"<html>"

    def _write_settings(self) -> None:
        metadata, web = self._servers
        settings = {
            "imds_url": metadata.url,
            "run_dir": str(self._folder / "run"),
            "recordings_dir": str(self._folder / "recordings"),
            "dcv_command": str(self._folder / "dcv"),
            "dcv_url": f"{web.url}/",
            "dcv_conf": str(self._folder / "dcv.conf"),
            "certificate_dir": str(self._folder / "certificate"),
            "dcv_user": "",
            "restart_dcv": [str(self._folder / "restart")],
            "record_command": list(_RECORDER),
            "shutdown_command": [str(self._folder / "shutdown-now")],
            "poll_seconds": 0.5,
            "leave_seconds": 1.0,
        }
        lines = [f"{name} = {json.dumps(value)}\n" for name, value in settings.items()]
        (self._folder / "agent.toml").write_text("".join(lines))

    def _tell(self) -> None:
        for line in _lines_of(self._folder / "agent.log", lambda: self.is_alive):
            said = _SAID.fullmatch(line)
            self._timeline.say(self._name, said[1] if said else line)


class Machines:
    """Every machine that runs or ran, as EC2 tells of them; a context manager that leaves no process behind."""

    def __init__(self, folder: Path, ec2: "EC2Client", timeline: Timeline) -> None:
        self._folder, self._ec2, self._timeline = folder, ec2, timeline
        self._agent = package_agent(folder)
        self._certificate = folder / "dcv.pem"
        certificate, key = a_pair("dcv")
        self._certificate.write_text(certificate + key)
        self._by_id: dict[str, Machine] = {}
        self._ending: dict[str, threading.Thread] = {}

    def __enter__(self) -> "Machines":
        return self

    def __exit__(self, *_: object) -> None:
        for machine_id in self._by_id:
            self.end(machine_id)
        for thread in self._ending.values():
            thread.join()

    def boot(self, instance_id: str) -> None:
        """An instance runs: everything on it starts."""
        told = self._ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="userData")
        user_data = base64.b64decode(told["UserData"]["Value"]).decode()
        folder = self._folder / instance_id
        folder.mkdir()
        machine = Machine(folder, self._agent, self._certificate, instance_id, user_data, self._timeline)
        self._by_id[instance_id] = machine

    def end(self, instance_id: str) -> None:
        """An instance is told to end; its operating system takes the time that it takes."""
        machine = self._by_id.get(instance_id)
        if machine is not None and instance_id not in self._ending:
            thread = threading.Thread(target=machine.stop, name=f"end of {instance_id}")
            self._ending[instance_id] = thread
            thread.start()

    def end_those_that_shut_down(self) -> None:
        """An operating system that shuts down by itself ends its instance (InstanceInitiatedShutdownBehavior)."""
        for instance_id, machine in list(self._by_id.items()):
            if machine.wants_to_end and instance_id not in self._ending:
                self._ec2.terminate_instances(InstanceIds=[instance_id])

    @property
    def are_ending(self) -> bool:
        """True while an operating system is going down."""
        return any(thread.is_alive() for thread in self._ending.values())

    def with_name(self, instance_id: str) -> Machine:
        """The machine of this id; raises KeyError."""
        return self._by_id[instance_id]

    def alive(self) -> list[str]:
        """The ids of those whose agent's process is there."""
        return [instance_id for instance_id, machine in self._by_id.items() if machine.is_alive]


def _lines_of(path: Path, goes_on: Callable[[], bool]) -> Iterator[str]:
    """The lines of a file as they are written, until it does not go on."""
    with path.open() as file:
        rest, last = "", False
        while True:
            last = not goes_on()
            rest += file.read()
            *lines, rest = rest.split("\n")
            yield from lines
            if last:
                return
            threading.Event().wait(0.1)
