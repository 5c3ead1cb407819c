"""Commands of AWS's command line, version 2, as calls of botocore: which operation of which service, with what.

The command line is made from the same service models as botocore is; what it has beside them is named here. Of its
ways to write a value those are read that the documentation uses: plain words, JSON, file://, and shorthand
(`Name=a,Values=b,c`).
"""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.validate import ParamValidator

GLOBAL = {"--query", "--output", "--region", "--profile", "--cli-binary-format"}
"""Options of every command, each with a value."""

BY_HAND = {
    ("logs", "tail"): {"--since", "--follow", "--filter-pattern", "--format"},
    ("s3", "ls"): {"--recursive", "--summarize"},
    ("s3", "cp"): {"--recursive"},
    ("s3", "rm"): {"--recursive"},
}
"""Commands that the command line has beside the models, and what they take."""
ITS_NAMES = {"s3api": "s3"}
"""What the command line calls a service that the models call otherwise."""


class NotInTheModels(ValueError):
    """There is no such service, operation or parameter, or its value has another type."""


@dataclass(frozen=True, slots=True)
class AwsCall:
    """What a command asks for: an operation as the models name it; `waiter` where it is asked for until it holds.

    Commands of BY_HAND have no operation.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    waiter: str = ""


@cache
def _session() -> botocore.session.Session:
    return botocore.session.Session()


def call_of(words: Sequence[str], folder: Path) -> AwsCall:
    """The call that `aws WORDS...` makes, with file:// read from `folder`; raises NotInTheModels."""
    if len(words) < 2 or words[0] not in {*_session().get_available_services(), *ITS_NAMES}:
        raise NotInTheModels(f"no service: {shlex.join(words)}")
    service, command, *rest = words
    if (service, command) in BY_HAND:
        unknown = {word for word in rest if word.startswith("--")} - BY_HAND[service, command] - GLOBAL
        if unknown:
            raise NotInTheModels(f"aws {service} {command} has no {', '.join(sorted(unknown))}")
        return AwsCall(service, "", {})
    service = ITS_NAMES.get(service, service)
    waiter = ""
    if command == "wait":
        waiter, *rest = rest
        command = _operation_of_waiter(service, waiter)
    model = _session().get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    operation = names.get(command)
    if operation is None:
        raise NotInTheModels(f"aws {service} has no {command}")
    parameters = dict(_parameters(model.operation_model(operation), rest, folder))
    return AwsCall(service, operation, parameters, waiter.replace("-", "_"))


def problems_of(call: AwsCall) -> list[str]:
    """What botocore would refuse before it sends anything; nothing for a call that is whole."""
    if not call.operation:
        return []
    shape = _session().get_service_model(call.service).operation_model(call.operation).input_shape
    report = ParamValidator().validate(dict(call.parameters), shape) if shape else None
    return [report.generate_report()] if report and report.has_errors() else []


def _operation_of_waiter(service: str, name: str) -> str:
    waiters = _session().get_waiter_model(service)
    found = {xform_name(each, "-"): each for each in waiters.waiter_names}
    if name not in found:
        raise NotInTheModels(f"aws {service} waits for no {name}")
    return str(xform_name(waiters.get_waiter(found[name]).operation, "-"))


def _parameters(operation: OperationModel, words: list[str], folder: Path) -> Iterator[tuple[str, Any]]:
    shape = operation.input_shape
    members: Mapping[str, Shape] = shape.members if shape else {}
    options = {f"--{xform_name(name, '-')}": name for name in members}
    files = 1 if operation.has_streaming_output else 0
    for word, given in _groups(words):
        name = options.get(word)
        taken = given if name and members[name].type_name == "list" else given[:1]
        if name:
            yield name, _value(members[name], taken, folder)
        elif options.get(word.replace("--no-", "--", 1)):
            taken = []
            name = options[word.replace("--no-", "--", 1)]
            yield name, _flag(members[name], value=False)
        elif word not in GLOBAL | {""}:
            raise NotInTheModels(f"{operation.name} has no {word}")
        elif not word:
            taken = []
        # what is left is the file that the answer's body goes to
        files -= len(given) - len(taken)
    if files < 0 or (files and operation.has_streaming_output):
        raise NotInTheModels(f"{operation.name}: one file for its answer, where it has a body, and no other word")


def _groups(words: list[str]) -> list[tuple[str, list[str]]]:
    """Each option with the words up to the next one; those before the first option under the empty one."""
    groups: list[tuple[str, list[str]]] = [("", [])]
    for word in words:
        if word.startswith("--"):
            groups.append((word, []))
        else:
            groups[-1][1].append(word)
    return groups


def _flag(shape: Shape, *, value: bool) -> object:
    if shape.type_name == "boolean":
        return value
    if isinstance(shape, StructureShape) and set(shape.members) == {"Value"}:
        return {"Value": value}
    raise NotInTheModels(f"{shape.name} is no yes or no")


def _value(shape: Shape, words: list[str], folder: Path) -> Any:  # noqa: ANN401  a parameter has any shape
    if not words:
        return _flag(shape, value=True)
    if words[0].startswith("file://"):
        words = [(folder / words[0].removeprefix("file://")).read_text()]
    if shape.type_name in {"list", "map", "structure"}:
        if words[0].lstrip()[:1] in {"{", "["}:
            return json.loads(words[0])
        if isinstance(shape, ListShape):
            return [_short(shape.member, word) for word in words]
        return _short(shape, words[0])
    (word,) = words
    if shape.type_name in {"integer", "long"}:
        return int(word)
    return word.encode() if shape.type_name == "blob" else word


def _short(shape: Shape, word: str) -> Any:  # noqa: ANN401
    """The shorthand `Key=value,Key=value,more`, where `more` goes on with the list before it."""
    if not isinstance(shape, StructureShape | MapShape):
        return word
    pairs: dict[str, list[str]] = {}
    for part in word.split(","):
        key, sign, value = part.partition("=")
        if sign:
            pairs[key] = [value]
        else:
            pairs[list(pairs)[-1]].append(key)
    if isinstance(shape, MapShape):
        return {key: ",".join(values) for key, values in pairs.items()}
    unknown = set(pairs) - set(shape.members)
    if unknown:
        raise NotInTheModels(f"{shape.name} has no {', '.join(sorted(unknown))}")
    return {key: _typed(shape.members[key], values) for key, values in pairs.items()}


def _typed(shape: Shape, values: list[str]) -> Any:  # noqa: ANN401
    if isinstance(shape, ListShape):
        return values
    text = ",".join(values)
    return text == "true" if shape.type_name == "boolean" else text
