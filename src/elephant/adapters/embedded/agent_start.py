"""Put everything in place that an agent needs, and start it, in a sandbox or without one."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from elephant.adapters.embedded import agent_process
from elephant.adapters.embedded.agent_process import (
    StartedAgent,
    information_descriptor,
    start_plain,
    start_sandboxed,
)
from elephant.adapters.embedded.desktop_settings import DesktopSettings
from elephant.adapters.embedded.disk import write_durably
from elephant.adapters.embedded.machine_folder import Facts, MachineFolder
from elephant.adapters.embedded.recordings import Recordings
from elephant.adapters.embedded.sandbox import (
    API_INSIDE,
    HOME_INSIDE,
    LIBRARY_INSIDE,
    PATH_INSIDE,
    RECORDINGS_INSIDE,
    SETTINGS_INSIDE,
    bubblewrap_command,
)
from elephant.adapters.embedded.sandbox_host import (
    package_dir,
    python_program,
    run_inside,
    sandbox_of,
    write_accounts,
)
from elephant.ports.machines import LaunchOrder
from elephant.wire.agent_messages import AgentSettings


@dataclass(frozen=True, slots=True)
class Places:
    """Where the agent finds its things, as it sees them itself."""

    settings: Path
    home: Path
    run: Path
    recordings: Path
    api: Path
    library: Path


def start_agent(
    settings: DesktopSettings, folder: MachineFolder, facts: Facts, order: LaunchOrder, app: Sequence[str]
) -> StartedAgent:
    """Start the agent of a machine. Raises OSError, Permanent and Temporary."""
    recordings = Recordings(settings.data_dir).prepare(order.meeting_id, order.role, facts.user_id)
    for directory in (folder.home, folder.run):
        directory.mkdir(mode=0o700, exist_ok=True)
    if settings.use_sandbox:
        places = Places(
            settings=SETTINGS_INSIDE,
            home=HOME_INSIDE,
            run=run_inside(facts.tags.machine_id),
            recordings=RECORDINGS_INSIDE,
            api=API_INSIDE,
            library=LIBRARY_INSIDE,
        )
    else:
        places = Places(
            settings=folder.agent_settings,
            home=folder.home,
            run=folder.run,
            recordings=recordings,
            api=settings.api_dir,
            library=package_dir().parent,
        )
    _write_agent_settings(settings, folder, facts, order, places, app)
    if facts.user_id is not None:
        for path in (folder.home, folder.run, folder.agent_settings):
            os.chown(path, facts.user_id, facts.user_id, follow_symlinks=False)
    return _start(settings, folder, facts, places, recordings)


def _start(
    settings: DesktopSettings, folder: MachineFolder, facts: Facts, places: Places, recordings: Path
) -> StartedAgent:
    tags = facts.tags.environment(settings.data_dir)
    environment = _environment(places) | tags
    command = agent_process.agent_command(python_program(), places.settings)
    if not settings.use_sandbox:
        return start_plain(command, environment, log=folder.log, home=folder.home)
    write_accounts(folder.accounts, facts.user_id)
    sandbox = sandbox_of(
        folder,
        machine_id=facts.tags.machine_id,
        user_id=facts.user_id,
        recordings=recordings,
        api=settings.api_dir,
        data_dir=settings.data_dir,
    )
    information = information_descriptor()
    arguments = bubblewrap_command(sandbox, environment, command, info_descriptor=information)
    return start_sandboxed(arguments, information, tags | {"PATH": PATH_INSIDE}, log=folder.log)


def _environment(places: Places) -> dict[str, str]:
    return {
        "PATH": PATH_INSIDE,
        "HOME": str(places.home),
        "USER": "desktop",
        "LOGNAME": "desktop",
        "SHELL": "/bin/bash",
        "LANG": "C.UTF-8",
        "XDG_RUNTIME_DIR": str(places.run),
        "PYTHONPATH": str(places.library),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
    }


def _write_agent_settings(
    settings: DesktopSettings,
    folder: MachineFolder,
    facts: Facts,
    order: LaunchOrder,
    places: Places,
    app: Sequence[str],
) -> None:
    tags = facts.tags
    told = AgentSettings(
        machine_id=tags.machine_id,
        meeting_id=tags.meeting_id,
        role=tags.role,
        api=f"unix:{places.api / 'api.sock'}",
        token=settings.token_for(tags.meeting_id, tags.role, tags.machine_id),
        deadline=order.deadline,
        margin_seconds=settings.margin_seconds,
        heartbeat_seconds=settings.heartbeat_seconds,
        leave_seconds=settings.leave_seconds,
        app=tuple(app),
        geometry=settings.geometry,
        vnc_socket=str(places.run / folder.vnc_socket.name),
        run_dir=str(places.run),
        recordings_dir=str(places.recordings),
        recordings_url=settings.recordings_url_for(tags.meeting_id, tags.role),
        record=settings.record,
        own_user=facts.user_id is not None,
    )
    content = asdict(told) | {"deadline": told.deadline.isoformat()}
    write_durably(folder.agent_settings, content, mode=0o400)
