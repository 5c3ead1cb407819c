"""How the commands print: tables for people, JSON for programs, errors in one line."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from elephant.domain.meeting import Meeting, Seat
from elephant.wire.host_views import MeetingView

_PROBLEM, _USAGE = 1, 2


def console() -> Console:
    """Standard output, as wide as it is now."""
    return Console()


def print_json(value: Mapping[str, Any] | Sequence[Any]) -> None:
    """A value as JSON on standard output, on a line of its own."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def fail(message: str, *, as_json: bool, usage: bool = False) -> NoReturn:
    """Say what went wrong and leave: 2 for a wrong request, 1 for anything else."""
    if as_json:
        print_json({"message": message})
    else:
        Console(stderr=True).print(f"[bold red]elephant:[/] {escape(message)}", highlight=False, soft_wrap=True)
    raise typer.Exit(_USAGE if usage else _PROBLEM)


def local(at: datetime) -> str:
    """A moment in this machine's zone, with the zone's name."""
    return at.astimezone().strftime("%a %d %b %Y %H:%M %Z")


def meetings_table(meetings: Sequence[Meeting]) -> Table:
    """One line a meeting."""
    table = Table(box=None, header_style="bold")
    for heading in ("id", "when", "minutes", "who", "status"):
        table.add_column(heading, overflow="fold")
    for meeting in meetings:
        reason = f"\n{meeting.termination_reason}" if meeting.termination_reason else ""
        table.add_row(
            meeting.id,
            local(meeting.meet_time),
            f"{meeting.duration_minutes:g}",
            escape(", ".join(seat.name for seat in meeting.seats)),
            f"{meeting.status}{reason}",
        )
    return table


def print_meeting(meeting: Meeting, view: MeetingView) -> None:
    """A meeting with its seats, links and history."""
    console().print(meetings_table([meeting]))
    console().print(f"deadline {local(meeting.deadline)}\n")
    for seat, seen in zip(meeting.seats, view.seats, strict=True):
        console().print(f"[bold]{seat.role}[/] {escape(seat.name)}: {_seat_words(seat)}")
        console().print(f"  {escape(seen.link)}", soft_wrap=True, highlight=False)
    console().print()
    for entry in meeting.history:
        role = f" ({entry.role})" if entry.role else ""
        console().print(f"{local(entry.at)}  {escape(entry.what)}{role}: {escape(entry.why)}", highlight=False)


def _seat_words(seat: Seat) -> str:
    words = [str(seat.phase)]
    if seat.machine_id:
        words.append(f"machine {seat.machine_id}")
    if seat.session_data:
        words.append(f"recording {seat.session_data}")
    if seat.problem:
        words.append(f"problem: {seat.problem}")
    return escape(", ".join(words))
