"""A running server with its meetings, as an end-to-end test sees it: booked, watched and looked after."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.desktop_processes import DesktopProcesses
from tests.support.leftovers import leftovers, leftovers_of_all
from tests.support.recording_check import segments_with_a_picture
from tests.support.server_process import ServerProcess, eventually, settings_of

PAPER, INK = (16, 32, 64), (255, 224, 128)
XTERM = "xterm -fa Monospace -fs 12 -bg rgb:10/20/40 -fg rgb:ff/e0/80"
GONE_SECONDS = 40.0
WINDOW = "1000x700"
"""A screen as large as people's windows from its start: a busy browser may ask for another size only when the recording
has begun, which then has a segment more."""


def timetable(**changes: float | str) -> dict[str, str]:
    """Settings with which a meeting takes seconds; the net and the leaving are far enough apart for a busy machine."""
    usual: dict[str, float | str] = {
        "safety_net_minutes_in_seconds": 14,
        "rearm_minutes_in_seconds": 2,
        "grace_minutes_in_seconds": 60,
        "max_minutes_in_seconds": 240,
        "duration_minutes_in_seconds": 120,
        "margin_minutes_in_seconds": 10,
        "leave_seconds": 1,
        "presence_seconds": 4,
        "sweep_seconds": 1,
        "heartbeat_seconds": 0.5,
        "geometry": WINDOW,
        "app": XTERM,
    }
    return settings_of(**(usual | changes))


@dataclass
class MeetingSite:
    """The server, and what of its meetings can be seen from outside."""

    server: ServerProcess
    folder: Path
    meeting_ids: list[str] = field(default_factory=list)
    expected_error: str = ""

    @property
    def data_dir(self) -> Path:
        """The server's data directory."""
        return self.server.data_dir

    def book(self, in_seconds: float = 0.0, **more: Any) -> dict[str, Any]:  # noqa: ANN401  any field of a booking
        """Book over HTTP; the answer's body."""
        booked = self.server.book(in_seconds, **more)
        self.meeting_ids.append(booked["id"])
        return booked

    def seat(self, meeting_id: str, role: str) -> dict[str, Any]:
        """A seat as hosts see it."""
        seats = self.server.meeting(meeting_id)["seats"]
        return next(seat for seat in seats if seat["role"] == role)

    def home(self, meeting_id: str, role: str) -> Path:
        """The home directory of a seat's desktop, from the host's side."""
        machine_id: str = self.seat(meeting_id, role)["machine_id"]
        return self.data_dir / "run" / "machines" / machine_id / "home"

    def segments(self, meeting_id: str, role: str) -> list[str]:
        """The names of a seat's recordings so far."""
        return segments_with_a_picture(self.data_dir / "recordings" / meeting_id / role)

    def wait_recording(self, meeting_id: str, role: str, number: int = 1) -> None:
        """Wait until the seat's recording number so much is being written."""
        eventually(lambda: len(self.segments(meeting_id, role)) == number, f"recording {number} of {role} has begun")

    def happened(self, meeting_id: str) -> list[tuple[str | None, str]]:
        """Everything in the meeting's history: whose and what."""
        return [(entry["role"], entry["what"]) for entry in self.server.meeting(meeting_id)["history"]]

    def wait_for(self, meeting_id: str, condition: Callable[[dict[str, Any]], object], what: str) -> dict[str, Any]:
        """Wait until something holds of a meeting; returns the meeting."""
        seen: dict[str, Any] = {}

        def holds() -> bool:
            seen.update(self.server.meeting(meeting_id))
            return bool(condition(seen))

        try:
            eventually(holds, what, seconds=60, every=0.1)
        except AssertionError as error:
            raise AssertionError(f"{error}; the meeting is {seen}") from error
        return seen

    def wait_ended(self, meeting_id: str, *reasons: str) -> dict[str, Any]:
        """Wait for a meeting's end, for one of these reasons, until nothing is left of it; returns it as it is then."""
        meeting = self.wait_for(meeting_id, lambda it: it["ended_at"], f"the end of meeting {meeting_id}")
        reason = meeting["termination_reason"]
        assert reason in reasons, meeting
        assert meeting["status"] == "TERMINATED"
        self.wait_nothing_left(meeting_id)
        after = self.server.meeting(meeting_id)
        assert after["termination_reason"] == reason
        ends = [entry["what"] for entry in after["history"] if entry["what"].startswith("ended")]
        assert ends == [f"ended: {reason}"]
        return after

    def wait_told_gone(self, meeting_id: str, machines: int) -> dict[str, Any]:
        """The meeting once its history tells of so many machines gone, which is written after they are."""
        return self.wait_for(
            meeting_id,
            lambda it: [entry["what"] for entry in it["history"]].count("machine gone") >= machines,
            f"{machines} machines of meeting {meeting_id} told as gone",
        )

    def wait_nothing_left(self, meeting_id: str) -> None:
        """Wait until no process, directory, address or socket of a meeting is left."""
        eventually(
            lambda: not leftovers(self.data_dir, [meeting_id]),
            f"nothing left of meeting {meeting_id}",
            seconds=GONE_SECONDS,
        )

    def clear_up(self) -> None:
        """End what is open, stop the server, and see that nothing is left; ends it by force where something is."""
        try:
            for meeting in self.server.request("GET", "/meetings?open=true").json()["meetings"]:
                self.server.request("POST", f"/meetings/{meeting['id']}/cancel", json={})
            eventually(lambda: not leftovers_of_all(self.data_dir), "nothing left of any meeting", GONE_SECONDS)
            self.server.stop()
            assert not leftovers_of_all(self.data_dir)
        finally:
            self.keep_logs()
            self.server.kill()
            eventually(DesktopProcesses(self.data_dir).kill_all, "the end of every process")

    def keep_logs(self) -> None:
        """Copy what the desktops wrote, which goes with them."""
        for log in self.data_dir.glob("run/machines/*/**/*.log"):
            shutil.copyfile(log, self.folder / f"{log.relative_to(self.data_dir).as_posix().replace('/', '-')}")
