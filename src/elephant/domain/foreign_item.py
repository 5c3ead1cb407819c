"""Items that not only we wrote: rows from before this project, and rows that images in the field write into.

Rows from before have a `status` word instead of phases and lack every attribute of ours; images in the field write
`status` and `instance_id` over whatever is there (facts.md). This is for stores that others write to as well; a store
of our own reads with `from_item`, which takes nothing for granted.
"""

from datetime import timedelta
from typing import Any

from elephant.domain.meeting import DEFAULT_ROLES, Meeting, SeatPhase, Status
from elephant.domain.meeting_item import (
    LINK_ATTRIBUTE,
    MACHINE_ATTRIBUTE,
    Item,
    attribute,
    from_item,
    time_of,
    time_text,
)
from elephant.domain.timetable import Policy, first_deadline, safety_net_at

INSTANCE_ATTRIBUTE = "instance_id"
"""Where a desktop of the field leaves its own machine's id when it is warm; only the latest one's."""

_OURS = "deadline"
"""Written with every meeting of ours, and with a row from before when it is taken over."""


def read_item(item: Item, policy: Policy) -> Meeting:
    """The meeting of an item, whoever wrote it; raises KeyError, TypeError or ValueError as `from_item` does."""
    return from_item(completed(item, policy))


def is_from_before(item: Item) -> bool:
    """True for a row that was never ours; only there does `status` count."""
    return item.get(_OURS) is None


def completed(item: Item, policy: Policy) -> dict[str, Any]:
    """The item with all that `from_item` needs; an item that we alone wrote comes back as it is.

    What a row from before leaves out is computed as if it were booked now: no `meet_time` falls back to `created_at`,
    the deadline and the safety net follow from the policy. Raises KeyError for one without either time.
    """
    known = {name: value for name, value in item.items() if value is not None}
    if is_from_before(known):
        known = _with_times(known, policy)
    for role in known.get("roles", DEFAULT_ROLES):
        known = _with_phase(known, role, item)
    return known


def _with_times(known: dict[str, Any], policy: Policy) -> dict[str, Any]:
    begin = known.get("meet_time") or known["created_at"]
    meet_time = time_of(begin)
    duration_minutes = float(known.get("duration_minutes", policy.duration / timedelta(minutes=1)))
    times: dict[str, Any] = {
        "meet_time": begin,
        "created_at": known.get("created_at") or begin,
        "duration_minutes": duration_minutes,
        "deadline": time_text(first_deadline(meet_time, duration_minutes, policy)),
        "safety_net_at": time_text(safety_net_at(meet_time, policy)),
    }
    # Rows from before say that they are over, but not since when; a late HEALTHY may even have replaced the word.
    if known.get("status") == Status.TERMINATED or "termination_reason" in known:
        times["ended_at"] = time_text(meet_time)
    return {**known, **times}


def _with_phase(known: dict[str, Any], role: str, item: Item) -> dict[str, Any]:
    machine_id = known.get(attribute(role, MACHINE_ATTRIBUTE))
    phase_name, launches_name = attribute(role, "phase"), attribute(role, "launches")
    seat: dict[str, Any] = {}
    if phase_name not in known:
        seat[phase_name] = SeatPhase.PENDING.value
        if machine_id is not None:
            linked = attribute(role, LINK_ATTRIBUTE) in known
            seat[phase_name] = (SeatPhase.DNS_WRITTEN if linked else SeatPhase.LAUNCHED).value
            if linked and is_from_before(item) and known.get("status") == Status.IN_PROGRESS:
                # Somebody was let in, and nothing says to which seat: nobody is a no-show then.
                seat[phase_name] = SeatPhase.IN_PROGRESS.value
                seat.setdefault(attribute(role, "joined_at"), known["meet_time"])
    if launches_name not in known:
        seat[launches_name] = 0 if machine_id is None else 1
    if machine_id is not None and known.get(INSTANCE_ATTRIBUTE) == machine_id:
        phase = SeatPhase({**known, **seat}[phase_name])
        if phase in SeatPhase.HEALTHY.before():
            # Only the machine itself writes its id there, and only when it is warm; so `status` need not say it too.
            seat[phase_name] = SeatPhase.HEALTHY.value
    return {**known, **seat}
