"""Every change that a meeting can go through, each with exactly the conditions that keep I1-I7."""

from datetime import datetime

from elephant.domain.change import Absent, Change, Condition, Equals, OneOf
from elephant.domain.meeting import (
    EndReason,
    HistoryEntry,
    Meeting,
    Role,
    Seat,
    SeatPhase,
)
from elephant.domain.meeting_item import (
    LINK_ATTRIBUTE,
    MACHINE_ATTRIBUTE,
    attribute,
    optional_text,
    time_text,
)

_OPEN: Condition = Absent("ended_at")


def _this_machine(role: Role, machine_id: str) -> Condition:
    return Equals(attribute(role, MACHINE_ATTRIBUTE), machine_id)


def _phase(role: Role, phase: SeatPhase) -> Condition:
    return OneOf(attribute(role, "phase"), phase.before())


def seat_launched(seat: Seat, machine_id: str, why: str, now: datetime) -> Change:
    """The seat got a machine; only if it still has the one (or none) that `seat` shows (invariant I2)."""
    role = seat.role
    return Change(
        assign={
            attribute(role, MACHINE_ATTRIBUTE): machine_id,
            attribute(role, LINK_ATTRIBUTE): None,
            attribute(role, "phase"): SeatPhase.LAUNCHED.value,
            attribute(role, "launches"): seat.launches + 1,
            attribute(role, "problem"): None,
        },
        require=_same_machine_and_launches(seat),
        entries=(HistoryEntry(at=now, what="machine launched", role=role, why=why),),
    )


def launch_spent(seat: Seat, machine_id: str, now: datetime) -> Change:
    """The seat's next machine died before it was written down: it counts, and the one after it may be launched."""
    return Change(
        assign={attribute(seat.role, "launches"): seat.launches + 1},
        require=_same_machine_and_launches(seat),
        entries=(
            HistoryEntry(
                at=now, what="machine gone", role=seat.role, why=f"{machine_id} died before it served the seat"
            ),
        ),
    )


def _same_machine_and_launches(seat: Seat) -> tuple[Condition, ...]:
    return (
        _OPEN,
        Equals(attribute(seat.role, MACHINE_ATTRIBUTE), seat.machine_id),
        Equals(attribute(seat.role, "launches"), seat.launches),
    )


def launch_failed(seat: Seat, problem: str, now: datetime) -> Change:
    """The seat's machine could not be started; `problem` is a sentence for whoever waits."""
    return Change(
        assign={attribute(seat.role, "problem"): problem},
        require=(
            _OPEN,
            Equals(attribute(seat.role, MACHINE_ATTRIBUTE), seat.machine_id),
        ),
        # One line for the same trouble, however often it is tried again.
        entries=()
        if seat.problem == problem
        else (HistoryEntry(at=now, what="launch failed", role=seat.role, why=problem),),
    )


def address_written(seat: Seat, machine_id: str, link: str, now: datetime) -> Change:
    """The machine's address was published.

    A health report may overtake the address; then the phase stays where it is and only the link is added.
    """
    role = seat.role
    assign = {attribute(role, LINK_ATTRIBUTE): link}
    require = [_OPEN, _this_machine(role, machine_id)]
    if seat.phase.rank < SeatPhase.DNS_WRITTEN.rank:
        assign[attribute(role, "phase")] = SeatPhase.DNS_WRITTEN.value
        require.append(_phase(role, SeatPhase.DNS_WRITTEN))
    else:
        require.append(_phase(role, SeatPhase.ENDED))
    return Change(
        assign=assign,
        require=tuple(require),
        entries=(HistoryEntry(at=now, what="address published", role=role, why="the machine is running"),),
    )


def seat_healthy(role: Role, machine_id: str, now: datetime) -> Change:
    """The seat's machine reported that its desktop works."""
    return Change(
        assign={attribute(role, "phase"): SeatPhase.HEALTHY.value},
        require=(
            _OPEN,
            _this_machine(role, machine_id),
            _phase(role, SeatPhase.HEALTHY),
        ),
        entries=(HistoryEntry(at=now, what="desktop ready", role=role, why="the machine reported health"),),
    )


def seat_joined(seat: Seat, machine_id: str, now: datetime) -> Change:
    """Somebody was given the way into the seat's machine; the first time is kept."""
    role = seat.role
    return Change(
        assign={
            attribute(role, "phase"): SeatPhase.IN_PROGRESS.value,
            attribute(role, "joined_at"): time_text(seat.joined_at or now),
            attribute(role, "waiting_at"): None,
        },
        require=(
            _OPEN,
            _this_machine(role, machine_id),
            _phase(role, SeatPhase.IN_PROGRESS),
        ),
        entries=(HistoryEntry(at=now, what="joined", role=role, why="the seat's link was followed"),),
    )


def seat_seen(role: Role, machine_id: str, now: datetime) -> Change:
    """The seat's desktop has a connected user."""
    return Change(
        assign={attribute(role, "seen_at"): time_text(now)},
        require=(_OPEN, _this_machine(role, machine_id)),
    )


def seat_waited_for(role: Role, now: datetime) -> Change:
    """Somebody asked to join a seat that is not ready."""
    return Change(assign={attribute(role, "waiting_at"): time_text(now)}, require=(_OPEN,))


def seat_ended(role: Role, machine_id: str, why: str, now: datetime) -> Change:
    """The seat's machine is gone; its link leads nowhere any more (invariant I5)."""
    return Change(
        assign={
            attribute(role, "phase"): SeatPhase.ENDED.value,
            attribute(role, LINK_ATTRIBUTE): None,
        },
        require=(_this_machine(role, machine_id), _phase(role, SeatPhase.ENDED)),
        entries=(HistoryEntry(at=now, what="machine gone", role=role, why=why),),
    )


def session_data_recorded(role: Role, url: str, now: datetime) -> Change:
    """The seat handed in its recording; accepted after the end too, because a recording is never refused."""
    return Change(
        assign={attribute(role, "session_data"): url},
        require=(),
        entries=(HistoryEntry(at=now, what="recording handed in", role=role, why="the desktop reported it"),),
    )


def meeting_over(reason: EndReason, why: str, now: datetime, judged: Meeting | None = None) -> Change:
    """The end: conditional on there having been none, so the first reason stays (invariant I4).

    `judged` is the meeting that a rule decided about: nobody may have shown up in it since (invariant I6). A host who
    ends a meeting judges nothing.
    """
    return Change(
        assign={"ended_at": time_text(now), "termination_reason": reason.value},
        require=(_OPEN, *(() if judged is None else _as_judged(judged, reason))),
        entries=(HistoryEntry(at=now, what=f"ended: {reason.value}", why=why),),
    )


def _as_judged(meeting: Meeting, reason: EndReason) -> tuple[Condition, ...]:
    """What a verdict stood on. The deadline's stands on nobody's absence, only on the deadline itself."""
    if reason is EndReason.OVERTIME:
        return (Equals("deadline", time_text(meeting.deadline)),)
    return tuple(condition for seat in meeting.seats for condition in _signs_of_life(seat))


def _signs_of_life(seat: Seat) -> tuple[Condition, ...]:
    signs = {
        "joined_at": optional_text(seat.joined_at),
        "seen_at": optional_text(seat.seen_at),
        "waiting_at": optional_text(seat.waiting_at),
        "session_data": seat.session_data,
    }
    return tuple(Equals(attribute(seat.role, name), value) for name, value in signs.items())


def deadline_moved(meeting: Meeting, deadline: datetime, why: str, now: datetime) -> Change:
    """A new deadline, unless somebody else moved it since `meeting` was read."""
    return Change(
        assign={"deadline": time_text(deadline)},
        require=(_OPEN, Equals("deadline", time_text(meeting.deadline))),
        entries=(HistoryEntry(at=now, what=f"deadline moved to {deadline:%H:%M} UTC", why=why),),
    )


def safety_net_set(meeting: Meeting, at: datetime) -> Change:
    """The safety net falls next at `at`, unless somebody else set it since `meeting` was read."""
    return Change(
        assign={"safety_net_at": time_text(at)},
        require=(_OPEN, Equals("safety_net_at", time_text(meeting.safety_net_at))),
    )


def meeting_rescheduled(old: Meeting, new: Meeting, now: datetime) -> Change:
    """Another time or duration, only while no seat has had a machine."""
    return Change(
        assign={
            "meet_time": time_text(new.meet_time),
            "duration_minutes": new.duration_minutes,
            "deadline": time_text(new.deadline),
            "safety_net_at": time_text(new.safety_net_at),
        },
        require=(
            _OPEN,
            Equals("meet_time", time_text(old.meet_time)),
            *(Equals(attribute(role, "launches"), 0) for role in old.roles),
        ),
        entries=(
            HistoryEntry(
                at=now,
                what=f"moved to {new.meet_time:%Y-%m-%d %H:%M} UTC, {new.duration_minutes:g} min",
                why="a host asked",
            ),
        ),
    )


def key_reissued(seat: Seat, now: datetime) -> Change:
    """The seat's old key stops working."""
    name = attribute(seat.role, "key_issue")
    return Change(
        assign={name: seat.key_issue + 1},
        require=(_OPEN, Equals(name, seat.key_issue)),
        entries=(HistoryEntry(at=now, what="invitation link made anew", role=seat.role, why="a host asked"),),
    )
