"""What an agent that is started again must know of the one before it, on disk."""

import json
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from elephant.wire.json_fields import json_object, read_fields, seconds, text, time_in_utc

FILE_NAME = "state.json"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptState:
    """`began` is when the first agent of this boot started, on the monotonic clock; `deadline` the last one heard."""

    boot: str
    began: float
    deadline: datetime | None = None
    margin_seconds: float = 0.0


def boot_name() -> str:
    """A name for the time since this machine was started.

    State is believed only by the boot that wrote it: an image may have been made of a machine that had a meeting.
    """
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return f"started in hour {int(time.time() - time.monotonic()) // 3600}"  # Windows has no name for it


def read_state(directory: Path, boot: str, now: float) -> KeptState:
    """What was kept in this boot; that it begins now, where nothing was or it cannot be read."""
    begins = KeptState(boot=boot, began=now)
    try:
        given = json_object((directory / FILE_NAME).read_bytes(), "the state")
        kept = KeptState(**read_fields(given, _READERS))
    except (OSError, ValueError):
        return begins
    return kept if kept.boot == boot and kept.began <= now else begins


def write_state(directory: Path, state: KeptState) -> None:
    """Keep it, whole or not at all. Raises OSError."""
    content = {
        "boot": state.boot,
        "began": state.began,
        "deadline": None if state.deadline is None else state.deadline.isoformat(),
        "margin_seconds": state.margin_seconds,
    }
    aside = directory / f".{FILE_NAME}.new"
    aside.write_text(json.dumps(content), encoding="utf-8")
    aside.replace(directory / FILE_NAME)


def _uptime(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise ValueError("seconds since the start of the machine")
    return float(value)


_READERS = {
    "boot": text,
    "began": _uptime,
    "deadline": lambda value: None if value is None else time_in_utc(value),
    "margin_seconds": seconds,
}
