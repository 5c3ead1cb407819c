"""The whole app over the memory adapters, at a time that tests choose."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fastapi.testclient import TestClient
from httpx2 import Response

from elephant.adapters.embedded.addresses import PathAddresses
from elephant.adapters.memory.addresses import MemoryAddresses
from elephant.adapters.memory.alarms import MemoryAlarms
from elephant.adapters.memory.ledger import MemoryLedger
from elephant.adapters.memory.machines import MemoryMachines
from elephant.adapters.memory.meetings import MemoryMeetings
from elephant.adapters.signing import SignedPasses, SignedSeatKeys
from elephant.bootstrap.service import Service
from elephant.domain.machine import MachineState
from elephant.domain.meeting import Meeting
from elephant.domain.timetable import Policy
from elephant.entrypoints.web.app import create_app
from elephant.entrypoints.web.desktop_routes import desktop_routes
from elephant.entrypoints.web.metrics import Metrics
from elephant.entrypoints.web.metrics_routes import metrics_routes
from elephant.entrypoints.web.vnc_proxy import Screens
from elephant.ports.passes import Pass, Purpose
from elephant.usecases.dns_watchdog import machine_is_running
from elephant.usecases.launch_desktops import launch_desktops
from elephant.usecases.terminator import terminator
from tests.support.kept_hosts import KeptHosts

HOST_TOKEN = "the-token-of-the-host"
SECRET = "a secret of more than thirty-two characters"


class Site:
    """A whole installation in memory, its clock, and a client of it."""

    def __init__(self) -> None:
        self.passes = SignedPasses(SECRET)
        self._empty()
        self.service = self._new_service()
        self.metrics = Metrics(self.service)
        self.screens = Screens()
        more = (
            desktop_routes(self.service, PathAddresses(Path("/nowhere"), "http://testserver"), self.screens),
            metrics_routes(self.metrics),
        )
        self.app = create_app(self.service, more=more)
        self.client = self.browser()

    def reset(self) -> None:
        """Be like new; much faster than a new one, because the app stays."""
        self._empty()
        fresh = self._new_service()
        for field in fields(fresh):
            object.__setattr__(self.service, field.name, getattr(fresh, field.name))
        self.client = self.browser()

    def _empty(self) -> None:
        self.now = datetime(2026, 11, 21, 14, tzinfo=UTC)
        self.meetings = MemoryMeetings()
        self.ledger = MemoryLedger(self.meetings)
        self.hosts = KeptHosts()
        self.machines = MemoryMachines()
        self.addresses = MemoryAddresses()
        self.alarms = MemoryAlarms()

    def _new_service(self) -> Service:
        return Service(
            meetings=self.meetings,
            ledger=self.ledger,
            machines=self.machines,
            addresses=self.addresses,
            alarms=self.alarms,
            keys=SignedSeatKeys(SECRET),
            passes=self.passes,
            policy=Policy(),
            public_url="http://testserver",
            frontend_base_urls=("https://school.example/app",),
            call_url="https://call.example/",
            host_token=HOST_TOKEN,
            on_written=self._on_written,
            now=lambda: self.now,
            hosts=self.hosts,
        )

    def _on_written(self, meeting: Meeting) -> None:
        terminator(
            meeting,
            meetings=self.meetings,
            machines=self.machines,
            alarms=self.alarms,
            policy=Policy(),
            now=self.now,
        )

    def browser(self) -> TestClient:
        """A client with a cookie jar of its own, which follows nothing by itself."""
        return TestClient(self.app, raise_server_exceptions=False, follow_redirects=False)

    @property
    def host(self) -> dict[str, str]:
        """Headers of a host."""
        return {"Authorization": f"Bearer {HOST_TOKEN}"}

    def book(self, headers: dict[str, str] | None = None, /, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  any field
        """Book a meeting for now and return the answer's body; as the installation's host unless told otherwise."""
        body = {"teacher_name": "Ada", "student_name": "Blaise", "meet_time": self.now.isoformat(), **changes}
        answer = self.client.post("/schedule", json=body, headers=headers or self.host)
        assert answer.status_code == 200, answer.text
        booked: dict[str, Any] = answer.json()
        return booked

    def named_host(self, name: str, hours_per_month: float | None = None) -> dict[str, str]:
        """Headers of another host, who is let in by the way."""
        return {"Authorization": f"Bearer {self.hosts.let_in(name, hours_per_month)}"}

    def key(self, booked: dict[str, str], role: str) -> str:
        """The key in somebody's invitation link."""
        return parse_qs(urlsplit(booked[f"{role}_link"]).query)["key"][0]

    def join(self, meeting_id: str, role: str, key: str) -> Response:
        """Somebody's lobby asks for their seat."""
        response: Response = self.client.get(f"/join/{meeting_id}/{role}", params={"key": key})
        return response

    def ready(self, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  any field
        """Book a meeting whose desktops all work, and return the answer's body."""
        booked = self.book(**changes)
        self.launch(booked["id"])
        for seat in self.meetings.get(booked["id"]).seats:
            assert self.report(booked["id"], seat.role).status_code == 200
        return booked

    def signed_in(self) -> TestClient:
        """A host's browser."""
        browser = self.browser()
        assert browser.get("/", params={"token": HOST_TOKEN}).status_code == 303
        return browser

    def entry_path(self, booked: dict[str, Any], role: str) -> str:
        """The way into a desktop that a ready seat's holder was just given, as a path of this server."""
        url = urlsplit(self.join(booked["id"], role, self.key(booked, role)).json()["dcv_url"])
        machine_id = url.netloc.partition(".")[0]
        return f"/desktop/{machine_id}?{url.query}"

    def launch(self, meeting_id: str) -> None:
        """Start the meeting's machines and give them their addresses."""
        launched = launch_desktops(
            meeting_id, meetings=self.meetings, machines=self.machines, policy=Policy(), now=self.now
        )
        for machine in launched:
            self.machines.move(machine.id, MachineState.RUNNING)
            machine_is_running(
                machine.id, meetings=self.meetings, machines=self.machines, addresses=self.addresses, now=self.now
            )

    def machine_headers(self, meeting_id: str, role: str) -> tuple[str, dict[str, str]]:
        """A seat's machine id, and the headers with its pass."""
        seat = self.meetings.get(meeting_id).seat(role)
        assert seat is not None
        assert seat.machine_id is not None
        held = Pass(purpose=Purpose.MACHINE, meeting_id=meeting_id, role=role, machine_id=seat.machine_id)
        return seat.machine_id, {"Authorization": f"Bearer {self.passes.sign(held)}"}

    def report(self, meeting_id: str, role: str, *, connected: int = 0) -> Response:
        """Let a seat's machine report that it is healthy."""
        machine_id, headers = self.machine_headers(meeting_id, role)
        body = {"machine_id": machine_id, "healthy": True, "connected": connected}
        response: Response = self.client.post("/agent/health", json=body, headers=headers)
        return response

    def wait(self, **parts: float) -> None:
        """Let time pass."""
        self.now += timedelta(**parts)
