"""Passes: signed words that say who may do one thing."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Purpose(StrEnum):
    """What a pass is good for; a pass made for one purpose is worth nothing for another."""

    HOST = "host"
    ENTRY = "entry"
    DESKTOP = "desktop"
    ROOM = "room"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """Whom and what a pass is bound to; `key_issue` is the issue of the seat's key that it was earned with.

    `host` is the name of the host, for a pass of theirs.
    """

    purpose: Purpose
    meeting_id: str = ""
    role: str = ""
    machine_id: str = ""
    key_issue: int = 0
    expires_at: datetime | None = None
    host: str = ""


class Passes(Protocol):
    """Signs passes and reads them back."""

    def sign(self, issued: Pass) -> str:
        """The pass as URL-safe text."""

    def read(self, purpose: Purpose, text: str, now: datetime) -> Pass | None:
        """The pass behind the text, or None for one that is forged, for another purpose or expired."""
