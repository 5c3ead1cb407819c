"""The restart after a death, one sweep, and what holds of I1 to I5 after it."""

import contextlib
from datetime import datetime, timedelta

from elephant.domain.meeting import Meeting
from elephant.ports.alarms import AlarmKind
from elephant.ports.errors import MachineNotFound
from elephant.usecases.launch_desktops import launch_desktops
from tests.resilience.crash_place import Place, minutes_later
from tests.resilience.crash_scenarios import Scenario
from tests.support.desktop_processes import DesktopProcesses, Process, name_of


def check(place: Place, now: datetime) -> list[str]:
    """What does not hold of I1 to I5; read from /proc, the directory and the store."""
    found: list[str] = []
    meetings = {each.id: each for each in place.world.meetings.page(is_open=None, before=None, limit=10)}
    seats: dict[tuple[str, str], Process] = {}
    for process in DesktopProcesses(place.data_dir).mains().values():
        meeting = meetings.get(process.meeting_id)
        if meeting is None or meeting.is_over or now >= meeting.deadline:
            found.append(f"I1: {process.machine_id} has no open meeting")
            continue
        seat = meeting.seat(process.role)
        if seat is None or seat.machine_id != process.machine_id:
            found.append(f"I1: the seat does not know {process.machine_id}")
        if (process.meeting_id, process.role) in seats:
            found.append(f"I2: two machines for {process.role}")
        if name_of(process.pid) in {"bwrap", "setpriv"}:
            found.append(f"{process.machine_id} is stuck on its way into the sandbox")
        seats[process.meeting_id, process.role] = process
    live = {process.machine_id for process in seats.values()}
    found.extend(
        f"I3: {record.name} leads nowhere"
        for record in place.world.addresses.published()
        if record.machine_id not in live
    )
    found.extend(problem for meeting in meetings.values() for problem in check_meeting(meeting, live, now))
    return found


def check_meeting(meeting: Meeting, live: set[str], now: datetime) -> list[str]:
    """What does not hold of I4 and I5, and whether anybody due a machine has none."""
    found: list[str] = []
    if meeting.is_over != (meeting.termination_reason is not None):
        found.append("I4: over without a reason, or a reason without an end")
    due = meeting.meet_time - timedelta(minutes=10) <= now < meeting.deadline
    for seat in meeting.seats:
        if seat.is_ready and not meeting.is_over and seat.machine_id not in live:
            found.append(f"I5: the seat of {seat.role} offers a machine that is gone")
        if due and not meeting.is_over and seat.session_data is None and seat.machine_id not in live:
            found.append(f"nobody launched for {seat.role}")
    return found


def recover(place: Place, scenario: Scenario) -> dict[str, object]:
    """The restart, one sweep, and what holds after it; then the end of everything, and what is left after that."""
    now = minutes_later(scenario.after_minutes)
    place.embedded.alive.take_over()
    reasons = {
        each.id: each.termination_reason for each in place.world.meetings.page(is_open=None, before=None, limit=10)
    }
    failures = [each for each in place.sweep(now) if "has no screen yet" not in each]
    place.reap(now)
    found = check(place, now)
    known = place.world.meetings.page(is_open=None, before=None, limit=10)
    for meeting in known:
        before = reasons.get(meeting.id)
        if before is not None and meeting.termination_reason != before:
            found.append(f"I4: {before} became {meeting.termination_reason}")
    outcome = ", ".join(meeting.termination_reason or meeting.status for meeting in known) or "not booked"
    for meeting in known:
        if not meeting.is_over:
            with contextlib.suppress(MachineNotFound):
                place.cancel(now)
    place.reap(now)
    place.sweep(now)
    ring_what_is_left(place)
    return {"outcome": outcome, "violations": [*found, *failures], "left": left_over(place)}


def left_over(place: Place) -> list[str]:
    """Everything that should be gone when every meeting is over."""
    left = [f"process {each.pid} of {each.machine_id}" for each in DesktopProcesses(place.data_dir).all()]
    for name in ("run/machines", "run/addresses"):
        directory = place.data_dir / name
        left += [str(path.relative_to(place.data_dir)) for path in directory.iterdir()] if directory.exists() else []
    left += [path.name for path in place.data_dir.glob("probe-*")]
    if place.embedded.alarms.due(minutes_later(999_999)):
        left.append("an alarm")
    return left


def ring_what_is_left(place: Place) -> None:
    """What a crash between the end and its last step leaves set rings once, at its time, and is gone after that."""
    a_day_later = minutes_later(24 * 60)
    for alarm in place.embedded.alarms.due(a_day_later):
        if alarm.kind is AlarmKind.LAUNCH:
            launch_desktops(
                alarm.meeting_id,
                **place.ports("meetings", "machines"),
                policy=place.policy,
                now=a_day_later,
            )
        else:
            place.net(a_day_later)
        place.embedded.alarms.done(alarm)
