"""The recorder: ffmpeg on the desktop's own screen, one segment at a time."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from elephant.agent.manifest import (
    FILE_NAME,
    Segment,
    has_picture,
    manifest_of,
    next_segment_name,
    read_segments,
    reserve_room,
    write_manifest,
)

logger = logging.getLogger(__name__)

NAME = "recorder"
FRAMES_PER_SECOND = 15
MOST_PROBLEMS = 10
PICTURE_SECONDS = 10.0
"""A segment that has no picture after so long was not just ended before its first one."""

RecordCommand = Callable[[str, str, Path], Sequence[str]]
"""The words that record a display of some geometry to a file."""


class RecordedSeat(Protocol):
    """Whose recording it is, and where it lies; `recordings_url` is what a segment's address begins with."""

    @property
    def meeting_id(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def recordings_dir(self) -> str: ...
    @property
    def recordings_url(self) -> str: ...
    @property
    def leave_seconds(self) -> float: ...
    @property
    def record(self) -> bool: ...


class Programs(Protocol):
    """Starts and ends programs."""

    def start(self, name: str, command: Sequence[str]) -> int:
        """Start one; returns its pid. Raises OSError."""

    def interrupt(self, pid: int) -> None:
        """Ask one of these to end, as Ctrl-C does."""

    def kill(self, pid: int) -> None:
        """End one of these at once."""

    def wait_for(self, pid: int, seconds: float) -> bool:
        """Wait for the end of one; False if it still runs after so many seconds."""


def record_command(display: str, geometry: str, path: Path) -> list[str]:
    """The recorder's command line.

    Flushed packets, one-second clusters and a key frame every two seconds: what a killed recorder leaves can be played
    up to its last second. x264 wants even sizes and screens have any, so the picture is padded.
    """
    return [
        "ffmpeg",
        *("-nostdin", "-hide_banner", "-loglevel", "error", "-y"),
        *("-f", "x11grab", "-framerate", str(FRAMES_PER_SECOND), "-draw_mouse", "1"),
        *("-video_size", geometry, "-i", display),
        *("-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", str(2 * FRAMES_PER_SECOND)),
        *("-f", "matroska", "-flush_packets", "1", "-cluster_time_limit", "1000"),
        str(path),
    ]


class Recorder:
    """Segments of one seat; at most one is being written."""

    def __init__(
        self, settings: RecordedSeat, programs: Programs, command: RecordCommand, close_seconds: float
    ) -> None:
        self._settings = settings
        self._programs = programs
        self._command = command
        self._close_seconds = close_seconds
        self._directory = Path(settings.recordings_dir)
        self._pid: int | None = None
        self._began_at = 0.0
        self._problems: list[str] = []
        self._segments = self._earlier_segments()

    @property
    def url(self) -> str:
        """Where the seat's manifest is read."""
        return f"{self._settings.recordings_url}/{FILE_NAME}"

    def start(self, display: str, geometry: str) -> None:
        """Begin a segment. Raises OSError."""
        reserve_room(self._directory)
        name = next_segment_name(self._directory)
        self._pid = self._programs.start(NAME, self._command(display, geometry, self._directory / name))
        self._began_at = time.monotonic()
        self._segments.append(Segment(file=name, started_at=_now(), ended_at=None))

    def stop(self) -> None:
        """End the segment that is being written, within its time; what cannot close in time is killed."""
        if self._pid is None:
            return
        self._programs.interrupt(self._pid)
        if not self._programs.wait_for(self._pid, self._close_seconds):
            self.note_problem("the recorder did not close a segment in time and was killed")
            self._programs.kill(self._pid)
        self._ended()

    def note_ended(self, codes: Mapping[int, int]) -> bool:
        """Take note of processes that ended (their exit codes by pid); True when the recorder was among them."""
        if self._pid is None or self._pid not in codes:
            return False
        logger.warning("the recorder ended by itself with %d", codes[self._pid])
        self._ended()
        return True

    def note_problem(self, problem: str) -> None:
        """Remember why (part of) the recording is missing, for the manifest."""
        if problem not in self._problems:
            logger.error("%s", problem)
            self._problems.append(problem)

    def write_manifest(self) -> bool:
        """Write down what there is; False, with a log line, where even that is impossible."""
        settings = self._settings
        try:
            manifest = manifest_of(
                self._directory,
                settings.meeting_id,
                settings.role,
                self._segments,
                settings.recordings_url,
                "; ".join(self._problems[-MOST_PROBLEMS:]) or None,
            )
            write_manifest(self._directory, manifest)
        except OSError as error:
            logger.error("the manifest cannot be written: %s", error)  # noqa: TRY400  the disk says it all
            return False
        return True

    def _earlier_segments(self) -> list[Segment]:
        try:
            return read_segments(self._directory)
        except (OSError, ValueError) as error:
            self.note_problem(f"the manifest of the segments before could not be read: {error}")
            return []  # what the files themselves say is then all that is known, and `manifest_of` adds them

    def _ended(self) -> None:
        self._pid = None
        segment = replace(self._segments.pop(), ended_at=_now())
        path = self._directory / segment.file
        try:
            if not has_picture(path):
                logger.info("%s ended before its first picture", segment.file)
                if time.monotonic() - self._began_at >= PICTURE_SECONDS:
                    self.note_problem("the recorder ran for a while and recorded no picture; its log says why")
                path.unlink(missing_ok=True)
                return
        except OSError as error:
            self.note_problem(f"{segment.file} could not be looked at: {error.strerror}")
        self._segments.append(segment)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
