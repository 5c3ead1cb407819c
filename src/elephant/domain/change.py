"""A conditional change of one meeting: what it requires, what it assigns, and the lines that it leaves in the history.

Stores carry it out atomically: all of it or, where a requirement does not hold, nothing. The conditions are the
few that every store can check on its own side, and each says what it would look like to a DynamoDB table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from elephant.domain.meeting import HistoryEntry
from elephant.domain.meeting_item import Item, entry_item, from_item, to_item

HISTORY_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Absent:
    """`attribute_not_exists(name)`."""

    name: str

    def holds(self, item: Item) -> bool:
        """True where the item has no such attribute."""
        return self.name not in item


@dataclass(frozen=True, slots=True)
class Equals:
    """`name = value`; with None, the attribute must be absent."""

    name: str
    value: str | int | float | None

    def holds(self, item: Item) -> bool:
        """True where the attribute has exactly this value."""
        return bool(item.get(self.name) == self.value)


@dataclass(frozen=True, slots=True)
class OneOf:
    """`attribute_not_exists(name) OR name IN (values)`."""

    name: str
    values: tuple[str, ...]

    def holds(self, item: Item) -> bool:
        """True where the attribute is absent or has one of the values."""
        return item.get(self.name) is None or item[self.name] in self.values


Condition = Absent | Equals | OneOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Assignments (None removes an attribute) that are made only while every requirement holds."""

    assign: Mapping[str, Any]
    require: tuple[Condition, ...]
    entries: tuple[HistoryEntry, ...] = ()


def joined(changes: Sequence[Change]) -> Change:
    """One change that makes all of these or none; raises ValueError where two of them assign the same attribute."""
    assign = {name: value for change in changes for name, value in change.assign.items()}
    if len(assign) < sum(len(change.assign) for change in changes):
        raise ValueError("two changes of the same attribute cannot be made as one")
    return Change(
        assign=assign,
        # What several of them ask for is asked once.
        require=tuple(dict.fromkeys(chain.from_iterable(change.require for change in changes))),
        entries=tuple(chain.from_iterable(change.entries for change in changes)),
    )


def applied(change: Change, item: Item) -> dict[str, Any] | None:
    """The item after the change, `status` derived anew and the history trimmed; None where a requirement fails."""
    if not all(condition.holds(item) for condition in change.require):
        return None
    changed = {**item, **change.assign}
    if change.entries:
        changed["history"] = [*item.get("history", ()), *map(entry_item, change.entries)][-HISTORY_LENGTH:]
    kept = {name: value for name, value in changed.items() if value is not None}
    return {**kept, **to_item(from_item(kept))}
