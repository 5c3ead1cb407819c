"""What an engineer's own account needs: the policies in infra/rights, and the tables of docs/engineer-rights.md."""

import functools
import json
import re
from collections.abc import Mapping
from typing import Any

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

from tests.support.documents import ROOT
from tests.support.security_table import rows_of
from tests.support.service_authorization import actions_of
from tests.support.stack import REGION, translated

FOLDER = ROOT / "infra/rights"
PAGE = ROOT / "docs/engineer-rights.md"
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "elephant aws init": ("init",),
    "elephant aws image": ("image",),
    "elephant aws image --prune": ("image", "image-prune"),
    "elephant aws deploy": ("deploy",),
    "elephant certs": ("certs",),
    "elephant doctor --aws": ("doctor",),
    "elephant aws destroy": ("destroy",),
    "elephant aws destroy --images": ("destroy", "destroy-images"),
}
"""Each command, and the files that together allow what it does itself."""
_HANDLERS = ("create", "read", "update", "delete")


def policies_of(command: str, stack: str = "STACK") -> list[dict[str, Any]]:
    """What a command may do with the stack of this name; `command` is a key of COMMANDS, or begins with one."""
    key = max((each for each in COMMANDS if f"{command} ".startswith(f"{each} ")), key=len)
    return [policy(name, stack) for name in COMMANDS[key]]


def policy(name: str, stack: str = "STACK") -> dict[str, Any]:
    """One file, with the stack's name in it."""
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text().replace("STACK", stack))
    return content


def allowed_by_aws(resource_type: str) -> list[str]:
    """What AWS says that making, changing, reading and deleting resources of a type takes, whatever they are like.

    That is from the type's own schema, as cfn-lint ships it. Names there that are of no action are left out.
    """
    handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, resource_type).schema["handlers"]
    named = {each for handler in _HANDLERS for each in handlers.get(handler, {}).get("permissions", [])}
    # some are written with a small letter, beside the same with a capital one
    in_capitals = {re.sub(r":\w", lambda found: found[0].upper(), each) for each in named}
    return sorted(each for each in in_capitals if _is_there(each.lower()))


def document(text: str) -> str:
    """The page with its tables as they should be."""
    for name, table in (("commands", _commands()), ("types", _types())):
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = f"{before}{begin}\n\n{table}\n\n{end}{after}"
    return text


def _commands() -> str:
    """A command that needs what another one needs says so, and what it needs beside that."""
    lines = ["| for | may | on | if |", "|---|---|---|---|"]
    for command, names in COMMANDS.items():
        beside = ", besides" if len(names) > 1 else ""
        statements = policy(names[-1])["Statement"]
        lines += [f"| `{command}`{beside} | {row}" for row in rows_of(statements)]
    return "\n".join(lines)


def _types() -> str:
    types = sorted({resource["Type"] for resource in translated()["Resources"].values()})
    takes = {each: ", ".join(f"`{action}`" for action in allowed_by_aws(each)) for each in types}
    return "\n".join(["| type | takes |", "|---|---|", *(f"| `{each}` | {takes[each]} |" for each in types)])


@functools.cache
def _actions(service: str) -> set[str]:
    try:
        return actions_of(service)
    except KeyError:
        return set()


def _is_there(action: str) -> bool:
    return action in _actions(action.partition(":")[0])
