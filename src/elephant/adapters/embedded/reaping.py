"""End machines for good: first politely, then by force, and their directories last."""

import contextlib
import logging
import signal
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from elephant.adapters.embedded.dead_displays import remove_dead_displays
from elephant.adapters.embedded.disk import disk_errors
from elephant.adapters.embedded.machine_folder import Facts, MachineFolder
from elephant.adapters.embedded.machine_register import LostMachine, MachineRegister
from elephant.adapters.embedded.names import is_machine_id
from elephant.adapters.embedded.processes import send_signal, wait_until_gone
from elephant.adapters.embedded.removal import discard, remove_halves
from elephant.adapters.embedded.tagged_processes import kill_tagged
from elephant.domain.machine import Machine, MachineState
from elephant.ports.errors import ElephantError, Temporary

logger = logging.getLogger(__name__)

_KILL_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Reaper:
    """Ends and removes machines."""

    register: MachineRegister

    def terminate(self, machine_ids: Sequence[str], now: datetime) -> None:
        """Note that these machines are to end and tell their agents. Raises Temporary if that cannot be known."""
        missing: set[str] = set()
        for machine_id in filter(is_machine_id, dict.fromkeys(machine_ids)):
            folder = self.register.folder(machine_id)
            machine = self.register.machine(folder)
            if machine is None:
                missing.add(machine_id)
            elif machine.state is not MachineState.TERMINATED:
                self._note_end(folder, now)
                self._ask_to_end(folder)
        if missing:
            for lost in self.register.lost():
                if lost.tags.machine_id in missing:
                    self._terminate_lost(lost, now)

    def reap(self, now: datetime) -> list[Machine]:
        """Kill what was told to end too long ago, and remove what has ended; returns those, all terminated."""
        remove_halves(self.register.settings.machines_dir)
        if not self.register.settings.use_sandbox:
            remove_dead_displays()
        ended = [folder for folder in self.register.folders() if self._has_surely_ended(folder, now)]
        return self._remove(ended) if ended else []

    def _has_surely_ended(self, folder: MachineFolder, now: datetime) -> bool:
        """As `_has_ended`; trouble with one machine, or with writing to a full disk, keeps no other from its end."""
        try:
            with disk_errors(f"seeing to {folder.path.name}"):
                return self._has_ended(folder, now)
        except ElephantError:
            logger.warning("%s is looked at again at the next turn", folder.path.name, exc_info=True)
            return False

    def _note_end(self, folder: MachineFolder, now: datetime) -> None:
        if self.register.terminating_at(folder) is not None:
            return
        try:
            folder.write_terminating(now)
        except OSError:
            # A full disk must not keep a machine alive. The note is lost with this server; the sweep makes another.
            logger.warning("could not note that %s is to end", folder.path.name, exc_info=True)
            self.register.noted[folder.path.name] = now

    def _ask_to_end(self, folder: MachineFolder) -> None:
        main = self.register.main_process(folder)
        if main is not None:
            send_signal(main, signal.SIGTERM)

    def _terminate_lost(self, lost: LostMachine, now: datetime) -> None:
        """Give a machine its directory back, so that its end is seen through like any other."""
        folder = self.register.folder(lost.tags.machine_id)
        try:
            folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.write_facts(Facts(lost.tags, lost.launched_at))
            folder.write_process(lost.main)
        except OSError:
            logger.warning("could not make a directory for %s; killing it", folder.path.name, exc_info=True)
            kill_tagged(self.register.settings.data_dir, [folder.path.name], _KILL_SECONDS)
            return
        self._note_end(folder, now)
        send_signal(lost.main, signal.SIGTERM)

    def _has_ended(self, folder: MachineFolder, now: datetime) -> bool:
        """True if nothing of this machine is worth keeping; kills it first if its time to end is up."""
        machine = self.register.machine(folder)
        if machine is None:
            return not self.register.tagged(folder.path.name)
        if machine.state is MachineState.SHUTTING_DOWN:
            return self._press(folder, now)
        if machine.state is MachineState.RUNNING:
            self._adopt(folder)
        return machine.state is MachineState.TERMINATED

    def _press(self, folder: MachineFolder, now: datetime) -> bool:
        """Remind a machine that it is to end, or kill it if it had its time; True if it is dead."""
        main = self.register.main_process(folder)
        if main is None:
            return True
        since = self.register.terminating_at(folder) or now
        if now < since:  # the clock was set back
            folder.write_terminating(now)
        if (now - since).total_seconds() < self.register.settings.kill_after_seconds:
            # Again each time: a signal that came before the agent could listen is lost for a namespace's first process.
            send_signal(main, signal.SIGTERM)
            return False
        logger.warning("%s did not end by itself; killing it", folder.path.name)
        send_signal(main, signal.SIGKILL)
        return wait_until_gone([main], _KILL_SECONDS)

    def _adopt(self, folder: MachineFolder) -> None:
        """Note the process of a machine whose launch died before it could."""
        if folder.process() is None:
            main = self.register.main_process(folder)
            with contextlib.suppress(BlockingIOError, FileNotFoundError), folder.locked(0):
                if main is not None and folder.process() is None:
                    folder.write_process(main)

    def _remove(self, ended: Sequence[MachineFolder]) -> list[Machine]:
        with contextlib.ExitStack() as locks:
            ours = [folder for folder in ended if _lock(folder, locks) and not self._lives(folder)]
            machines = [(folder, self.register.machine(folder)) for folder in ours]
            data_dir = self.register.settings.data_dir
            alive = kill_tagged(data_dir, [folder.path.name for folder in ours], _KILL_SECONDS)
            removed: list[Machine] = []
            for folder, machine in machines:
                if folder.path.name in alive:
                    continue
                try:
                    discard(folder)
                except Temporary:
                    logger.warning("%s is still there", folder.path, exc_info=True)
                    continue
                self.register.noted.pop(folder.path.name, None)
                if machine is not None:
                    removed.append(replace(machine, state=MachineState.TERMINATED))
        return removed

    def _lives(self, folder: MachineFolder) -> bool:
        """Asked again under its lock: somebody may have launched it meanwhile."""
        return self.register.main_process(folder) is not None


def _lock(folder: MachineFolder, locks: contextlib.ExitStack) -> bool:
    try:
        locks.enter_context(folder.locked(0))
    except (BlockingIOError, FileNotFoundError):
        return False
    return True
