"""The embedded mode, put together: SQLite, desktops of this machine, paths of this server."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from elephant.adapters.embedded.addresses import PathAddresses
from elephant.adapters.embedded.desktop_settings import DesktopSettings
from elephant.adapters.embedded.desktops import EmbeddedDesktops
from elephant.adapters.embedded.files import prepare_data_dir, secret_in
from elephant.adapters.embedded.limits import ThisMachine
from elephant.adapters.embedded.programs import missing_programs, missing_recorder, sandbox_problem
from elephant.adapters.embedded.recordings import Recordings
from elephant.adapters.embedded.server_place import ServerPlace, read_place
from elephant.adapters.embedded.socket_paths import socket_path_problem
from elephant.adapters.embedded.sqlite import SqliteDatabase
from elephant.adapters.embedded.sqlite_alarms import SqliteAlarms
from elephant.adapters.embedded.sqlite_hosts import SqliteHosts
from elephant.adapters.embedded.sqlite_ledger import SqliteLedger
from elephant.adapters.embedded.sqlite_meetings import SqliteMeetings
from elephant.adapters.signing import SignedPasses, SignedSeatKeys
from elephant.bootstrap.alive_sign import AliveSign
from elephant.bootstrap.desktop_app import app_command
from elephant.bootstrap.embedded_settings import EmbeddedSettings
from elephant.bootstrap.service import Service, utc_now
from elephant.domain.capacity import Outlook
from elephant.domain.meeting import Meeting
from elephant.ports.errors import Permanent
from elephant.ports.machines import LaunchOrder
from elephant.ports.passes import Pass, Purpose
from elephant.usecases.check_capacity import look_at_capacity
from elephant.usecases.terminator import terminator


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """One installation on one machine: its service, and what only this mode has."""

    settings: EmbeddedSettings
    service: Service
    alarms: SqliteAlarms
    hosts: SqliteHosts
    machines: EmbeddedDesktops
    addresses: PathAddresses
    sandbox_problem: str | None
    recordings: Recordings
    alive: AliveSign

    def problems(self) -> list[str]:
        """What keeps desktops from starting here, from being apart, or from being recorded; a sentence each."""
        found = [
            f"{program} is missing; desktops cannot start"
            for program in missing_programs(self.app, use_sandbox=self.sandbox_problem is None)
        ]
        if self.sandbox_problem is not None:
            found.append(
                f"bubblewrap does not work here, so desktops run without a sandbox and can see each other's files: "
                f"{self.sandbox_problem}"
            )
        recorder = missing_recorder() if self.settings.record else None
        if recorder is not None:
            found.append(f"desktops are not recorded: {recorder} is missing; ELEPHANT_RECORD=false does without")
        if not self.settings.sandbox:
            found.append("ELEPHANT_SANDBOX is off, so desktops run without a sandbox and can see each other's files")
        return found

    @property
    def uses_sandbox(self) -> bool:
        """True where each desktop has a sandbox."""
        return self.settings.sandbox and self.sandbox_problem is None

    @property
    def app(self) -> list[str]:
        """The words of the app's command line, on a page that does not matter."""
        return app_command(self.settings.app, "about:blank", trusted_spki=None, needs_no_sandbox=False)

    @property
    def api_socket(self) -> Path:
        """Where desktops reach the API."""
        return self.settings.data_dir / "run" / "api" / "api.sock"


def place_file(data_dir: Path) -> Path:
    """Where the server writes down how it is reached."""
    return data_dir / "run" / "server.json"


def build_embedded(
    settings: EmbeddedSettings, place: ServerPlace | None = None, clock: Callable[[], datetime] = utc_now
) -> Embedded:
    """Choose the adapters and make the data directory ready.

    `place` is given by the server itself; whoever works beside it takes the one that the server wrote down.
    Raises Permanent, with the fix, where the directory or its files cannot be used; and Temporary where a busy host
    does not tell in time whether it can have sandboxes.
    """
    data_dir = settings.data_dir
    prepare_data_dir(data_dir)
    place = place or read_place(place_file(data_dir)) or _usual_place(settings)
    policy = settings.policy()
    link_secret = secret_in(data_dir / "link_secret")
    given_token = settings.host_token.get_secret_value() if settings.host_token else ""
    passes = SignedPasses(link_secret)
    addresses = PathAddresses(data_dir, place.public_url)
    problem = sandbox_problem(data_dir) if settings.sandbox else None
    use_sandbox = settings.sandbox and problem is None
    too_long = socket_path_problem(data_dir, use_sandbox=use_sandbox)
    if too_long is not None:
        raise Permanent(too_long)
    machines = EmbeddedDesktops(_desktop_settings(settings, place, passes, use_sandbox=use_sandbox))
    database = SqliteDatabase(data_dir, before_making=lambda: _refuse_to_forget(machines, data_dir))
    meetings, alarms, hosts = SqliteMeetings(database), SqliteAlarms(database), SqliteHosts(database)
    alive = AliveSign(data_dir / "run" / "alive", meetings=meetings, policy=policy, clock=clock)

    def on_written(meeting: Meeting) -> None:
        terminator(meeting, meetings=meetings, machines=machines, alarms=alarms, policy=policy, now=alive.now())

    limits = ThisMachine()

    def look() -> Outlook:
        return look_at_capacity(meetings=meetings, limits=limits, policy=policy, now=clock())

    service = Service(
        meetings=meetings,
        ledger=SqliteLedger(database),
        machines=machines,
        addresses=addresses,
        alarms=alarms,
        keys=SignedSeatKeys(link_secret),
        passes=passes,
        policy=policy,
        public_url=place.public_url,
        frontend_base_urls=settings.frontend_base_urls,
        call_url=f"https://{settings.jitsi_domain}/" if settings.jitsi_domain else "",
        host_token=given_token or secret_in(data_dir / "host_token"),
        on_written=on_written,
        now=clock,
        look_at_capacity=look,
        hosts=hosts,
        price_per_hour=settings.price_per_hour,
    )
    return Embedded(
        settings=settings,
        service=service,
        alarms=alarms,
        hosts=hosts,
        machines=machines,
        addresses=addresses,
        recordings=Recordings(data_dir),
        sandbox_problem=problem,
        alive=alive,
    )


def _refuse_to_forget(machines: EmbeddedDesktops, data_dir: Path) -> None:
    """No store is made where desktops run: it would know none of their meetings, and the sweep would end them all."""
    running = sum(machine.state.is_live for machine in machines.owned())
    if running:
        raise Permanent(
            f"the file of the meetings in {data_dir} is missing or empty, but {running} desktop(s) of its meetings "
            "run; put the file or a copy of it back. They end by themselves after their deadline. To give their "
            f"meetings up now, remove {data_dir / 'run/machines'} and start again"
        )


def _usual_place(settings: EmbeddedSettings) -> ServerPlace:
    url = f"{'https' if settings.uses_https else 'http'}://127.0.0.1:{settings.port}"
    return ServerPlace(public_url=settings.public_url or url, inner_url=url)


def _desktop_settings(
    settings: EmbeddedSettings, place: ServerPlace, passes: SignedPasses, *, use_sandbox: bool
) -> DesktopSettings:
    def app_for(order: LaunchOrder, machine_id: str) -> list[str]:
        held = Pass(purpose=Purpose.ROOM, meeting_id=order.meeting_id, role=order.role, machine_id=machine_id)
        room_url = f"{place.inner_url}/room/{order.meeting_id}/{order.role}?token={passes.sign(held)}"
        return app_command(
            settings.app,
            order.jitsi_url or room_url,
            trusted_spki=place.trusted_spki,
            needs_no_sandbox=os.geteuid() == 0 and not use_sandbox,
        )

    def token_for(meeting_id: str, role: str, machine_id: str) -> str:
        return passes.sign(Pass(purpose=Purpose.MACHINE, meeting_id=meeting_id, role=role, machine_id=machine_id))

    return DesktopSettings(
        data_dir=settings.data_dir,
        app_for=app_for,
        token_for=token_for,
        recordings_url_for=lambda meeting_id, role: f"{place.public_url}/recordings/{meeting_id}/{role}",
        geometry=settings.geometry,
        heartbeat_seconds=settings.heartbeat_seconds,
        leave_seconds=settings.leave_seconds,
        margin_seconds=settings.margin_minutes * 60,
        use_sandbox=use_sandbox,
        record=settings.record,
    )
