"""What hosts are shown: meetings with their seats and history, and themselves."""

from pydantic import BaseModel


class SeatView(BaseModel):
    """One seat, as a host sees it."""

    role: str
    name: str
    phase: str
    machine_id: str | None
    joined_at: str | None
    seen_at: str | None
    present: bool
    session_data: str | None
    link: str
    launches: int
    problem: str | None


class HistoryView(BaseModel):
    """One line of a meeting's history."""

    at: str
    what: str
    role: str | None
    why: str


class MeetingView(BaseModel):
    """A meeting, as a host sees it; times are ISO 8601 UTC with Z.

    `host` names who booked it, "" for the installation itself. `estimated_cost` is a decimal number as text.
    """

    id: str
    status: str
    meet_time: str
    duration_minutes: float
    created_at: str
    deadline: str
    ended_at: str | None
    termination_reason: str | None
    jitsi_url: str
    teacher_email: str | None
    host: str
    estimated_cost: str | None
    currency: str | None
    seats: list[SeatView]
    history: list[HistoryView]


class ChangedMeeting(MeetingView):
    """The answer of `PATCH /meetings/{id}` and `POST /meetings/{id}/extend`.

    `warnings` are sentences about what may be in the way of the meeting in its new time; mostly none.
    """

    warnings: list[str]


class MeetingList(BaseModel):
    """The answer of `GET /meetings`; `next` is the `before` of those that follow, none where this is the last page.

    `problems` says which stored meetings could not be read, and why.
    """

    meetings: list[MeetingView]
    next: str | None = None
    problems: list[str] = []


class NewLink(BaseModel):
    """The answer of `POST /meetings/{id}/links/{role}`."""

    message: str
    link: str


class HostView(BaseModel):
    """The answer of `GET /hosts/me`: hours are those of this month (UTC), null where nothing limits the host.

    `price_per_hour` of one machine is a decimal number as text; null, like the currency, where nobody knows it.
    """

    name: str
    month: str
    hours_per_month: float | None
    hours_used: float | None
    hours_left: float | None
    price_per_hour: str | None
    currency: str | None
