"""Changes as DynamoDB's expressions: pure, so that every clause can be looked at without a table.

Read about UpdateItem, ConditionExpression and the limits of expressions (4 KB of text, 100 operands of IN) in the
DynamoDB Developer Guide, "Expressions" and "Constraints". Every update requires that the item exists, because
UpdateItem would otherwise create it. Attribute names are always placeholders: some, `status` among them, are reserved.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from elephant.adapters.aws.dynamodb_items import by_meet_time, is_taken_over, meeting_of, shard_attributes, stored_item
from elephant.adapters.aws.dynamodb_values import Attributes, to_value
from elephant.adapters.aws.table import BY_MEET_TIME, ENDED_SHARD, KEY, OPEN_SHARD
from elephant.domain.change import HISTORY_LENGTH, Absent, Change, Condition, Equals, OneOf
from elephant.domain.meeting import HistoryEntry, Status
from elephant.domain.meeting_item import Item, attribute, entry_item, time_of
from elephant.domain.timetable import Policy

HISTORY = "history"
STATUS = "status"
TRIM_ABOVE = HISTORY_LENGTH + 50
"""The history is cut back to HISTORY_LENGTH when it is longer than this: one extra write for every 50 lines."""

WHY_BYTES = 1000
"""What is kept of a reason. 250 lines of at most 1.2 KB leave 100 KB of DynamoDB's 400 KB for all the rest."""

_TRIM_AT_MOST = 100

_DERIVED_FROM = ("meet_time", "created_at", "duration_minutes", "ended_at", "termination_reason", "instance_id")
_DERIVED_FROM_SEAT = ("ec2_id", "ec2_link", "phase", "joined_at")


class Expressions(TypedDict):
    """The arguments of UpdateItem that say what changes and when."""

    UpdateExpression: str
    ConditionExpression: str
    ExpressionAttributeNames: dict[str, str]
    ExpressionAttributeValues: NotRequired[Attributes]


class _Terms:
    """Placeholders for names and values, each name once."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: Attributes = {}

    def name(self, name: str) -> str:
        return self.names.setdefault(name, f"#{len(self.names)}")

    def value(self, name: str, value: object) -> str:
        placeholder = f":{len(self.values)}"
        self.values[placeholder] = to_value(name, value)
        return placeholder

    def expressions(self, update: str, conditions: list[str]) -> Expressions:
        exists = f"attribute_exists({self.name(KEY)})"
        found: Expressions = {
            "UpdateExpression": update,
            "ConditionExpression": " AND ".join([exists, *conditions]),
            "ExpressionAttributeNames": {placeholder: name for name, placeholder in self.names.items()},
        }
        # An empty one is refused.
        if self.values:
            found["ExpressionAttributeValues"] = self.values
        return found


def change_expressions(meeting_id: str, change: Change, assign: Item, status: Status | None) -> Expressions:
    """A change with `assign` in place of its own assignments (see checked_assignments), and the status that follows.

    The index attributes go along in the same update, so that no index can disagree with the item. A row from before is
    refused until it was taken over: it lacks what the requirements ask about, such as `ended_at` where it is over.
    """
    terms = _Terms()
    sets = {**assign, **_index_changes(meeting_id, assign)}
    if status is not None:
        sets[STATUS] = status.value
    update = _update(terms, sets, change.entries)
    taken_over = f"attribute_exists({terms.name(BY_MEET_TIME)})"
    return terms.expressions(update, [taken_over, *(_condition(terms, condition) for condition in change.require)])


def _index_changes(meeting_id: str, assign: Item) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if "ended_at" in assign:
        changes.update(shard_attributes(meeting_id, is_over=assign["ended_at"] is not None))
    if "meet_time" in assign:
        changes[BY_MEET_TIME] = by_meet_time(meeting_id, time_of(assign["meet_time"]))
    return changes


def _update(terms: _Terms, assign: Mapping[str, Any], entries: Sequence[HistoryEntry] = ()) -> str:
    sets = [f"{terms.name(name)} = {terms.value(name, value)}" for name, value in assign.items() if value is not None]
    removes = [terms.name(name) for name, value in assign.items() if value is None]
    if entries or not (sets or removes):
        # Where there is nothing to assign, a list that stays as it is: every update has to say something.
        history, empty = terms.name(HISTORY), terms.value(HISTORY, [])
        kept = f"if_not_exists({history}, {empty})"
        lines = terms.value(HISTORY, [kept_entry(entry) for entry in entries]) if entries else None
        sets.append(f"{history} = {kept if lines is None else f'list_append({kept}, {lines})'}")
    clauses = [("SET", sets), ("REMOVE", removes)]
    return " ".join(f"{word} {', '.join(actions)}" for word, actions in clauses if actions)


def kept_entry(entry: HistoryEntry) -> dict[str, str]:
    """The line that is kept of an entry; an overlong reason is cut, so that no item outgrows its 400 KB."""
    line = entry_item(entry)
    if len(line["why"]) * 4 > WHY_BYTES:
        kept = line["why"].encode(errors="surrogatepass")
        if len(kept) > WHY_BYTES:
            line["why"] = f"{kept[:WHY_BYTES].decode(errors='ignore')}…"
    return line


def _condition(terms: _Terms, condition: Condition) -> str:
    name = terms.name(condition.name)
    match condition:
        case Absent() | Equals(value=None) | OneOf(values=()):
            return f"attribute_not_exists({name})"
        case Equals(value=value):
            return f"{name} = {terms.value(condition.name, value)}"
        case OneOf(values=values):
            listed = ", ".join(terms.value(condition.name, value) for value in values)
            return f"(attribute_not_exists({name}) OR {name} IN ({listed}))"


def trim_expressions(item: Item) -> Expressions | None:
    """Take the oldest lines out of an overlong history; None where it is not.

    What is removed are the first lines, whichever they are by then, and only while at least HISTORY_LENGTH remain:
    lines appended meanwhile are at the other end, and a second trim at the same time finds the list too short.
    """
    surplus = min(len(item.get(HISTORY) or ()) - HISTORY_LENGTH, _TRIM_AT_MOST)
    if surplus <= TRIM_ABOVE - HISTORY_LENGTH:
        return None
    terms = _Terms()
    history = terms.name(HISTORY)
    enough = terms.value(HISTORY, HISTORY_LENGTH + surplus)
    removes = ", ".join(f"{history}[{index}]" for index in range(surplus))
    return terms.expressions(f"REMOVE {removes}", [f"size({history}) >= {enough}"])


def mend_expressions(item: Item, policy: Policy) -> Expressions | None:
    """Write what follows from the rest of an item and is not there, or not so: None where all is well.

    For an item of ours that is the status; for a row from before also everything that our conditions ask for. Holds
    only while nothing that it was derived from has changed, so it never undoes anybody's write. Raises Permanent.
    """
    meeting = meeting_of(item, policy)
    wanted: dict[str, Any] = stored_item(meeting)
    del wanted[HISTORY]
    # A phase that an image in the field moved on is read so, and is left to the change that says so in the history.
    settled = {attribute(role, "phase") for role in meeting.roles if item.get(attribute(role, "phase")) is not None}
    assign = {name: value for name, value in wanted.items() if name not in settled and item.get(name) != value}
    assign.update({name: None for name in (OPEN_SHARD, ENDED_SHARD) if name in item and name not in wanted})
    if not is_taken_over(item):
        assign.update({name: None for name, value in item.items() if value is None and name not in wanted})
    if not assign:
        return None
    sources = {*_DERIVED_FROM, *(attribute(role, name) for role in meeting.roles for name in _DERIVED_FROM_SEAT)}
    sources |= assign.keys() - ({STATUS} if is_taken_over(item) else set())
    terms = _Terms()
    update = _update(terms, assign)
    return terms.expressions(update, [_unchanged(terms, item, name) for name in sorted(sources)])


def _unchanged(terms: _Terms, item: Item, name: str) -> str:
    if name not in item:
        return f"attribute_not_exists({terms.name(name)})"
    return f"{terms.name(name)} = {terms.value(name, item[name])}"
