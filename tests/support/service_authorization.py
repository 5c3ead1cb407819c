"""Which actions there are, and on what: AWS's Service Authorization Reference, as cfn-lint ships it."""

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from cfnlint.data import AdditionalSpecs  # type: ignore[import-untyped]
from cfnlint.helpers import load_resource  # type: ignore[import-untyped]

from tests.support.iam import grants


@functools.cache
def _reference() -> Mapping[str, Any]:
    content: Mapping[str, Any] = load_resource(AdditionalSpecs, "Policies.json")
    return content


def actions_of(service: str) -> set[str]:
    """Every action of a service, in lower case."""
    return {f"{service}:{name}" for name in _reference()[service]["Actions"]}


def kinds_of_resource(action: str) -> list[str]:
    """The kinds of resource that an action can be allowed on; none means that it takes `*` alone.

    Raises KeyError for an action that does not exist.
    """
    service, _, name = action.lower().partition(":")
    return list(_reference()[service]["Actions"][name].get("Resources", []))


def avoidable_wildcards(policies: Iterable[Mapping[str, Any]]) -> list[str]:
    """The actions that these policies allow on everything although a resource could be named."""
    return [grant.action for grant in grants(policies) if grant.resource == "*" and kinds_of_resource(grant.action)]
