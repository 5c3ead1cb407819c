"""Watches /proc and the store all the time, whatever becomes of the server: I2, I4, and no desktop dies twice."""

import threading
import traceback
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from elephant.adapters.embedded.sqlite import FILE_NAME, SqliteDatabase
from elephant.adapters.embedded.sqlite_meetings import SqliteMeetings
from elephant.ports.errors import Temporary
from tests.support.desktop_processes import DesktopProcesses, Process

_EVERY_SECONDS = 0.1


@dataclass
class EverlastingWatch:
    """`violations` is what went wrong; `seen` every main process that each machine ever had."""

    data_dir: Path
    violations: list[str] = field(default_factory=list)
    seen: dict[str, set[tuple[int, int]]] = field(default_factory=lambda: defaultdict(set))
    ends: dict[str, str] = field(default_factory=dict)
    looks: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._desktops = DesktopProcesses(self.data_dir)
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> "EverlastingWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)

    def _run(self) -> None:
        meetings: SqliteMeetings | None = None
        while not self._stop.wait(_EVERY_SECONDS):
            try:
                self._look_at_processes()
                if meetings is None and (self.data_dir / FILE_NAME).exists():
                    meetings = SqliteMeetings(SqliteDatabase(self.data_dir))
                if meetings is not None and self.looks % 3 == 0:
                    self._look_at_meetings(meetings)
            except Temporary:
                continue  # the store is being made or repaired; there is a next look
            except Exception:  # noqa: BLE001  a watch that fell asleep must fail its test
                self.violations.append(traceback.format_exc())
                return
            self.looks += 1

    def _look_at_processes(self) -> None:
        seats: dict[tuple[str, str], list[Process]] = defaultdict(list)
        for process in self._desktops.mains().values():
            self.seen[process.machine_id].add((process.pid, process.start_ticks))
            seats[process.meeting_id, process.role].append(process)
        for seat, processes in seats.items():
            # Both exist; asked after that, one that is alive and was not told to end lives beside the other.
            live = [each for each in processes if not self._was_told_to_end(each) and each.runs()]
            if len(live) > 1:
                self.violations.append(f"I2: {seat} has {live}")

    def _was_told_to_end(self, process: Process) -> bool:
        folder = self.data_dir / "run/machines" / process.machine_id
        return (folder / "terminating.json").exists() or not folder.exists()

    def _look_at_meetings(self, meetings: SqliteMeetings) -> None:
        known = {meeting.id: meeting for meeting in meetings.page(is_open=None, before=None, limit=10_000)}
        for meeting_id, reason in self.ends.items():
            now = known[meeting_id].termination_reason if meeting_id in known else None
            if now != reason:
                self.violations.append(f"I4: {meeting_id} ended as {reason} and now says {now}")
        self.ends |= {
            meeting.id: meeting.termination_reason.value
            for meeting in known.values()
            if meeting.termination_reason is not None
        }
