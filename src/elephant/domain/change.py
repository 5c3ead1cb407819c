"""A conditional change of one meeting: what it requires, what it assigns, and the line that it leaves in the history.

Stores carry it out atomically: all of it or, where a requirement does not hold, nothing. The conditions are the
few that every store can check on its own side, and each says what it would look like to a DynamoDB table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    entry: HistoryEntry | None = field(default=None)


def applied(change: Change, item: Item) -> dict[str, Any] | None:
    """The item after the change, `status` derived anew and the history trimmed; None where a requirement fails."""
    if not all(condition.holds(item) for condition in change.require):
        return None
    changed = {**item, **change.assign}
    if change.entry is not None:
        changed["history"] = [*item.get("history", ()), entry_item(change.entry)][-HISTORY_LENGTH:]
    kept = {name: value for name, value in changed.items() if value is not None}
    return {**kept, **to_item(from_item(kept))}
