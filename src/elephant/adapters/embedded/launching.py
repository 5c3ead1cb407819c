"""Launch one machine: whoever dies in between, and however many try at once, there is one machine per order."""

import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from subprocess import Popen

from elephant.adapters.embedded.agent_start import start_agent
from elephant.adapters.embedded.desktop_settings import DesktopSettings
from elephant.adapters.embedded.disk import disk_errors, locked, sync_directory
from elephant.adapters.embedded.machine_folder import Facts, MachineFolder
from elephant.adapters.embedded.machine_register import MachineRegister
from elephant.adapters.embedded.machine_users import choose_user_id, known_user_ids
from elephant.adapters.embedded.names import Tags, is_seat, machine_id_for
from elephant.adapters.embedded.processes import send_signal, users_with_processes
from elephant.adapters.embedded.programs import require_programs
from elephant.adapters.embedded.removal import discard
from elephant.adapters.embedded.sandbox_host import has_own_user
from elephant.adapters.embedded.tagged_processes import kill_tagged
from elephant.domain.machine import Machine, MachineState
from elephant.ports.errors import ElephantError, Permanent, Temporary
from elephant.ports.machines import LaunchOrder, LaunchOutcome

logger = logging.getLogger(__name__)

_LOCK_SECONDS = 40.0
"""Whoever finds that somebody else launches the machine waits for longer than that can take."""

_ATTEMPTS = 5
_KILL_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Launcher:
    """Launches; `keep_child` is handed each process that this server must wait for one day."""

    settings: DesktopSettings
    register: MachineRegister
    keep_child: Callable[[Popen[bytes]], None]

    def launch(self, order: LaunchOrder, now: datetime) -> LaunchOutcome:
        """The machine of the order, started if it was not there before, or why there is none."""
        if not is_seat(order.meeting_id, order.role):
            return Permanent("this meeting id and role cannot name a machine's directory")
        folder = self.register.folder(machine_id_for(order.meeting_id, order.role, order.attempt))
        try:
            with disk_errors(f"launching {folder.path.name}"):
                return self._launch_once(folder, order, now)
        except ElephantError as error:
            return error

    def _launch_once(self, folder: MachineFolder, order: LaunchOrder, now: datetime) -> Machine:
        self.settings.api_dir.mkdir(parents=True, exist_ok=True)
        self.settings.api_dir.chmod(0o755)  # whatever the server's umask is: desktops of other users pass through it
        self.settings.machines_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        for _ in range(_ATTEMPTS):
            folder.path.mkdir(mode=0o700, exist_ok=True)
            try:
                with folder.locked(_LOCK_SECONDS):
                    return self._already(folder) or self._start(folder, order, now)
            except FileNotFoundError:  # the machine of then was being removed: what is made next is a new one
                if folder.path.exists():
                    raise
            except BlockingIOError as error:
                raise Temporary(f"{folder.path.name} is being launched or removed by another process") from error
        raise Temporary(f"the directory of {folder.path.name} is being removed")

    def _already(self, folder: MachineFolder) -> Machine | None:
        """The machine if the order was carried out before, by a server that may have died while doing it."""
        machine = self.register.machine(folder)
        if machine is None:
            return None
        main = self.register.main_process(folder)
        if folder.process() is None:
            if main is None:
                return self._never_started(folder, machine)
            folder.write_process(main)
        return self.register.machine(folder)

    def _never_started(self, folder: MachineFolder, machine: Machine) -> Machine | None:
        is_over = self.register.terminating_at(folder) is not None
        return replace(machine, state=MachineState.TERMINATED) if is_over else None

    def _start(self, folder: MachineFolder, order: LaunchOrder, now: datetime) -> Machine:
        tags = Tags(folder.path.name, order.meeting_id, order.role)
        try:
            app = self.settings.app_for(order, tags.machine_id)
            require_programs(app, use_sandbox=self.settings.use_sandbox)
            facts = self._write_facts(folder, tags, now)
            started = start_agent(self.settings, folder, facts, order, app)
            self.keep_child(started.child)
            folder.write_process(started.identity)
        except BaseException:
            self._give_up(folder)
            raise
        machine = self.register.machine(folder)
        if machine is None:
            raise Temporary(f"the directory of {tags.machine_id} vanished while it was launched")
        if machine.state is MachineState.SHUTTING_DOWN:
            send_signal(started.identity, signal.SIGTERM)
        logger.info("launched %s for %s of meeting %s", machine.id, order.role, order.meeting_id)
        return machine

    def _write_facts(self, folder: MachineFolder, tags: Tags, now: datetime) -> Facts:
        """Note whose machine it is, with a user that no machine launched at the same time gets too."""
        sync_directory(self.settings.machines_dir)
        if not (self.settings.use_sandbox and has_own_user()):
            facts = Facts(tags, now)
            folder.write_facts(facts)
            return facts
        with locked(self.settings.machines_dir, wait_seconds=_LOCK_SECONDS):
            others = {known.user_id for each in self.register.folders() if (known := each.facts()) is not None}
            taken = users_with_processes() | known_user_ids() | {each for each in others if each is not None}
            facts = Facts(tags, now, choose_user_id(tags.machine_id, taken))
            folder.write_facts(facts)
        return facts

    def _give_up(self, folder: MachineFolder) -> None:
        """Leave nothing of a launch that failed; what cannot be removed now is left to `reap`."""
        try:
            if not kill_tagged(self.settings.data_dir, [folder.path.name], _KILL_SECONDS):
                discard(folder)
        except ElephantError:
            logger.warning("could not clear away the failed launch of %s", folder.path.name, exc_info=True)
