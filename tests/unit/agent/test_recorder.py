"""What a recorder that recorded nothing is told of."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from elephant.agent.manifest import read_segments
from elephant.agent.recorder import PICTURE_SECONDS, Recorder


@dataclass(frozen=True, slots=True, kw_only=True)
class ASeat:
    recordings_dir: str
    meeting_id: str = "abcdefgh12345678"
    role: str = "guest"
    recordings_url: str = "."
    leave_seconds: float = 1.0
    record: bool = True


class Idle:
    """Programs that write nothing and end when they are told to."""

    def start(self, _name: str, _command: Sequence[str]) -> int:
        return 7

    def interrupt(self, _pid: int) -> None: ...

    def kill(self, _pid: int) -> None: ...

    def wait_for(self, _pid: int, _seconds: float) -> bool:
        return True


@pytest.mark.parametrize("ran_seconds", [PICTURE_SECONDS - 1, PICTURE_SECONDS])
def test_a_recorder_that_never_saw_a_picture_is_missed_where_it_had_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ran_seconds: float
) -> None:
    now = 1000.0
    monkeypatch.setattr("elephant.agent.recorder.time.monotonic", lambda: now)
    recording = Recorder(ASeat(recordings_dir=str(tmp_path)), Idle(), lambda *_: ["ffmpeg"], close_seconds=1)
    recording.start(":0", "")
    now += ran_seconds
    recording.stop()
    assert recording.write_manifest()
    assert read_segments(tmp_path) == []
    told = (tmp_path / "manifest.json").read_text()
    assert ("recorded no picture" in told) == (ran_seconds >= PICTURE_SECONDS)
