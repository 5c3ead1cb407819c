"""A machine's directory: what is known of it, each fact in a file of its own, written before what it is about happens.

`machine.json` says whose it is (before its process starts), `process.json` which process it is (after), and
`terminating.json` that it is to end. A directory without `machine.json` was never a machine.
"""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from elephant.adapters.embedded.disk import is_locked, locked, read_json, write_durably
from elephant.adapters.embedded.names import Tags, is_machine_id
from elephant.adapters.embedded.processes import ProcessIdentity
from elephant.domain.meeting import Role
from elephant.ports.errors import Temporary

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Facts:
    """What machine.json says; `user_id` is the machine's own unprivileged user, None if it has the server's."""

    tags: Tags
    launched_at: datetime
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class MachineFolder:
    """`{data_dir}/run/machines/{machine_id}`; all errors of reading are Temporary."""

    path: Path

    @property
    def home(self) -> Path:
        """The desktop's home directory."""
        return self.path / "home"

    @property
    def run(self) -> Path:
        """Where the desktop itself writes: its sockets and logs. Nothing in it can be trusted."""
        return self.path / "run"

    @property
    def vnc_socket(self) -> Path:
        """The socket of its screen, as the server sees it."""
        return self.run / "vnc.sock"

    @property
    def agent_settings(self) -> Path:
        """The agent's settings file."""
        return self.path / "agent.json"

    @property
    def accounts(self) -> Path:
        """The passwd and group files that the desktop sees."""
        return self.path / "accounts"

    @property
    def log(self) -> Path:
        """What bubblewrap and the agent write to their standard error."""
        return self.path / "agent.log"

    def facts(self) -> Facts | None:
        """Whose machine it is; None if there is no machine.json, or a damaged one."""
        content = self._read("machine.json")
        try:
            return None if content is None else _facts(content)
        except (KeyError, TypeError, ValueError):
            logger.warning("%s is damaged", self.path / "machine.json", exc_info=True)
            return None

    def write_facts(self, facts: Facts) -> None:
        """Write machine.json; raises OSError."""
        content = {
            "machine_id": facts.tags.machine_id,
            "meeting_id": facts.tags.meeting_id,
            "role": facts.tags.role,
            "launched_at": facts.launched_at.isoformat(),
            "user_id": facts.user_id,
        }
        write_durably(self.path / "machine.json", content)

    def process(self) -> ProcessIdentity | None:
        """The machine's main process; None if none was noted, or it cannot be understood."""
        content = self._read("process.json")
        try:
            return None if content is None else _identity(content)
        except (KeyError, TypeError, ValueError):
            logger.warning("%s is damaged", self.path / "process.json", exc_info=True)
            return None

    def write_process(self, identity: ProcessIdentity) -> None:
        """Write process.json; raises OSError."""
        content = {"pid": identity.pid, "start_ticks": identity.start_ticks, "boot_id": identity.boot_id}
        write_durably(self.path / "process.json", content)

    def terminating_at(self) -> datetime | None:
        """Since when it is to end, for ever if that cannot be understood; None if it is not."""
        content = self._read("terminating.json")
        try:
            return None if content is None else datetime.fromisoformat(content["at"])
        except (KeyError, TypeError, ValueError):
            logger.warning("%s is damaged", self.path / "terminating.json", exc_info=True)
            return datetime.min.replace(tzinfo=UTC)

    def write_terminating(self, at: datetime) -> None:
        """Write terminating.json; raises OSError."""
        write_durably(self.path / "terminating.json", {"at": at.isoformat()})

    def is_locked(self) -> bool:
        """True while somebody launches or removes it."""
        try:
            return is_locked(self.path)
        except FileNotFoundError:
            return False

    @contextlib.contextmanager
    def locked(self, wait_seconds: float) -> Iterator[None]:
        """Hold its lock; see disk.locked. Raises BlockingIOError and FileNotFoundError."""
        with locked(self.path, wait_seconds=wait_seconds):
            yield

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            return read_json(self.path / name)
        except ValueError:
            return {}  # damaged: every fact is missing
        except OSError as error:
            raise Temporary(f"could not read {self.path / name}: {error}") from error


def folders_in(machines_dir: Path) -> list[MachineFolder]:
    """Every directory of a machine; none if nothing was ever launched. Raises Temporary if that cannot be read."""
    try:
        names = sorted(path.name for path in machines_dir.iterdir() if is_machine_id(path.name))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise Temporary(f"could not read {machines_dir}: {error}") from error
    return [MachineFolder(machines_dir / name) for name in names]


def _facts(content: dict[str, Any]) -> Facts:
    tags = Tags(str(content["machine_id"]), str(content["meeting_id"]), Role(str(content["role"])))
    user_id = content.get("user_id")
    return Facts(tags, datetime.fromisoformat(content["launched_at"]), None if user_id is None else int(user_id))


def _identity(content: dict[str, Any]) -> ProcessIdentity:
    return ProcessIdentity(int(content["pid"]), int(content["start_ticks"]), str(content["boot_id"]))
