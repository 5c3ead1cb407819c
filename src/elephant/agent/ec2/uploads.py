"""Hands a recording in, from a thread of its own: segments first, then the manifest, then word of it."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from elephant.agent.api import Api
from elephant.agent.ec2.pauses import Pauses
from elephant.agent.ec2.private_files import write_private
from elephant.agent.ec2.told_manifest import read_manifest, segment_names, told_manifest
from elephant.agent.ec2.upload_file import BeginAnewError, RefusedError, UploadFile
from elephant.agent.manifest import FILE_NAME

logger = logging.getLogger(__name__)

DONE_FILE = ".uploads.json"
TOLD_FILE = "manifest.told"
BEGINNINGS = 3


class Uploads:
    """Uploads what the manifest in `directory` lists; what was uploaded is noted there, so that nothing goes twice.

    A recording may have filled the disk that it lies on; what has to be written for it to arrive is in `run_dir`.
    """

    def __init__(
        self, api: Api, machine_id: str, directory: Path, run_dir: Path, on_handed_in: Callable[[str], None]
    ) -> None:
        self._directory = directory
        self._told = run_dir / TOLD_FILE
        self._on_handed_in = on_handed_in
        self._stop = threading.Event()
        self._upload = UploadFile(api, machine_id, self._stop)
        self._changed = threading.Condition()
        self._wanted = 0
        self._done = 0
        self._thread = threading.Thread(target=self._run, name="uploads", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def hand_in(self) -> None:
        """Hand in what the manifest lists from now on; also while an earlier hand-in is still going on."""
        with self._changed:
            self._wanted += 1
            self._changed.notify_all()

    def wait_done(self, seconds: float) -> bool:
        """Wait so many seconds at most; True when there is nothing left to hand in."""
        with self._changed:
            return self._changed.wait_for(lambda: self._done == self._wanted, seconds)

    def stop(self) -> None:
        """Begin nothing more; does not wait."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()

    def _run(self) -> None:
        pauses = Pauses(first_seconds=0.5, last_seconds=15.0)
        while not self._stop.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._done != self._wanted or self._stop.is_set())
                wanted = self._wanted
            if self._stop.is_set():
                return
            try:
                url = self._hand_in()
            except Exception as error:  # noqa: BLE001  whatever it is, a recording is worth another try
                logger.warning("the recording cannot be handed in yet: %s", str(error) or type(error).__name__)
                self._stop.wait(pauses.next_seconds())
                continue
            pauses.reset()
            if url is not None:
                logger.info("the recording is at %s", url)
                self._on_handed_in(url)
            with self._changed:
                self._done = wanted
                self._changed.notify_all()

    def _hand_in(self) -> str | None:
        """The manifest's address; None where the API takes no recording."""
        manifest = read_manifest(self._directory / FILE_NAME)
        sizes: dict[str, int] = {}
        failed: dict[str, str] = {}
        for segment in segment_names(manifest):
            for path in self._files_of(segment):
                try:
                    sizes[path.name] = self._upload_once(path)
                except (RefusedError, FileNotFoundError) as error:
                    logger.error("%s cannot be uploaded: %s", path.name, error)  # noqa: TRY400  it says it all
                    failed[path.name] = str(error)
        write_private(self._told, told_manifest(manifest, sizes, failed), "")
        try:
            return self._upload_anew(FILE_NAME, self._told)[1]
        except RefusedError as error:
            logger.error("the manifest cannot be uploaded: %s", error)  # noqa: TRY400  it says it all
            return None

    def _files_of(self, segment: str) -> Iterator[Path]:
        """The segment itself, and what its recorder wrote beside it."""
        yield self._directory / segment
        for path in sorted(self._directory.glob(f"{Path(segment).stem}.*")):
            if path.name != segment and path.is_file() and path.stat().st_size > 0:
                yield path

    def _upload_once(self, path: Path) -> int:
        status = path.stat()
        seen = {"size_bytes": status.st_size, "mtime_ns": status.st_mtime_ns}
        done = self._noted()
        if done.get(path.name) == seen:
            return status.st_size
        size_bytes, _ = self._upload_anew(path.name, path)
        if size_bytes == status.st_size:
            self._note({**done, path.name: seen})
        return size_bytes

    def _upload_anew(self, name: str, path: Path) -> tuple[int, str]:
        for beginning in range(1, BEGINNINGS + 1):
            try:
                return self._upload(name, path)
            except BeginAnewError as error:
                logger.warning("%s: %s", name, error)
                if beginning == BEGINNINGS:
                    raise RefusedError(f"{error}, {BEGINNINGS} times") from error
        raise AssertionError("there is at least one beginning")

    def _noted(self) -> dict[str, Any]:
        try:
            noted = json.loads((self._directory / DONE_FILE).read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}  # at worst a file is uploaded again
        return noted if isinstance(noted, dict) else {}

    def _note(self, done: dict[str, Any]) -> None:
        aside = self._directory / f"{DONE_FILE}.new"
        try:
            aside.write_text(json.dumps(done), encoding="utf-8")
            aside.replace(self._directory / DONE_FILE)
        except OSError as error:
            logger.warning("what was uploaded cannot be noted, and may be uploaded again: %s", error)
