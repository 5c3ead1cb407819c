"""Which machines there are and how they are: from their directories, and from /proc where those are lost.

pending: being launched. running: its main process lives. shutting-down: so it does, but it was told to end.
terminated: its main process is gone, or never was; the next `reap` removes what is left of it. stopped: its
processes live but its directory is lost, so nobody can reach it; only good for being terminated.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from elephant.adapters.embedded.desktop_settings import DesktopSettings
from elephant.adapters.embedded.machine_folder import Facts, MachineFolder, folders_in
from elephant.adapters.embedded.names import Tags, is_machine_id
from elephant.adapters.embedded.processes import ProcessIdentity, is_alive, started_at
from elephant.adapters.embedded.tagged_processes import TaggedProcess, find_tagged, main_process
from elephant.domain.machine import Machine, MachineState


@dataclass(frozen=True, slots=True)
class LostMachine:
    """A machine that lives without its directory."""

    tags: Tags
    main: ProcessIdentity
    launched_at: datetime

    def machine(self) -> Machine:
        """As the port shows it."""
        return _machine(Facts(self.tags, self.launched_at), MachineState.STOPPED)


@dataclass(frozen=True, slots=True)
class MachineRegister:
    """Reads; changes nothing on disk. `noted` are ends that could not be written down, because the disk is full."""

    settings: DesktopSettings
    noted: dict[str, datetime] = field(default_factory=dict)

    def folder(self, machine_id: str) -> MachineFolder:
        """The directory of a machine, whether or not it is there. ValueError for what is no machine id."""
        if not is_machine_id(machine_id):
            raise ValueError(f"{machine_id!r} is no machine id")
        return MachineFolder(self.settings.machines_dir / machine_id)

    def folders(self) -> list[MachineFolder]:
        """Every machine's directory. Raises Temporary."""
        return folders_in(self.settings.machines_dir)

    def main_process(self, folder: MachineFolder) -> ProcessIdentity | None:
        """The living main process of a machine; found by its tags if its launch died before noting it."""
        identity = folder.process()
        if identity is None:
            return main_process(self.tagged(folder.path.name))
        return identity if is_alive(identity) else None

    def tagged(self, machine_id: str) -> list[TaggedProcess]:
        """Every living process of a machine, oldest first. Raises Temporary."""
        return [each for each in find_tagged(self.settings.data_dir) if each.tags.machine_id == machine_id]

    def terminating_at(self, folder: MachineFolder) -> datetime | None:
        """Since when a machine is to end; None if it is not."""
        return folder.terminating_at() or self.noted.get(folder.path.name)

    def machine(self, folder: MachineFolder) -> Machine | None:
        """The machine of a directory in its present state; None if that is no machine's. Raises Temporary."""
        facts = folder.facts()
        if facts is None or facts.tags.machine_id != folder.path.name:
            return None
        return _machine(facts, self._state(folder))

    def lost(self, machine_id: str | None = None) -> list[LostMachine]:
        """The machines that live without their directory, or the one of this id. Raises Temporary."""
        processes: dict[str, list[TaggedProcess]] = {}
        for each in find_tagged(self.settings.data_dir):
            if machine_id in {None, each.tags.machine_id}:
                processes.setdefault(each.tags.machine_id, []).append(each)
        return [
            LostMachine(own[0].tags, main, started_at(main))
            for own in processes.values()
            # The directory is asked after the processes: it is made before them and removed after them.
            if self.machine(self.folder(own[0].tags.machine_id)) is None
            and (main := main_process([each for each in own if is_alive(each.identity)])) is not None
        ]

    def all(self) -> Sequence[Machine]:
        """Every machine. Raises Temporary where anything could not be read."""
        lost = [each.machine() for each in self.lost()]
        known = [machine for folder in self.folders() if (machine := self.machine(folder)) is not None]
        found = {machine.id: machine for machine in (*lost, *known)}
        return list(found.values())

    def _state(self, folder: MachineFolder) -> MachineState:
        is_terminating = self.terminating_at(folder) is not None
        if folder.process() is None and folder.is_locked():
            return MachineState.SHUTTING_DOWN if is_terminating else MachineState.PENDING
        if self.main_process(folder) is None:
            return MachineState.TERMINATED
        return MachineState.SHUTTING_DOWN if is_terminating else MachineState.RUNNING


def _machine(facts: Facts, state: MachineState) -> Machine:
    return Machine(
        id=facts.tags.machine_id,
        meeting_id=facts.tags.meeting_id,
        role=facts.tags.role,
        state=state,
        launched_at=facts.launched_at,
    )
