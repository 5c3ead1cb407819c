"""What passes between a desktop's agent and the API; standard library only, because an agent starts in a hurry."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime

from elephant.wire.json_fields import (
    json_object,
    matching,
    read_fields,
    seconds,
    some_seconds,
    text,
    time_in_utc,
    words,
    yes_or_no,
)

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
    def parse(cls, content: str) -> "AgentSettings":
        """Read settings as JSON; raises ValueError that names the field and what it must be."""
        given = json_object(content, "the settings")
        readers = {each.name: _BY_NAME.get(each.name) or _BY_TYPE[str(each.type)] for each in fields(cls)}
        return cls(**read_fields(given, readers))


# Readers of what only these settings have, as in json_fields.


def _path(value: object) -> str:
    if not isinstance(value, str) or not text(value).startswith("/"):
        raise ValueError("an absolute path")
    return value


def _socket_path(value: object) -> str:
    path = _path(value)
    if len(path.encode()) > _SOCKET_PATH_BYTES:
        raise ValueError(f"a path of at most {_SOCKET_PATH_BYTES} bytes")
    return path


_BY_TYPE: dict[str, Callable[[object], object]] = {
    str(str): text,
    str(float): seconds,
    str(bool): yes_or_no,
    str(datetime): time_in_utc,
}
_BY_NAME: dict[str, Callable[[object], object]] = {
    "api": matching(_API, "unix:/PATH or http(s)://host:port"),
    "app": words,
    "geometry": matching(_GEOMETRY, "WIDTHxHEIGHT in pixels"),
    "heartbeat_seconds": some_seconds,
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
        given = json_object(content, "the contents of the answer")
        try:
            deadline = time_in_utc(given.get("deadline"))
        except ValueError as error:
            raise ValueError(f"the answer's deadline must be {error}") from error
        return cls(deadline=deadline, over=given.get("over") is True)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionData:
    """`POST /agent/session-data`: where the seat's recording is."""

    machine_id: str
    url: str
