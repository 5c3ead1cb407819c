"""Addresses on the same server: a path on its public URL, kept as a symbolic link to the machine's socket."""

import errno
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from elephant.adapters.embedded.disk import meaning_of
from elephant.adapters.embedded.names import is_machine_id
from elephant.domain.machine import Machine, Record
from elephant.ports.errors import AddressTaken, MachineNotFound, Permanent, Temporary

_NOT_READY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class PathAddresses:
    """The port Addresses over `{data_dir}/run/addresses/{machine_id}`.

    A name is ours if it is a symbolic link into `{data_dir}/run/machines`.
    """

    data_dir: Path
    public_url: str

    def expect(self, machine_id: str) -> None:
        """See Addresses.expect: there is nothing to read."""

    def publish(self, machine: Machine) -> str:
        """See Addresses.publish."""
        if not is_machine_id(machine.id):
            raise Permanent(f"{machine.id!r} is no machine of this host")
        os.close(self._open(machine.id, Temporary(_not_ready(machine.id), retry_after_seconds=_NOT_READY_SECONDS)))
        path = self._path(machine.id)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.symlink_to(Path("../machines") / machine.id / "run/vnc.sock")
        except FileExistsError as error:
            if not self._is_ours(path):
                raise AddressTaken(f"{path} is something that is not ours; move it away") from error
        except OSError as error:
            raise meaning_of(error, f"publishing {machine.id}") from error
        return f"{self.public_url.rstrip('/')}/desktop/{machine.id}"

    def withdraw(self, machine_id: str) -> None:
        """See Addresses.withdraw. Raises Temporary."""
        if not is_machine_id(machine_id) or not self._is_ours(self._path(machine_id)):
            return
        try:
            self._path(machine_id).unlink(missing_ok=True)
        except OSError as error:
            raise Temporary(f"could not withdraw {machine_id}: {error}") from error

    def published(self) -> Sequence[Record]:
        """See Addresses.published. Raises Temporary."""
        try:
            paths = sorted(self._directory.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Temporary(f"could not read {self._directory}: {error}") from error
        return [
            Record(name=f"desktop/{path.name}", machine_id=path.name, ours=self._is_ours(path))
            for path in paths
            if is_machine_id(path.name)
        ]

    def open_socket(self, machine_id: str) -> int:
        """A descriptor (O_PATH) of a published machine's screen socket, to connect to as /proc/self/fd/N and to close.

        The directory that it is in belongs to the desktop, which could put a link to another desktop's socket there:
        never connect to its path. Raises MachineNotFound where nothing of ours is published or there is no socket.
        """
        if not is_machine_id(machine_id) or not self._is_ours(self._path(machine_id)):
            raise MachineNotFound(machine_id)
        return self._open(machine_id, MachineNotFound(machine_id))

    @property
    def _directory(self) -> Path:
        return self.data_dir / "run/addresses"

    def _path(self, machine_id: str) -> Path:
        return self._directory / machine_id

    def _is_ours(self, path: Path) -> bool:
        try:
            target = os.path.normpath(path.parent / path.readlink())
        except FileNotFoundError:
            return False
        except OSError as error:
            if error.errno == errno.EINVAL:  # no link at all
                return False
            raise Temporary(f"could not read {path}: {error}") from error
        return Path(target).is_relative_to(self.data_dir / "run/machines")

    def _open(self, machine_id: str, otherwise: Exception) -> int:
        """The socket itself; raises `otherwise` if there is none, or something else, or a link to anything."""
        path = self.data_dir / "run/machines" / machine_id / "run/vnc.sock"
        try:
            descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise otherwise from error
        except OSError as error:
            raise Temporary(f"could not reach {machine_id}: {error}") from error
        if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise otherwise
        return descriptor


def _not_ready(machine_id: str) -> str:
    return f"{machine_id} has no screen yet"
