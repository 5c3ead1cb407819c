"""A real server in a process of its own, on a fast timetable, and the requests that people and hosts make of it."""

import json
import os
import select
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

START_SECONDS = 60.0
STOP_SECONDS = 40.0
ANSWER_SECONDS = 60.0
STOOD_STILL = "nobody was heard since"
"""In the log of a server that was kept waiting for seconds; a net near by is set again then, by design."""
ELEPHANT = Path(sys.executable).with_name("elephant")
TOKEN = "the-token-of-the-tests-host"


def settings_of(**seconds_or_words: float | str) -> dict[str, str]:
    """ELEPHANT_* settings by their names in lower case; `..._minutes` are given as `..._minutes_in_seconds`."""
    found = {}
    for name, value in seconds_or_words.items():
        setting, _, in_seconds = name.partition("_minutes_in_")
        if in_seconds:
            found[f"ELEPHANT_{setting.upper()}_MINUTES"] = repr(float(value) / 60)
        else:
            found[f"ELEPHANT_{name.upper()}"] = str(value)
    return found


def eventually(condition: Callable[[], object], what: str, seconds: float = 60.0, every: float = 0.05) -> None:
    """Wait until something holds; a machine that is busy with other things is given its time."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"not within {seconds:g} s: {what}"
        time.sleep(every)


@dataclass
class ServerProcess:
    """`elephant up` on one data directory: started, killed and started again.

    `command` is put in the place of the `elephant` program, for tests that need another clock or another view of the
    file system; `flags` are added to `up`. Everything that it prints ends up in `log`.
    """

    data_dir: Path
    settings: Mapping[str, str]
    log: Path
    port: int = 0
    command: Sequence[str] = (str(ELEPHANT),)
    flags: Sequence[str] = ()
    as_json: bool = True
    process: "subprocess.Popen[str] | None" = None
    place: dict[str, Any] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the tests' own ELEPHANT_* settings, and one host token whatever the data directory holds."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ELEPHANT_")}
        return {**kept, "PYTHONFAULTHANDLER": "1", "ELEPHANT_HOST_TOKEN": TOKEN, **self.settings}

    def spawn(self) -> "subprocess.Popen[str]":
        """Start the process without waiting for anything."""
        words = [*self.command, "up", "--data-dir", str(self.data_dir), "--port", str(self.port), *self.flags]
        words += ["--json"] if self.as_json else []
        with self.log.open("a") as errors:
            self.process = subprocess.Popen(
                words,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        return self.process

    def wait_ready(self) -> None:
        """Wait until it answers; what it said at its start is in `place` then."""
        until = time.monotonic() + START_SECONDS
        process = self.process
        assert process is not None
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
        line = process.stdout.readline() if ready else ""
        if not line:
            process.send_signal(signal.SIGABRT)  # its stack is among its last words
            process.wait(STOP_SECONDS)
        assert line, f"the server said nothing within {START_SECONDS:g} s: {self.words()[-4000:]}"
        self.place = json.loads(line) if self.as_json else {"public_url": line.split()[-1].partition("/?")[0]}
        assert "public_url" in self.place, self.place
        while not self.answers():
            assert process.poll() is None, f"the server ended: {self.words()[-2000:]}"
            assert time.monotonic() < until, f"the server does not answer: {self.words()[-2000:]}"
            time.sleep(0.05)

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.spawn()
        self.wait_ready()

    def answers(self) -> bool:
        """True while it answers."""
        try:
            return self.request("GET", "/healthz").status_code == 200
        except httpx2.TransportError:
            return False

    def words(self) -> str:
        """Everything that all its processes have printed to standard error."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def kill(self) -> None:
        """kill -9, and wait for it."""
        if self.process is not None:
            self.process.kill()
            self._gone()

    def stop(self) -> str:
        """SIGTERM; what it printed on standard output since it was ready."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        words, _ = self.process.communicate(timeout=STOP_SECONDS)
        self.process = None
        return words

    def _gone(self) -> None:
        assert self.process is not None
        self.process.communicate(timeout=STOP_SECONDS)
        self.process = None

    @property
    def url(self) -> str:
        """Where it is now."""
        return str(self.place["public_url"])

    @property
    def trust(self) -> ssl.SSLContext | bool:
        """Whom a client has to trust: the server's own authority and nobody else; without HTTPS nobody is asked."""
        authority = self.data_dir / "tls" / "authority.pem"
        return self.url.startswith("https:") and ssl.create_default_context(cafile=authority)

    def request(self, method: str, path: str, **more: Any) -> httpx2.Response:  # noqa: ANN401  the client's own
        """A host's request."""
        headers = {"Authorization": f"Bearer {TOKEN}"} | more.pop("headers", {})
        with httpx2.Client(base_url=self.url, timeout=ANSWER_SECONDS, trust_env=False, verify=self.trust) as client:
            answer: httpx2.Response = client.request(method, path, headers=headers, **more)
        return answer

    def book(self, in_seconds: float = 0.0, **more: Any) -> dict[str, Any]:  # noqa: ANN401  any field of a booking
        """Book a meeting; the answer's body."""
        meet_time = datetime.now(UTC) + timedelta(seconds=in_seconds)
        body = {"teacher_name": "Ada", "student_name": "Blaise", "meet_time": meet_time.isoformat(), **more}
        answer = self.request("POST", "/schedule", json=body)
        assert answer.status_code == 200, answer.text
        booked: dict[str, Any] = answer.json()
        return booked

    def meeting(self, meeting_id: str) -> dict[str, Any]:
        """A meeting as hosts see it."""
        answer = self.request("GET", f"/meetings/{meeting_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def run(self, *words: str, seconds: float = 60.0) -> "subprocess.CompletedProcess[str]":
        """Another `elephant` command on the same data directory."""
        return subprocess.run(
            [*self.command, *words, "--data-dir", str(self.data_dir)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )


def key_of(booked: Mapping[str, str], role: str) -> str:
    """The key in somebody's invitation link."""
    return parse_qs(urlsplit(booked[f"{role}_link"]).query)["key"][0]
