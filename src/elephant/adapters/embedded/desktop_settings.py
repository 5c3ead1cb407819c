"""What the embedded desktops need to be told."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from elephant.domain.meeting import Role
from elephant.ports.machines import LaunchOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class DesktopSettings:
    """How desktops are started and ended; `data_dir` is an absolute, resolved path.

    `app_for(order, machine_id)` is the app's argument list, `token_for(meeting_id, role, machine_id)` the bearer
    token of the agent, `recordings_url_for(meeting_id, role)` the URL prefix of a seat's recordings.
    """

    data_dir: Path
    app_for: Callable[[LaunchOrder, str], list[str]]
    token_for: Callable[[str, Role, str], str]
    recordings_url_for: Callable[[str, Role], str]
    use_sandbox: bool
    geometry: str = "1280x800"
    heartbeat_seconds: float = 15.0
    leave_seconds: float = 30.0
    margin_seconds: float = 60.0
    kill_after_seconds: float = 10.0
    record: bool = True

    @property
    def machines_dir(self) -> Path:
        """Where each machine has its directory."""
        return self.data_dir / "run/machines"

    @property
    def api_dir(self) -> Path:
        """The directory of the socket through which agents reach the API."""
        return self.data_dir / "run/api"
