"""What goes out: meetings as hosts see them, and invitation links."""

from datetime import datetime
from urllib.parse import unquote, urlencode, urlsplit

from elephant.bootstrap.service import Service
from elephant.domain.cost import estimated_cost
from elephant.domain.hours import Allowance, Host, month_of
from elephant.domain.meeting import HistoryEntry, Meeting, Seat
from elephant.domain.timetable import is_present
from elephant.ports.errors import InvalidField
from elephant.usecases.schedule_meeting import Booked
from elephant.wire import host_views

CURRENCY = "USD"
"""That of AWS's price list; an installation of one's own names its price in it too."""


def iso(at: datetime) -> str:
    """ISO 8601 UTC with Z, to the second."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _optional(at: datetime | None) -> str | None:
    return None if at is None else iso(at)


def invitation_link(meeting: Meeting, role: str, service: Service, base_url: str | None = None) -> str:
    """The link that one person is sent; `base_url` must have been allowed by `allowed_base_url`."""
    query = urlencode({"id": meeting.id, "role": role, "key": service.keys.key(meeting, role)})
    return f"{base_url or _usual_page(service)}?{query}"


def _usual_page(service: Service) -> str:
    """Our own lobby, or where we serve no pages the first of those that are named."""
    return f"{service.public_url}/meeting" if service.public_url else service.frontend_base_urls[0]


def allowed_base_url(base_url: str | None, service: Service) -> str | None:
    """The page that links may lead to; raises InvalidField for one that no setting allows.

    Without this check a booking could send people, with their keys, to anybody's page.
    """
    if base_url is None or not base_url.strip():
        return None
    url = base_url.strip()
    for allowed in (service.public_url, *service.frontend_base_urls):
        if _is_under(url, allowed):
            return url
    raise InvalidField(
        "frontend_base_url",
        "is not allowed here; leave it out for the usual page, or name it in FRONTEND_BASE_URLS"
        " (ELEPHANT_FRONTEND_BASE_URLS on a machine of your own)",
    )


def _is_under(url: str, allowed: str) -> bool:
    """True when the URL is the allowed one or a path below it, on the same origin, and nothing else is in it."""
    try:
        parts, base = urlsplit(url), urlsplit(allowed)
        same_origin = (parts.scheme, parts.hostname, parts.port) == (base.scheme, base.hostname, base.port)
    except ValueError:
        return False
    # Percent-encoded dots and slashes count as what browsers make of them.
    plain = url.isprintable() and not any(odd in unquote(url) for odd in ("..", "\\", "@", "?", "#", " "))
    path, root = parts.path or "/", base.path.rstrip("/")
    below = path == root or path.startswith(f"{root}/")
    return parts.scheme in {"http", "https"} and same_origin and plain and below


def meeting_view(meeting: Meeting, service: Service, now: datetime) -> host_views.MeetingView:
    """A meeting with its seats and history."""
    price = service.price_per_hour
    return host_views.MeetingView(
        id=meeting.id,
        status=meeting.status.value,
        meet_time=iso(meeting.meet_time),
        duration_minutes=meeting.duration_minutes,
        created_at=iso(meeting.created_at),
        deadline=iso(meeting.deadline),
        ended_at=_optional(meeting.ended_at),
        termination_reason=meeting.termination_reason.value if meeting.termination_reason else None,
        jitsi_url=meeting.jitsi_url,
        teacher_email=meeting.teacher_email,
        host=meeting.host,
        estimated_cost=None if price is None else str(estimated_cost(meeting, price, service.policy)),
        currency=None if price is None else CURRENCY,
        seats=[_seat_view(meeting, seat, service, now) for seat in meeting.seats],
        history=[_history_view(entry) for entry in meeting.history],
    )


def changed_view(booked: Booked, service: Service, now: datetime) -> host_views.ChangedMeeting:
    """A meeting that was moved or extended, with what may be in its way."""
    view = meeting_view(booked.meeting, service, now)
    return host_views.ChangedMeeting(**dict(view), warnings=list(booked.warnings))


def _seat_view(meeting: Meeting, seat: Seat, service: Service, now: datetime) -> host_views.SeatView:
    return host_views.SeatView(
        role=seat.role,
        name=seat.name,
        phase=seat.phase.value,
        machine_id=seat.machine_id,
        joined_at=_optional(seat.joined_at),
        seen_at=_optional(seat.seen_at),
        present=not meeting.is_over and is_present(seat, now, service.policy),
        session_data=seat.session_data,
        link=invitation_link(meeting, seat.role, service),
        launches=seat.launches,
        problem=seat.problem,
    )


def _history_view(entry: HistoryEntry) -> host_views.HistoryView:
    return host_views.HistoryView(at=iso(entry.at), what=entry.what, role=entry.role, why=entry.why)


def host_view(host: Host, allowance: Allowance | None, service: Service) -> host_views.HostView:
    """A host, what they have used of their month and what is left, and what an hour of a machine costs."""
    price = service.price_per_hour
    return host_views.HostView(
        name=host.name,
        month=allowance.month if allowance else month_of(service.now()),
        hours_per_month=_hours(allowance.minutes) if allowance else None,
        hours_used=_hours(allowance.used) if allowance else None,
        hours_left=_hours(allowance.left) if allowance else None,
        price_per_hour=None if price is None else str(price),
        currency=None if price is None else CURRENCY,
    )


def _hours(minutes: float) -> float:
    return round(minutes / 60, 4)
