"""What names look like that become parts of paths, and the tags that every process of a machine carries."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from elephant.domain.meeting import Role

MACHINE_ID = re.compile(r"d-[0-9a-f]{17}")
_MEETING_ID = re.compile(r"[a-z0-9]{1,64}")
_ROLE = re.compile(r"[a-z][a-z0-9_]{0,15}")


def machine_id_for(meeting_id: str, role: Role, attempt: int) -> str:
    """The one machine id of an attempt at a seat: `d-` and 17 hexadecimal digits."""
    return f"d-{hashlib.sha256(f'{meeting_id}/{role}/{attempt}'.encode()).hexdigest()[:17]}"


def is_machine_id(text: str) -> bool:
    """True for what `machine_id_for` could have made; anything else must not become part of a path."""
    return MACHINE_ID.fullmatch(text) is not None


def is_seat(meeting_id: str, role: str) -> bool:
    """True where both may become part of a path."""
    return _MEETING_ID.fullmatch(meeting_id) is not None and _ROLE.fullmatch(role) is not None


@dataclass(frozen=True, slots=True)
class Tags:
    """Whose process it is; enough to find and end a machine of which all bookkeeping is lost."""

    machine_id: str
    meeting_id: str
    role: Role

    def environment(self, data_dir: Path) -> dict[str, str]:
        """The environment variables that carry the tags."""
        return {
            "ELEPHANT_MACHINE_ID": self.machine_id,
            "ELEPHANT_MEETING_ID": self.meeting_id,
            "ELEPHANT_ROLE": self.role,
            "ELEPHANT_DATA_DIR": str(data_dir),
        }

    @classmethod
    def of_environment(cls, environment: Mapping[str, str], data_dir: Path) -> "Tags | None":
        """The tags in an environment; None unless all four are there, well formed and of this data directory.

        A server started with only `ELEPHANT_DATA_DIR` set is therefore none of its own machines.
        """
        machine_id = environment.get("ELEPHANT_MACHINE_ID", "")
        meeting_id = environment.get("ELEPHANT_MEETING_ID", "")
        role = environment.get("ELEPHANT_ROLE", "")
        if environment.get("ELEPHANT_DATA_DIR") != str(data_dir):
            return None
        if not is_machine_id(machine_id) or not is_seat(meeting_id, role):
            return None
        return cls(machine_id, meeting_id, Role(role))
