"""What a change means before its item was read, and whether it has been made already: pure."""

from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

from elephant.adapters.aws.dynamodb_expressions import HISTORY, STATUS, kept_entry
from elephant.domain.change import Absent, Change, applied
from elephant.domain.meeting import DEFAULT_ROLES, Meeting, Role, Seat, Status
from elephant.domain.meeting_item import Item, from_item, to_item

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def checked_assignments(change: Change) -> dict[str, Any]:
    """What the change assigns in the shape that a meeting writes, without `status`, which is derived.

    The item is not known here, so this looks at the assignments alone. Raises KeyError or ValueError for those that no
    meeting could have, as carrying the change out on an item at hand does.
    """
    # Any beginning of a name may be a role: more roles than there are do no harm here.
    parts = [name.split("_")[:-1] for name in change.assign]
    roles = {*DEFAULT_ROLES, *(role for each in parts for role in accumulate(each, "{}_{}".format))}
    blank = Meeting(
        id="",
        seats=tuple(Seat(role=Role(role), name="") for role in sorted(roles)),
        meet_time=_EPOCH,
        duration_minutes=1.0,
        created_at=_EPOCH,
        deadline=_EPOCH,
        safety_net_at=_EPOCH,
    )
    assigned = {**to_item(blank), **change.assign}
    meeting = from_item({name: value for name, value in assigned.items() if value is not None})
    shaped = to_item(meeting)
    return {
        name: value if value is None else shaped.get(name, value)
        for name, value in change.assign.items()
        if name != STATUS
    }


def status_after(change: Change, seen: Meeting | None) -> Status | None:
    """The status that the change leads to, where that can be known; None where it stays or cannot be known.

    `seen` is the meeting as it was last, which may be old: the answer of the update puts right what is told here.
    Nothing is told for a change that a meeting already over allows, so TERMINATED is never written over.
    """
    if change.assign.get("ended_at") is not None:
        return Status.TERMINATED
    if seen is None or Absent("ended_at") not in change.require:
        return None
    after = applied(change, to_item(seen))
    if after is None or after[STATUS] == seen.status:
        return None
    return Status(after[STATUS])


def is_made(change: Change, assign: Item, item: Item) -> bool:
    """True where the item shows all that the change would leave: asked only after an attempt whose answer was lost."""
    if any(item.get(name) != value for name, value in assign.items()):
        return False
    kept = item.get(HISTORY) or ()
    return all(kept_entry(entry) in kept for entry in change.entries)
