"""The meeting as one flat item: the attribute names of the table, which images in the field write too.

Attribute names are the seeds' own; see docs/decisions for why the mapping lives beside the meeting.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from elephant.domain.meeting import (
    DEFAULT_ROLES,
    EndReason,
    HistoryEntry,
    Meeting,
    Role,
    Seat,
    SeatPhase,
)

Item = Mapping[str, Any]
"""JSON-like: text, whole and broken numbers, lists and mappings of them; absent means unknown."""

MACHINE_ATTRIBUTE = "ec2_id"
LINK_ATTRIBUTE = "ec2_link"


def attribute(role: str, name: str) -> str:
    """The item's attribute for one seat, such as `{role}_ec2_id`."""
    return f"{role}_{name}"


def time_text(at: datetime) -> str:
    """ISO 8601 in UTC with `Z`, always with microseconds, so that text order is time order."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def time_of(text: str) -> datetime:
    """The moment that `time_text` or a seed wrote; text without an offset counts as UTC, as in the seeds."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def to_item(meeting: Meeting) -> dict[str, Any]:
    """The whole item of a meeting; attributes that have no value are left out."""
    item: dict[str, Any] = {
        "id": meeting.id,
        "roles": list(meeting.roles),
        "meet_time": time_text(meeting.meet_time),
        "duration_minutes": meeting.duration_minutes,
        "created_at": time_text(meeting.created_at),
        "deadline": time_text(meeting.deadline),
        "safety_net_at": time_text(meeting.safety_net_at),
        "jitsi_url": meeting.jitsi_url,
        "teacher_email": meeting.teacher_email,
        "host": meeting.host or None,
        "status": meeting.status.value,
        "ended_at": optional_text(meeting.ended_at),
        "termination_reason": meeting.termination_reason.value if meeting.termination_reason else None,
        "history": [entry_item(entry) for entry in meeting.history],
    }
    for seat in meeting.seats:
        item.update(_seat_item(seat))
    return {name: value for name, value in item.items() if value is not None}


def _seat_item(seat: Seat) -> dict[str, Any]:
    values = {
        "name": seat.name,
        "phase": seat.phase.value,
        MACHINE_ATTRIBUTE: seat.machine_id,
        LINK_ATTRIBUTE: seat.link,
        "session_data": seat.session_data,
        "joined_at": optional_text(seat.joined_at),
        "seen_at": optional_text(seat.seen_at),
        "waiting_at": optional_text(seat.waiting_at),
        "launches": seat.launches,
        "key_issue": seat.key_issue,
        "problem": seat.problem,
    }
    return {attribute(seat.role, name): value for name, value in values.items()}


def optional_text(at: datetime | None) -> str | None:
    """The text of a time that there may be none of."""
    return None if at is None else time_text(at)


def entry_item(entry: HistoryEntry) -> dict[str, str]:
    """One line of the history as the item keeps it."""
    item = {"at": time_text(entry.at), "what": entry.what, "why": entry.why}
    return item if entry.role is None else {**item, "role": entry.role}


def from_item(item: Item) -> Meeting:
    """The meeting that an item describes; raises KeyError or ValueError for one that no meeting could have written."""
    roles = tuple(Role(role) for role in item.get("roles", DEFAULT_ROLES))
    reason = item.get("termination_reason")
    return Meeting(
        id=item["id"],
        seats=tuple(_seat_of(item, role) for role in roles),
        meet_time=time_of(item["meet_time"]),
        duration_minutes=float(item["duration_minutes"]),
        created_at=time_of(item["created_at"]),
        deadline=time_of(item["deadline"]),
        safety_net_at=time_of(item["safety_net_at"]),
        jitsi_url=item.get("jitsi_url", ""),
        teacher_email=item.get("teacher_email"),
        host=item.get("host") or "",
        ended_at=_optional_time(item.get("ended_at")),
        termination_reason=EndReason(reason) if reason else None,
        history=tuple(_entry_of(entry) for entry in item.get("history", ())),
    )


def _seat_of(item: Item, role: Role) -> Seat:
    def of(name: str) -> Any:  # noqa: ANN401  an item holds any value
        return item.get(attribute(role, name))

    return Seat(
        role=role,
        name=of("name") or "",
        phase=SeatPhase(of("phase") or SeatPhase.PENDING),
        machine_id=of(MACHINE_ATTRIBUTE),
        link=of(LINK_ATTRIBUTE),
        session_data=of("session_data"),
        joined_at=_optional_time(of("joined_at")),
        seen_at=_optional_time(of("seen_at")),
        waiting_at=_optional_time(of("waiting_at")),
        launches=int(of("launches") or 0),
        key_issue=int(of("key_issue") or 0),
        problem=of("problem"),
    )


def _optional_time(text: str | None) -> datetime | None:
    return None if text is None else time_of(text)


def _entry_of(entry: Mapping[str, str]) -> HistoryEntry:
    role = entry.get("role")
    return HistoryEntry(
        at=time_of(entry["at"]),
        what=entry["what"],
        why=entry["why"],
        role=Role(role) if role else None,
    )
