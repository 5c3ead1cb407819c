"""When a meeting ends: three verdicts, each a pure function of the meeting, the policy and the time."""

from dataclasses import dataclass
from datetime import datetime

from elephant.domain.meeting import EndReason, Meeting, Seat
from elephant.domain.timetable import (
    MAX_LAUNCHES,
    Policy,
    anybody_present,
    deadline_cap,
    is_kept_waiting,
    safety_net_at,
)


@dataclass(frozen=True, slots=True)
class End:
    """The meeting ends now, for this reason."""

    reason: EndReason
    why: str


@dataclass(frozen=True, slots=True)
class Keep:
    """The meeting goes on; ask again at `again_at` where a time is given."""

    why: str
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Extend:
    """The deadline moves on to `deadline`, because somebody is there."""

    deadline: datetime
    why: str


def safety_net_verdict(meeting: Meeting, now: datetime, policy: Policy) -> End | Keep:
    """The seeds' three rules at `safety_net_at`, held back by presence and by whoever we keep waiting.

    Asked before it is due (a meeting moved, an alarm came twice) it answers when it is.
    """
    if meeting.is_over:
        return Keep("the meeting is over")
    if now < meeting.safety_net_at:
        return Keep("the safety net is not due", meeting.safety_net_at)
    again_at = now + policy.rearm
    if anybody_present(meeting, now, policy):
        return Keep("somebody is at a desktop", again_at)
    if any(is_kept_waiting(seat, now, policy) for seat in meeting.seats):
        return Keep("somebody is waiting for a desktop that is not ready", again_at)
    return _seeds_verdict(meeting, again_at, policy)


def _seeds_verdict(meeting: Meeting, again_at: datetime, policy: Policy) -> End | Keep:
    handed_in = [seat.session_data is not None for seat in meeting.seats]
    if all(handed_in):
        if meeting.safety_net_at > safety_net_at(meeting.meet_time, policy):
            return End(EndReason.SUCCESS, "every seat handed in its data, after a net that was set again")
        return End(EndReason.EARLY_SUCCESS, "every seat handed in its data before the safety net fell")
    if any(handed_in):
        if meeting.safety_net_at > safety_net_at(meeting.meet_time, policy) and any(map(_is_quiet, meeting.seats)):
            return Keep("somebody arrived at a desktop that reports no presence", again_at)
        return End(EndReason.PARTIAL_NO_SHOW_TIMEOUT, "only some of the seats handed in data, and nobody is there")
    if meeting.in_progress:
        return Keep("somebody arrived and nobody has handed in data", again_at)
    if all(seat.launches == 0 for seat in meeting.seats):
        return End(EndReason.LAUNCH_FAILED, "no machine ever ran")
    return End(EndReason.NO_SHOW_TIMEOUT, "nobody came")


def _is_quiet(seat: Seat) -> bool:
    """True for a seat that was entered and only its data can tell when it is left.

    The seeds' net falls once. One that fell, let the meeting go on and was set again knows nothing new of such a seat,
    so it must not end what their rules would have kept.
    """
    return seat.joined_at is not None and seat.seen_at is None and seat.session_data is None


def terminator_verdict(meeting: Meeting, now: datetime, policy: Policy) -> End | Keep:
    """Every seat's data is in and the first quarter of an hour is over: the meeting was a success."""
    if meeting.is_over:
        return Keep("the meeting is over")
    if not all(seat.session_data is not None for seat in meeting.seats):
        return Keep("not every seat has handed in its data")
    due_at = safety_net_at(meeting.meet_time, policy)
    if now < due_at:
        return Keep("it is too early to tell a short meeting from a pause", due_at)
    if anybody_present(meeting, now, policy):
        return Keep("somebody is at a desktop", now + policy.rearm)
    return End(EndReason.SUCCESS, "every seat handed in its data")


def deadline_verdict(meeting: Meeting, now: datetime, policy: Policy) -> End | Keep | Extend:
    """The only rule that ends a seat with a person in it; it moves on, within the cap, while one is there.

    It moves on ahead of the deadline, by the net's own rhythm or half a step, so that a machine hears of it before it
    would end itself, and one step is enough for one moment.
    """
    if meeting.is_over:
        return Keep("the meeting is over")
    cap = deadline_cap(meeting.meet_time, policy)
    present = anybody_present(meeting, now, policy)
    ahead = min(policy.rearm, policy.grace / 2)
    if present and now >= meeting.deadline - ahead and meeting.deadline < cap:
        moved = min(max(meeting.deadline, now) + policy.grace, cap)
        if moved > now:
            return Extend(moved, "somebody is at a desktop")
    if now >= meeting.deadline:
        return End(
            EndReason.OVERTIME,
            "the deadline passed" if meeting.deadline < cap else "the longest time passed",
        )
    return Keep("the deadline is ahead", meeting.deadline)


def launch_failed_verdict(meeting: Meeting, dead_roles: frozenset[str], now: datetime, policy: Policy) -> End | Keep:
    """A seat that used up its machines without handing in data ends the meeting, unless somebody is in it.

    `dead_roles` are the roles whose seat has no live machine.
    """
    if meeting.is_over:
        return Keep("the meeting is over")
    spent = [
        seat.role
        for seat in meeting.seats
        if seat.role in dead_roles and seat.launches >= MAX_LAUNCHES and seat.session_data is None
    ]
    if not spent:
        return Keep("every seat has a machine or may have another")
    if anybody_present(meeting, now, policy):
        return Keep("somebody is at the other desktop")
    return End(
        EndReason.LAUNCH_FAILED,
        f"{MAX_LAUNCHES} machines in a row died under the seat of {', '.join(spent)}",
    )
