"""Whether policies of IAM allow a request, as AWS documents it; for policies that are a role's own.

"Policy evaluation logic", "IAM JSON policy elements" and "Multivalued context keys" (IAM User Guide): what is denied
anywhere is denied, else what is allowed anywhere is allowed, else it is denied. Every operator and key of a condition
has to hold, with one of the values that it lists. An element or operator that is not known here is an error, never a no
or a yes. `tests/infra/iam_verdicts.json` holds the verdicts of another evaluator on the same questions.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

_ELEMENTS = {"Sid", "Effect", "Action", "Resource", "Condition"}
_ARN_PARTS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One thing that somebody wants to do to one resource; `context` has the values of each condition key."""

    action: str
    resource: str
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One action on one resource that a policy allows, under its conditions: the least that could be taken away."""

    action: str
    resource: str
    conditions: Mapping[str, Mapping[str, Any]]

    def covers(self, request: Request) -> bool:
        """True where this alone would allow the request."""
        return (
            _matches(self.action.lower(), request.action.lower())
            and _matches_resource(self.resource, request.resource)
            and all(_holds(operator, keys, request.context) for operator, keys in self.conditions.items())
        )


def is_allowed(policies: Iterable[Mapping[str, Any]], request: Request) -> bool:
    """True where these policies allow the request."""
    verdicts = {effect for effect, grant in _statements(policies) if grant.covers(request)}
    return verdicts == {"Allow"}


def grants(policies: Iterable[Mapping[str, Any]]) -> list[Grant]:
    """Everything that these policies allow, piece by piece."""
    return [grant for effect, grant in _statements(policies) if effect == "Allow"]


def listed(value: object) -> list[Any]:
    """A list as it is, and anything else as a list of one: policies leave the brackets out."""
    return list(value) if isinstance(value, list) else [value]


def _statements(policies: Iterable[Mapping[str, Any]]) -> list[tuple[str, Grant]]:
    found = []
    for statement in (each for policy in policies for each in listed(policy["Statement"])):
        unknown = statement.keys() - _ELEMENTS
        if unknown or statement["Effect"] not in {"Allow", "Deny"}:
            raise ValueError(f"this evaluator knows no {', '.join(sorted(unknown)) or statement['Effect']}")
        found += [
            (statement["Effect"], Grant(action=action, resource=resource, conditions=statement.get("Condition", {})))
            for action in listed(statement["Action"])
            for resource in listed(statement["Resource"])
        ]
    return found


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in text), re.DOTALL)


def _matches(pattern: str, text: str) -> bool:
    return _pattern(pattern).fullmatch(text) is not None


def _matches_resource(pattern: str, resource: str) -> bool:
    """Part by part, as a wildcard does not reach over the colons that divide an ARN."""
    if pattern == "*":
        return True
    patterns, parts = pattern.split(":", _ARN_PARTS - 1), resource.split(":", _ARN_PARTS - 1)
    return len(patterns) == len(parts) and all(map(_matches, patterns, parts))


_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, given: wanted == given,
    "StringLike": _matches,
    "ArnEquals": _matches_resource,
    "ArnLike": _matches_resource,
    "Bool": lambda wanted, given: wanted.lower() == given.lower(),
}


def _holds(operator: str, keys: Mapping[str, Any], context: Mapping[str, Sequence[str]]) -> bool:
    known = {key.lower(): list(values) for key, values in context.items()}
    return all(
        _key_holds(operator, [str(each) for each in listed(wanted)], known.get(key.lower(), []))
        for key, wanted in keys.items()
    )


def _key_holds(operator: str, wanted: Sequence[str], given: Sequence[str]) -> bool:
    qualifier, _, name = operator.rpartition(":")
    if name == "Null":
        return str(not given).lower() in (each.lower() for each in wanted)
    if name not in _TESTS or qualifier not in {"", "ForAllValues", "ForAnyValue"}:
        raise ValueError(f"this evaluator knows no condition operator {operator}")
    passed = [any(_TESTS[name](each, value) for each in wanted) for value in given]
    if qualifier == "ForAllValues":
        return all(passed)
    if qualifier == "" and len(given) > 1:
        raise ValueError(f"{operator} on a key with several values needs ForAllValues or ForAnyValue")
    return any(passed)
