"""What passes between a desktop's agent and the API; standard library only, because an agent starts in a hurry."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

_MOST_SECONDS = 1e7
_SOCKET_PATH_BYTES = 107  # unix(7)
_GEOMETRY = re.compile(r"[1-9]\d{1,4}x[1-9]\d{1,4}", re.ASCII)
_API = re.compile(r"unix:/.+|https?://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?/?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSettings:
    """Everything that an agent is told at its start.

    `api` is `unix:PATH` or `http(s)://host:port`; `deadline` is in UTC; `app` the words of the app's command line;
    `vnc_socket` must be unique on this host; the URL of a seat's recording is `{recordings_url}/manifest.json`;
    `own_user` where nothing but this desktop runs as its user.
    """

    machine_id: str
    meeting_id: str
    role: str
    api: str
    token: str
    deadline: datetime
    margin_seconds: float
    heartbeat_seconds: float
    leave_seconds: float
    app: tuple[str, ...]
    geometry: str
    vnc_socket: str
    run_dir: str
    recordings_dir: str
    recordings_url: str
    record: bool
    own_user: bool

    @classmethod
    def parse(cls, text: str) -> "AgentSettings":
        """Read settings as JSON; raises ValueError that names the field and what it must be."""
        given = _object(text, "the settings")
        values: dict[str, Any] = {}
        for field in fields(cls):
            if field.name not in given:
                raise ValueError(f"{field.name} is missing")
            read = _BY_NAME.get(field.name) or _BY_TYPE[str(field.type)]
            try:
                values[field.name] = read(given[field.name])
            except ValueError as error:
                raise ValueError(f"{field.name} must be {error}") from error
        return cls(**values)


def _object(text: str | bytes, what: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{what} are not JSON: {error}") from error
    if not isinstance(given, dict):
        raise ValueError(f"{what} must be a JSON object")  # noqa: TRY004  about a text's content
    return given


# Each reads one value, or raises ValueError with what it must be instead.


def _text(value: object) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("a text that is not empty")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError("a text of whole characters") from error
    return value


def _matching(pattern: re.Pattern[str], what: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(_text(value)):
            raise ValueError(what)
        return value

    return read


def _path(value: object) -> str:
    if not isinstance(value, str) or not _text(value).startswith("/"):
        raise ValueError("an absolute path")
    return value


def _socket_path(value: object) -> str:
    path = _path(value)
    if len(path.encode()) > _SOCKET_PATH_BYTES:
        raise ValueError(f"a path of at most {_SOCKET_PATH_BYTES} bytes")
    return path


def _words(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
        raise ValueError("a list of words that names a command")
    _text(value[0])
    return tuple(_text(word) if word else "" for word in value)


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST_SECONDS:
        raise ValueError(f"a number of seconds from 0 to {_MOST_SECONDS:g}")
    return float(value)


def _some_seconds(value: object) -> float:
    if not _seconds(value):
        raise ValueError("a number of seconds above 0")
    return _seconds(value)


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")  # noqa: TRY004  about a text's content
    return value


def _time(value: object) -> datetime:
    try:
        at = datetime.fromisoformat(_text(value))
        in_utc = at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("a time in ISO 8601 with an offset from UTC") from error
    if at.tzinfo is None:
        raise ValueError("a time with an offset from UTC")
    return in_utc


_BY_TYPE: dict[str, Callable[[object], object]] = {
    str(str): _text,
    str(float): _seconds,
    str(bool): _yes_or_no,
    str(datetime): _time,
}
_BY_NAME: dict[str, Callable[[object], object]] = {
    "api": _matching(_API, "unix:/PATH or http(s)://host:port"),
    "app": _words,
    "geometry": _matching(_GEOMETRY, "WIDTHxHEIGHT in pixels"),
    "heartbeat_seconds": _some_seconds,
    "vnc_socket": _socket_path,
    "run_dir": _path,
    "recordings_dir": _path,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """`POST /agent/health`: the desktop works or not, and so many people are connected to it."""

    machine_id: str
    healthy: bool
    connected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthAnswer:
    """What the API answers: until when the meeting lasts, and whether it is over."""

    deadline: datetime
    over: bool

    @classmethod
    def parse(cls, content: bytes) -> "HealthAnswer":
        """Read an answer; raises ValueError for anything else."""
        given = _object(content, "the contents of the answer")
        try:
            deadline = _time(given.get("deadline"))
        except ValueError as error:
            raise ValueError(f"the answer's deadline must be {error}") from error
        return cls(deadline=deadline, over=given.get("over") is True)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionData:
    """`POST /agent/session-data`: where the seat's recording is."""

    machine_id: str
    url: str
