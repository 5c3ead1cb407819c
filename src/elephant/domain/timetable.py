"""When things are due: every time that follows from a booking and the policy."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from elephant.domain.meeting import Meeting, Seat

MEET_TIME_TOLERANCE = timedelta(minutes=30)
"""A booking may be at most this late, so that "now" survives a slow form and a wrong clock."""

MAX_LAUNCHES = 3
"""Machines that one seat may have in all before the meeting counts as failed to launch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The numbers behind every rule.

    `grace` is added to the duration for the first deadline, and is the step by which a deadline moves on.
    `margin` is how long after its deadline a machine ends itself; `leave` how long a seat may be empty before
    its recording is handed in. `sweep_share` of the live machines may be ended by one sweep, counted above
    `sweep_share_above` machines.
    """

    launch_lead: timedelta = timedelta(minutes=10)
    safety_net: timedelta = timedelta(minutes=15)
    rearm: timedelta = timedelta(minutes=5)
    duration: timedelta = timedelta(minutes=180)
    grace: timedelta = timedelta(minutes=15)
    maximum: timedelta = timedelta(minutes=240)
    leave: timedelta = timedelta(seconds=30)
    presence: timedelta = timedelta(seconds=120)
    sweep: timedelta = timedelta(seconds=60)
    margin: timedelta = timedelta(minutes=5)
    sweep_share: float = 0.3
    sweep_share_above: int = 10


def launch_at(meet_time: datetime, policy: Policy) -> datetime:
    """When the seats' machines start."""
    return meet_time - policy.launch_lead


def safety_net_at(meet_time: datetime, policy: Policy) -> datetime:
    """When the safety net falls for the first time."""
    return meet_time + policy.safety_net


def deadline_cap(meet_time: datetime, policy: Policy) -> datetime:
    """The latest that any deadline can be."""
    return meet_time + policy.maximum


def first_deadline(meet_time: datetime, duration_minutes: float, policy: Policy) -> datetime:
    """The deadline of a booking: its duration and the grace, within the cap."""
    wanted = meet_time + timedelta(minutes=duration_minutes) + policy.grace
    return min(wanted, deadline_cap(meet_time, policy))


def is_present(seat: Seat, now: datetime, policy: Policy) -> bool:
    """True when the seat's desktop reported a connected user within the presence window."""
    return seat.seen_at is not None and now - seat.seen_at <= policy.presence


def is_kept_waiting(seat: Seat, now: datetime, policy: Policy) -> bool:
    """True when somebody was told within the presence window to wait for this seat, and has not been let in since.

    Letting them in takes the note away. So a seat that has just become ready is waited for still: whoever asks again in
    a second finds it.
    """
    return seat.waiting_at is not None and now - seat.waiting_at <= policy.presence


def anybody_present(meeting: Meeting, now: datetime, policy: Policy) -> bool:
    """True when any seat of the meeting has a person in it (invariant I6)."""
    return any(is_present(seat, now, policy) for seat in meeting.seats)


def parse_meet_time(value: object, now: datetime) -> datetime:
    """A booking's start in UTC, out of ISO 8601 with an offset or `Z`.

    Raises ValueError, with a sentence that says how to mend it, for anything else: not text, no time of day,
    no offset, not a date, or more than MEET_TIME_TOLERANCE past.
    """
    example = "for example 2026-11-21T15:00:00+01:00 or 2026-11-21T14:00:00Z"
    if not isinstance(value, str):
        raise ValueError(f"must be text in ISO 8601, {example}")  # noqa: TRY004  all of these are about what was sent
    # ISO 8601 allows small letters; Python reads a small `t` but no small `z`.
    text = value.strip().upper()
    try:
        parsed = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"is not a date and time in ISO 8601, {example}") from error
    if "T" not in text and " " not in text:
        raise ValueError(f"has no time of day, {example}")
    if parsed.tzinfo is None:
        raise ValueError(f"has no offset from UTC, {example}")
    try:
        meet_time = parsed.astimezone(UTC)
        too_late = now - meet_time > MEET_TIME_TOLERANCE
    except OverflowError as error:
        raise ValueError(f"is outside of the calendar, {example}") from error
    if too_late:
        raise ValueError("is more than 30 minutes in the past; choose a time from now on")
    if meet_time.year > now.year + 5:
        raise ValueError("is more than five years ahead; check the year")
    return meet_time


def check_duration(minutes: float, policy: Policy) -> float:
    """The duration in minutes, if a meeting can last that long; raises ValueError with the bounds."""
    longest_minutes = policy.maximum / timedelta(minutes=1)
    if not math.isfinite(minutes) or minutes <= 0 or minutes > longest_minutes:
        raise ValueError(f"must be more than 0 and at most {longest_minutes:g} minutes")
    return minutes
