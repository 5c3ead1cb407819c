"""Recordings on disk: `{data_dir}/recordings/{meeting_id}/{role}/`, written by desktops, so never trusted."""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from elephant.adapters.embedded.names import is_seat
from elephant.ports.errors import ElephantError, Permanent, Temporary
from elephant.wire.recording_manifest import is_segment, parse_manifest

MANIFEST = "manifest.json"
_MANIFEST_BYTES = 1_000_000


class RecordingNotFound(ElephantError):
    """There is no such recording, or what stands at its name is none."""


@dataclass(frozen=True, slots=True)
class Recordings:
    """The recordings of a data directory; the same one as the desktops'."""

    data_dir: Path

    def directory(self, meeting_id: str, role: str) -> Path:
        """Where a seat's recordings are. Raises RecordingNotFound for names that cannot be a seat's."""
        if not is_seat(meeting_id, role):
            raise RecordingNotFound("there is no such recording")
        return self.data_dir / "recordings" / meeting_id / role

    def prepare(self, meeting_id: str, role: str, user_id: int | None) -> Path:
        """Make a seat's directory, and give it with all earlier segments to the user of its next machine.

        Raises OSError.
        """
        directory = self.directory(meeting_id, role)
        for path in (directory.parents[1], directory.parent, directory):
            path.mkdir(mode=0o700, exist_ok=True)
        if user_id is not None:
            for descriptor in _files_in(directory):
                os.fchown(descriptor, user_id, user_id)
            os.chown(directory, user_id, user_id, follow_symlinks=False)
        return directory

    def manifest(self, meeting_id: str, role: str) -> dict[str, Any]:
        """A seat's manifest; see parse_manifest for what is in it.

        Raises RecordingNotFound, Permanent if it is damaged, Temporary if it could not be read.
        """
        with self._open(self.directory(meeting_id, role) / MANIFEST) as file:
            content = file.read(_MANIFEST_BYTES + 1)
        if len(content) > _MANIFEST_BYTES:
            raise Permanent(f"the manifest of {role} in meeting {meeting_id} is longer than {_MANIFEST_BYTES} bytes")
        try:
            return parse_manifest(meeting_id, role, content)
        except ValueError as error:
            raise Permanent(f"the manifest of {role} in meeting {meeting_id} is damaged: {error}") from error

    def open_segment(self, meeting_id: str, role: str, name: str) -> BinaryIO:
        """Open one segment (`segment-0001.mkv`) for reading; the caller closes it.

        Raises RecordingNotFound and Temporary.
        """
        if not is_segment(name):
            raise RecordingNotFound("there is no such recording")
        return self._open(self.directory(meeting_id, role) / name)

    def _open(self, path: Path) -> BinaryIO:
        """Open a regular file and never a link, pipe or device put there by a desktop."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO}:
                raise RecordingNotFound("there is no such recording") from error
            raise Temporary(f"could not read {path}: {error}") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise RecordingNotFound("there is no such recording")
        return os.fdopen(descriptor, "rb")


def _files_in(directory: Path) -> Iterator[int]:
    """A descriptor of each regular file in it, closed again after use; links are passed over."""
    with os.scandir(directory) as entries:
        names = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    for name in names:
        descriptor = os.open(directory / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                yield descriptor
        finally:
            os.close(descriptor)
