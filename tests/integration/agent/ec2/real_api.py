"""The API of the functions on AWS, as a server on loopback: meetings in memory, recordings in moto's S3."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import uvicorn

from elephant.adapters.memory.machines import MemoryMachines
from elephant.bootstrap.aws_settings import AwsSettings
from elephant.bootstrap.aws_user_data import UserData
from elephant.domain.machine import Machine
from elephant.domain.meeting import Seat
from elephant.domain.timetable import Policy
from elephant.entrypoints.web.agent_routes import agent_routes
from elephant.entrypoints.web.app import create_api
from elephant.entrypoints.web.certificate_routes import certificate_routes
from elephant.entrypoints.web.upload_routes import upload_routes
from elephant.ports.machines import LaunchOrder, LaunchOutcome
from elephant.ports.uploads import Uploads
from tests.integration.agent.ec2.machine_world import eventually
from tests.support.builders import TEACHER
from tests.support.web_site import Site

if TYPE_CHECKING:
    from elephant.domain.certificate import Certificate


class MachinesAsOnEc2(MemoryMachines):
    """Machines whose ids are as EC2 gives them."""

    def launch(self, orders: Sequence[LaunchOrder], now: datetime) -> Sequence[LaunchOutcome]:
        """See Machines.launch."""
        return [self._renamed(each) if isinstance(each, Machine) else each for each in super().launch(orders, now)]

    def _renamed(self, machine: Machine) -> Machine:
        named = replace(machine, id=f"i-{machine.id.removeprefix('m-')}")
        del self._machines[machine.id]
        self._machines[named.id] = named
        return named


class SiteOnEc2(Site):
    """An installation at the time of the wall clock, with one meeting whose machines were launched."""

    def __init__(self) -> None:
        super().__init__()
        self.certificate: Certificate | None = None
        self.meeting_id = self.book()["id"]
        self.launch(self.meeting_id)

    def _empty(self) -> None:
        super()._empty()
        self.now = datetime.now(UTC)
        self.machines = MachinesAsOnEc2()

    @property
    def seat(self) -> Seat:
        """The seat that the machine serves."""
        seat = self.meetings.get(self.meeting_id).seat(TEACHER)
        assert seat is not None
        return seat

    def user_data(self, api_url: str) -> str:
        """What the seat's machine is launched with."""
        policy = replace(Policy(), margin=timedelta(seconds=2))
        settings = AwsSettings(api_url=api_url, policy=policy)
        meeting = self.meetings.get(self.meeting_id)
        order = LaunchOrder(
            meeting_id=meeting.id, role=TEACHER, attempt=1, deadline=meeting.deadline, jitsi_url=meeting.jitsi_url
        )
        return UserData(settings, lambda: self.passes)(order)

    @contextmanager
    def serving(self, uploads: Uploads) -> Iterator[str]:
        """The functions' routes for agents, on a free port; their address."""
        routes = [
            agent_routes(self.service),
            certificate_routes(self.service, lambda: self.certificate),
            upload_routes(self.service, uploads),
        ]
        config = uvicorn.Config(create_api(routes), port=0, log_config=None, access_log=False, lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, name="api")
        thread.start()
        try:
            eventually(lambda: server.started, "the API is up")
            yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(40)
