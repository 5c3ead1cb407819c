"""Which records of the table's stream reach the terminator: the filters of the stack, carried out as Lambda does.

"Using event filtering with a DynamoDB event source" and "Filter rule syntax" (Lambda Developer Guide). Of the syntax
only that is known which the stack uses: exact values, and whether something is there; anything else is an error.
"""

import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.stack import template

_NOTHING = object()


@functools.cache
def filters() -> tuple[dict[str, Any], ...]:
    """The patterns of the stack; one of them is enough."""
    stream = template()["Resources"]["Terminator"]["Properties"]["Events"]["Written"]["Properties"]
    return tuple(json.loads(each["Pattern"]) for each in stream["FilterCriteria"]["Filters"])


def passes(record: Mapping[str, Any]) -> bool:
    """True for a record that is handed over."""
    return any(_matches(pattern, record) for pattern in filters())


def _matches(pattern: Any, value: Any) -> bool:  # noqa: ANN401  anything in JSON
    if isinstance(pattern, dict):
        given = value if isinstance(value, Mapping) else {}
        return all(_matches(inner, given.get(key, _NOTHING)) for key, inner in pattern.items())
    return _one_of(pattern, value)


def _one_of(rules: Sequence[Any], value: Any) -> bool:  # noqa: ANN401  anything in JSON
    found = []
    for rule in rules:
        if isinstance(rule, dict):
            if rule.keys() != {"exists"}:
                raise NotImplementedError(f"the filter rule {rule}")
            found.append(rule["exists"] is (value is not _NOTHING))
        else:
            found.append(rule == value)
    return any(found)
