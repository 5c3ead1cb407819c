"""What the image says about itself in `agent.toml`; what a meeting is, comes with the user data."""

import re
import sys
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from elephant.wire.json_fields import matching, read_fields, some_seconds, text, words

_WINDOWS = sys.platform == "win32"
DEFAULT_FILE = Path(r"C:\ProgramData\Elephant\agent.toml" if _WINDOWS else "/etc/elephant/agent.toml")

_FFMPEG = (
    *("ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y"),
    *("-f", "x11grab", "-framerate", "15", "-draw_mouse", "1", "-i", "{display}"),
    *("-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2"),
    *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "30"),
    *("-f", "matroska", "-flush_packets", "1", "-cluster_time_limit", "1000", "{file}"),
)
"""As the embedded agent's, but for the size: x11grab takes the whole display where none is given."""

_PROGRAMS = r"C:\Program Files\Elephant"
_DATA = r"C:\ProgramData\Elephant"
_SCREEN = (
    *(rf"{_PROGRAMS}\Python\python.exe", "-I", rf"{_PROGRAMS}\elephant-agent.pyz"),
    *("record", rf"{_DATA}\screen.toml", "{file}"),
)
"""There the agent sees no screen; this takes what a program of the person's session sees."""

_SYSTEM_DCV = r"C:\Windows\System32\config\systemprofile\AppData\Local\NICE\dcv"
REGISTRY = "HKEY_USERS\\"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSettings:
    """Every key of `agent.toml`, with the defaults of this platform.

    `dcv_conf` is a file, or on Windows a key of the registry (`HKEY_USERS\\…`). In `record_command` `{file}` becomes
    the segment's path, `{stem}` that path without its ending, `{display}` DCV's X display. `log_file` is "" for
    standard error.

    Times are in seconds. `boot_seconds`: what a machine without readable user data lives. `ask_seconds`: how long one
    that boots after its deadline waits for the API to name a later one. `poll_seconds`, `command_seconds`: DCV is
    asked so often, and may take so long. `unhealthy_seconds`: without a good answer for so long the desktop is
    unhealthy. `presence_seconds`: so long the number of people holds that was counted last. The recorder starts
    `settle_seconds` after somebody came, again `retry_seconds` after it failed, and may take `close_seconds` to close a
    segment. The recording is handed in `leave_seconds` after the last one left, and `close_before_seconds` before the
    deadline; a stop from outside waits `stop_seconds` for that.
    """

    imds_url: str = "http://169.254.169.254"
    run_dir: str = rf"{_DATA}\run" if _WINDOWS else "/run/elephant"
    recordings_dir: str = rf"{_DATA}\recordings" if _WINDOWS else "/var/lib/elephant/recordings"
    log_file: str = rf"{_DATA}\agent.log" if _WINDOWS else ""
    dcv_command: str = r"C:\Program Files\NICE\DCV\Server\bin\dcv.exe" if _WINDOWS else "dcv"
    dcv_url: str = "https://127.0.0.1:8443/"
    dcv_conf: str = REGISTRY + r"S-1-5-18\Software\GSettings\com\nicesoftware\dcv" if _WINDOWS else "/etc/dcv/dcv.conf"
    certificate_dir: str = _SYSTEM_DCV if _WINDOWS else "/etc/dcv"
    dcv_user: str = "" if _WINDOWS else "dcv"
    restart_dcv: tuple[str, ...] = (
        ("powershell", "-NoProfile", "-Command", "Restart-Service -Force dcvserver")
        if _WINDOWS
        else ("systemctl", "restart", "dcvserver")
    )
    record_command: tuple[str, ...] = _SCREEN if _WINDOWS else _FFMPEG
    shutdown_command: tuple[str, ...] = ("shutdown", "/s", "/f", "/t", "0") if _WINDOWS else ("shutdown", "-h", "now")
    boot_seconds: float = 900.0
    ask_seconds: float = 90.0
    certificate_seconds: float = 120.0
    poll_seconds: float = 2.0
    command_seconds: float = 5.0
    unhealthy_seconds: float = 20.0
    presence_seconds: float = 120.0
    settle_seconds: float = 1.0
    retry_seconds: float = 5.0
    close_seconds: float = 10.0
    leave_seconds: float = 30.0
    close_before_seconds: float = 30.0
    stop_seconds: float = 20.0

    @classmethod
    def parse(cls, content: str) -> "ImageSettings":
        """Read TOML; raises ValueError that names the key, and what it must be or that there is none."""
        return cls(**fields_of_toml(content, _READERS))


def fields_of_toml(
    content: str, readers: Mapping[str, Callable[[object], object]], required: Collection[str] = ()
) -> dict[str, Any]:
    """What the readers make of the keys that are there; raises ValueError for an unknown, a wrong or a missing one."""
    try:
        given = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"not TOML: {error}") from error
    unknown = sorted(given.keys() - readers.keys())
    if unknown:
        raise ValueError(f"{unknown[0]} is no setting; there are {', '.join(readers)}")
    return read_fields(given, {name: read for name, read in readers.items() if name in given or name in required})


def read_settings(path: Path) -> ImageSettings:
    """The settings of a file; raises OSError, and ValueError for what is wrong in it."""
    return ImageSettings.parse(path.read_text(encoding="utf-8"))


def _text_or_nothing(value: object) -> str:
    return "" if value == "" else text(value)


_BY_TYPE: dict[str, Callable[[object], object]] = {str(float): some_seconds, str(str): text}
_READERS: dict[str, Callable[[object], object]] = {
    each.name: _BY_TYPE.get(str(each.type), words) for each in fields(ImageSettings)
}
_READERS |= {
    "imds_url": matching(re.compile(r"http://[\w.:\[\]-]+", re.ASCII), "http://host[:port]"),
    "dcv_url": matching(re.compile(r"https://[!-~]+"), "an address that begins with https://"),
    "log_file": _text_or_nothing,
    "dcv_user": _text_or_nothing,
}
