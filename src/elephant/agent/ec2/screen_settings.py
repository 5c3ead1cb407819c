"""What both halves of the recorder of a session know: `screen.toml`, which everybody may read."""

from dataclasses import dataclass
from pathlib import Path

from elephant.agent.ec2.settings import fields_of_toml
from elephant.wire.json_fields import some_seconds, whole_number, words

_MOST_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenSettings:
    """Every key of the file; `port` and `recorder` have to be there.

    `recorder` are the words of a program that writes what it sees to its standard output, and ends in good order when a
    `q` comes in; `wake` are those of a command that starts the session's half where nobody answers on the port.

    `wait_seconds`: how long is waited for the first byte. `silent_seconds`: without a byte for so long a recording has
    ended. `close_seconds`: a recorder that takes longer to end is killed. `keep_free_mib`: so much of the disk is left.
    """

    port: int
    recorder: tuple[str, ...]
    wake: tuple[str, ...] = ()
    wait_seconds: float = 35.0
    silent_seconds: float = 15.0
    close_seconds: float = 5.0
    keep_free_mib: int = 2048

    @classmethod
    def parse(cls, content: str) -> "ScreenSettings":
        """Read TOML; raises ValueError that names the key, and what it must be or that there is none."""
        return cls(**fields_of_toml(content, _READERS, required=("port", "recorder")))


def read_screen_settings(path: Path) -> ScreenSettings:
    """The settings of a file; raises OSError, and ValueError for what is wrong in it."""
    return ScreenSettings.parse(path.read_text(encoding="utf-8"))


def _port(value: object) -> int:
    if not 0 < whole_number(value) <= _MOST_PORT:
        raise ValueError(f"a port from 1 to {_MOST_PORT}")
    return whole_number(value)


_READERS = {
    "port": _port,
    "recorder": words,
    "wake": words,
    "wait_seconds": some_seconds,
    "silent_seconds": some_seconds,
    "close_seconds": some_seconds,
    "keep_free_mib": whole_number,
}
