"""Commands about meetings; they work on the data directory itself, whether a server runs on it or not."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.markup import escape

from elephant.bootstrap.embedded import Embedded
from elephant.domain.meeting import DEFAULT_ROLES, Meeting
from elephant.entrypoints.cli.installation import DataDir, JsonFlag, installation
from elephant.entrypoints.cli.output import console, meetings_table, print_json, print_meeting
from elephant.entrypoints.web.access import meetings_of
from elephant.entrypoints.web.answers import invitation_link, meeting_view
from elephant.ports.hosts import HostNotFound
from elephant.ports.meetings import Meetings, as_far_as_readable
from elephant.usecases.cancel_meeting import cancel_meeting
from elephant.usecases.extend_meeting import extend_meeting
from elephant.usecases.schedule_meeting import Booking, schedule_meeting

MeetingId = Annotated[str, typer.Argument(metavar="ID", help="The meeting's id.")]


def schedule(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help=f"Who meets, in this order: {', '.join(DEFAULT_ROLES)}.")
    ],
    at: Annotated[str, typer.Option(help="ISO 8601 with an offset or Z, or 'now'.")] = "now",
    minutes: Annotated[float | None, typer.Option(help="How long; else ELEPHANT_DURATION_MINUTES, else 180.")] = None,
    email: Annotated[str | None, typer.Option(help="An address to keep with it; nothing is sent there.")] = None,
    host: Annotated[str, typer.Option(metavar="NAME", help="Book for this host, within their hours.")] = "",
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Book a meeting and print everybody's link."""
    if len(names) != len(DEFAULT_ROLES):
        raise typer.BadParameter(f"give {len(DEFAULT_ROLES)} names: {', '.join(DEFAULT_ROLES)}", param_hint="NAME")
    with installation(data_dir, as_json=as_json, makes_one=True) as embedded:
        service = embedded.service
        now = service.now()
        meeting, warnings = schedule_meeting(
            Booking(
                names=dict(zip(DEFAULT_ROLES, names, strict=True)),
                meet_time=now.isoformat() if at == "now" else at,
                duration_minutes=minutes,
                teacher_email=email,
                host=host,
            ),
            meetings=_meetings_for(host, embedded),
            alarms=service.alarms,
            call_url=service.call_url,
            policy=service.policy,
            now=now,
            look=service.look_at_capacity,
        )
        _show(meeting, embedded, as_json=as_json, warnings=warnings)


def _meetings_for(host: str, embedded: Embedded) -> Meetings:
    """Those that this host may book; raises HostNotFound."""
    if not host:
        return embedded.service.meetings
    kept = embedded.hosts.named(host)
    if kept is None:
        raise HostNotFound(f"there is no host {host}; `elephant hosts list` shows them")
    return meetings_of(kept.host, embedded.service)


def meetings(
    everything: Annotated[bool, typer.Option("--all", help="Those that are over too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """List meetings, the latest first."""
    with installation(data_dir, as_json=as_json) as embedded:
        service = embedded.service
        found, damaged = as_far_as_readable(
            lambda: service.meetings.page(is_open=None if everything else True, before=None, limit=limit)
        )
        if as_json:
            views = [meeting_view(meeting, service, service.now()).model_dump() for meeting in found]
            print_json({"meetings": views, "problems": [str(error) for error in damaged]})
            return
        for error in damaged:
            console().print(f"[yellow]warning:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        if found:
            console().print(meetings_table(found))
        elif not damaged:
            console().print("no meetings" if everything else "no open meetings; --all shows those that are over")


def show(meeting_id: MeetingId, data_dir: DataDir = None, as_json: JsonFlag = False) -> None:
    """Show a meeting with its seats, links and history."""
    with installation(data_dir, as_json=as_json) as embedded:
        _show(embedded.service.meetings.get(meeting_id), embedded, as_json=as_json)


def cancel(meeting_id: MeetingId, data_dir: DataDir = None, as_json: JsonFlag = False) -> None:
    """End a meeting now."""
    with installation(data_dir, as_json=as_json) as embedded:
        service = embedded.service
        ended = cancel_meeting(
            meeting_id,
            meetings=service.meetings,
            machines=service.machines,
            alarms=service.alarms,
            now=service.now(),
        )
        _show(ended, embedded, as_json=as_json)


def extend(
    meeting_id: MeetingId,
    minutes: Annotated[float, typer.Argument(metavar="MINUTES", help="How many minutes more.")],
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Give a meeting more time."""
    with installation(data_dir, as_json=as_json) as embedded:
        service = embedded.service
        extended, warnings = extend_meeting(
            meeting_id,
            minutes,
            meetings=service.meetings,
            policy=service.policy,
            now=service.now(),
            look=service.look_at_capacity,
        )
        _show(extended, embedded, as_json=as_json, warnings=warnings)


def _show(meeting: Meeting, embedded: Embedded, *, as_json: bool, warnings: Sequence[str] | None = None) -> None:
    """A meeting; `warnings` where it was just booked or extended."""
    view = meeting_view(meeting, embedded.service, embedded.service.now())
    if as_json:
        links = {f"{role}_link": invitation_link(meeting, role, embedded.service) for role in meeting.roles}
        print_json({**view.model_dump(), **links, **({} if warnings is None else {"warnings": warnings})})
    else:
        print_meeting(meeting, view)
        for warning in warnings or ():
            console().print(f"[yellow]warning:[/] {escape(warning)}", highlight=False, soft_wrap=True)
