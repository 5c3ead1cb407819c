"""The seat's recording on this machine: where it lies, and the words of the command that records it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from elephant.agent.ec2.boot import Boot
from elephant.agent.ec2.settings import ImageSettings
from elephant.agent.recorder import RecordCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class Ec2Seat:
    """See recorder.RecordedSeat; a segment's address is relative to its manifest's, since both lie side by side."""

    meeting_id: str
    role: str
    recordings_dir: str
    recordings_url: str
    leave_seconds: float
    record: bool


def seat_of(settings: ImageSettings, boot: Boot) -> Ec2Seat:
    """The seat of this machine; its files have a directory of their own, whatever else the image brought along."""
    return Ec2Seat(
        meeting_id=boot.settings.meeting_id,
        role=boot.settings.role,
        recordings_dir=str(Path(settings.recordings_dir) / boot.machine_id),
        recordings_url=".",
        leave_seconds=settings.leave_seconds,
        record=boot.settings.record,
    )


def filling(words: Sequence[str]) -> RecordCommand:
    """The command of these words with `{file}`, `{stem}` and `{display}` filled in; other braces stay.

    Where DCV names no display it is that of our own environment.
    """

    own_display = os.environ.get("DISPLAY", ":0")

    def command(display: str, _geometry: str, path: Path) -> Sequence[str]:
        values = {"{file}": str(path), "{stem}": str(path.with_suffix("")), "{display}": display or own_display}
        return [_filled(word, values) for word in words]

    return command


def _filled(word: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        word = word.replace(name, value)
    return word
