"""The user data of a machine on EC2: what its agent is told of its meeting; standard library only."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from elephant.wire.json_fields import json_object, matching, read_fields, seconds, some_seconds, time_in_utc, yes_or_no

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)
_TOKEN = re.compile(r"[!-~]+")
_PAGE = re.compile(r"(https?://[!-~]+)?")
_LOOPBACK = r"localhost|127\.0\.0\.1|\[::1\]"
_API = re.compile(
    rf"(https://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)|http://({_LOOPBACK}))(:\d{{1,5}})?(/[\w./-]*)?", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BootSettings:
    """A JSON object in the user data; what it says beyond these is not looked at.

    `deadline` is in UTC; `token` opens `/agent/*` of `api_url`, so that is HTTPS (plain HTTP on loopback only, for
    tests); `jitsi_url` is "" where there is none; `margin_seconds` is how long after the deadline the machine lives.
    """

    meeting_id: str
    role: str
    deadline: datetime
    jitsi_url: str
    api_url: str
    token: str = field(repr=False)
    dcv_session_id: str
    margin_seconds: float
    heartbeat_seconds: float
    record: bool

    @classmethod
    def parse(cls, content: str) -> "BootSettings":
        """Read user data; raises ValueError that names the field and what it must be, and never repeats the token."""
        return cls(**read_fields(json_object(content, "the user data"), _READERS))


def _page(value: object) -> str:
    if not isinstance(value, str) or not _PAGE.fullmatch(value):
        raise ValueError('an address that begins with http:// or https://, or ""')
    return value


# A session's id becomes a word of a command line, so none looks like an option.
_READERS = {
    "meeting_id": matching(_NAME, "a name of letters, digits, dots, hyphens and underscores"),
    "role": matching(_NAME, "a name of letters, digits, dots, hyphens and underscores"),
    "deadline": time_in_utc,
    "jitsi_url": _page,
    "api_url": matching(_API, "https://host[:port][/path]"),
    "token": matching(_TOKEN, "a text of visible ASCII characters"),
    "dcv_session_id": matching(_NAME, "a name of letters, digits, dots, hyphens and underscores"),
    "margin_seconds": seconds,
    "heartbeat_seconds": some_seconds,
    "record": yes_or_no,
}
