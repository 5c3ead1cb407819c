"""Machines that are process trees on this very host, each a desktop of its own."""

import contextlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from subprocess import Popen

from elephant.adapters.embedded.desktop_settings import DesktopSettings
from elephant.adapters.embedded.launching import Launcher
from elephant.adapters.embedded.machine_register import MachineRegister
from elephant.adapters.embedded.names import is_machine_id
from elephant.adapters.embedded.processes import open_pidfd
from elephant.adapters.embedded.reaping import Reaper
from elephant.domain.machine import Machine
from elephant.ports.errors import MachineNotFound
from elephant.ports.machines import LaunchOrder, LaunchOutcome

_AT_ONCE = 16


class EmbeddedDesktops:
    """The port Machines over bubblewrap, /proc and one directory per machine; safe to use from several threads.

    A machine lives on when the server dies, and is found again by the next one. A machine that ended keeps its
    directory, as terminated, until `reap` removes it.
    """

    def __init__(self, settings: DesktopSettings) -> None:
        self._register = MachineRegister(settings)
        self._launcher = Launcher(settings, self._register, self._keep_child)
        self._reaper = Reaper(self._register)
        self._children: list[Popen[bytes]] = []
        self._children_lock = threading.Lock()

    def launch(self, orders: Sequence[LaunchOrder], now: datetime) -> Sequence[LaunchOutcome]:
        """See Machines.launch; a machine is running as soon as its agent is."""
        if not orders:
            return []
        with ThreadPoolExecutor(min(len(orders), _AT_ONCE), thread_name_prefix="launch") as pool:
            return list(pool.map(lambda order: self._launcher.launch(order, now), orders))

    def get(self, machine_id: str) -> Machine:
        """See Machines.get."""
        if is_machine_id(machine_id):
            machine = self._register.machine(self._register.folder(machine_id))
            if machine is not None:
                return machine
            for lost in self._register.lost(machine_id):
                return lost.machine()
        raise MachineNotFound(machine_id)

    def owned(self) -> Sequence[Machine]:
        """See Machines.owned; those whose directory is lost included, as stopped."""
        return self._register.all()

    def of_meeting(self, meeting_id: str) -> Sequence[Machine]:
        """See Machines.of_meeting."""
        return [machine for machine in self._register.all() if machine.meeting_id == meeting_id]

    def terminate(self, machine_ids: Sequence[str], now: datetime) -> None:
        """See Machines.terminate; the agents get a SIGTERM, and `reap` sees to the rest."""
        self._reaper.terminate(machine_ids, now)

    def reap(self, now: datetime) -> Sequence[Machine]:
        """Kill what outlives its time to end and remove what ended; to be called about once a second.

        Returns the machines that are gone with this call, in state terminated, each once: their addresses and seats
        are for the caller to deal with, or for the sweep if it dies before that. Raises Temporary.
        """
        self._wait_for_children()
        ended = self._reaper.reap(now)
        self._wait_for_children()
        return ended

    def pidfd(self, machine_id: str) -> int:
        """A pidfd of the machine's main process, readable when it ends; the caller closes it.

        Works for machines launched by an earlier server too. Raises MachineNotFound.
        """
        if is_machine_id(machine_id):
            main = self._register.main_process(self._register.folder(machine_id))
            if main is not None:
                with contextlib.suppress(ProcessLookupError):
                    return open_pidfd(main)
        raise MachineNotFound(machine_id)

    def _keep_child(self, child: Popen[bytes]) -> None:
        with self._children_lock:
            self._children.append(child)

    def _wait_for_children(self) -> None:
        """Take the exit codes of our own children, so that none stays a zombie."""
        with self._children_lock:
            self._children = [child for child in self._children if child.poll() is None]
