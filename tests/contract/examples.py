"""Meetings to put into a store, and changes to make to them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from elephant.domain.change import Change, Condition
from elephant.domain.meeting import DEFAULT_ROLES, EndReason, HistoryEntry, Meeting, Seat
from elephant.ports.ledger import HostLedger
from elephant.ports.meetings import Meetings


class Books(NamedTuple):
    """A store of meetings, and the ledger beside it."""

    meetings: Meetings
    ledger: HostLedger


NOW = datetime(2026, 11, 21, 14, 0, 0, 123456, tzinfo=UTC)


def a_meeting(meeting_id: str = "abcdefgh12345678", meet_time: datetime = NOW, **fields: Any) -> Meeting:  # noqa: ANN401  any field
    """A booked meeting; `fields` are set on top."""
    meeting = Meeting(
        id=meeting_id,
        seats=tuple(Seat(role=role, name=f"the {role}") for role in DEFAULT_ROLES),
        meet_time=meet_time,
        duration_minutes=60.0,
        created_at=meet_time - timedelta(hours=1),
        deadline=meet_time + timedelta(minutes=75),
        safety_net_at=meet_time + timedelta(minutes=15),
        jitsi_url="https://meet.example/abcdefgh12345678",
        history=(HistoryEntry(at=meet_time - timedelta(hours=1), what="booked", why="a host asked"),),
    )
    return replace(meeting, **fields)


def a_meeting_over(meeting_id: str, meet_time: datetime = NOW) -> Meeting:
    """A meeting that has ended."""
    return a_meeting(
        meeting_id, meet_time, ended_at=meet_time + timedelta(hours=1), termination_reason=EndReason.SUCCESS
    )


def a_change(*require: Condition, **assign: object) -> Change:
    """The change that assigns these attributes where these requirements hold."""
    return Change(assign=assign, require=require)
