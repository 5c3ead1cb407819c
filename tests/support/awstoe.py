"""What AWSTOE takes as a component document, written down from its public documentation.

Sources: Image Builder User Guide, "Use the AWSTOE component document framework", "Action modules supported by AWSTOE"
and "Use variables in your custom component document". What is not written here is refused: an unknown action or input
would fail a build after a quarter of an hour.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_ENCODING = re.compile(r"utf-?(8|16|32)(-(LE|BE))?", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9_-]{3,128}")
_LARGEST_DOCUMENT_CHARACTERS = 16_000
"""What CreateComponent takes as `data`."""


@dataclass(frozen=True)
class Action:
    """The inputs of one action by name, with the types that each may have; `several` where they are a list of such."""

    required: Mapping[str, tuple[type, ...]]
    optional: Mapping[str, tuple[type, ...]]
    several: bool = True
    platforms: tuple[str, ...] = ("Linux", "Windows")


def _texts(*names: str) -> dict[str, tuple[type, ...]]:
    return dict.fromkeys(names, (str,))


def _truths(*names: str) -> dict[str, tuple[type, ...]]:
    return dict.fromkeys(names, (bool,))


_OWNED = _texts("owner", "group", "permissions")
_LINUX = ("Linux",)
ACTIONS = {
    "AppendFile": Action(_texts("path"), _texts("content", "encoding")),
    "CopyFile": Action(_texts("source", "destination"), _truths("overwrite")),
    "CopyFolder": Action(_texts("source", "destination"), _truths("overwrite")),
    "CreateFile": Action(_texts("path"), {**_texts("content", "encoding"), **_OWNED, **_truths("overwrite")}),
    "CreateFolder": Action(_texts("path"), {**_OWNED, **_truths("overwrite")}),
    "CreateSymlink": Action(_texts("path", "target"), _truths("force"), platforms=_LINUX),
    "DeleteFile": Action(_texts("path"), {}),
    "DeleteFolder": Action(_texts("path"), _truths("force")),
    "ExecuteBash": Action({"commands": (list,)}, {}, several=False, platforms=_LINUX),
    "ExecuteBinary": Action(_texts("path"), {"arguments": (list,)}, several=False),
    "ExecutePowerShell": Action({}, {"commands": (list,), "file": (str,)}, several=False, platforms=("Windows",)),
    "ListFiles": Action(_texts("path"), {**_texts("fileNamePattern"), **_truths("recursive")}),
    "MoveFile": Action(_texts("source", "destination"), _truths("overwrite")),
    "MoveFolder": Action(_texts("source", "destination"), _truths("overwrite")),
    "ReadFile": Action(_texts("path"), {**_texts("encoding"), **_truths("printFileContent")}),
    "Reboot": Action({}, {"delaySeconds": (int,)}, several=False),
    "S3Download": Action(_texts("source", "destination"), {}),
    "S3Upload": Action(_texts("source", "destination"), _truths("recurse")),
    "SetFileEncoding": Action(_texts("path", "encoding"), {}),
    "SetFileOwner": Action(_texts("path", "owner"), _texts("group"), platforms=_LINUX),
    "SetFilePermissions": Action(_texts("path", "permissions"), {}, platforms=_LINUX),
    "SetFolderOwner": Action(_texts("path", "owner"), {**_texts("group"), **_truths("recursive")}, platforms=_LINUX),
    "SetFolderPermissions": Action(_texts("path", "permissions"), _truths("recursive"), platforms=_LINUX),
    "SetRegistry": Action(
        {**_texts("path", "name", "type"), "value": (str, int, float, list)}, {}, platforms=("Windows",)
    ),
    "UpdateOS": Action({}, {"include": (list,), "exclude": (list,)}, several=False),
    "WebDownload": Action(
        _texts("source", "destination"),
        {**_truths("overwrite", "ignoreCertificateErrors"), **_texts("checksum", "algorithm")},
    ),
}
PHASES = ("build", "validate", "test")
_DOCUMENT = {"name", "description", "schemaVersion", "parameters", "constants", "phases"}
_STEP = {"name", "action", "timeoutSeconds", "onFailure", "maxAttempts", "inputs", "loop", "if"}
_ALGORITHMS = ("MD5", "SHA1", "SHA256", "SHA512")


def problems_of_document(text: str, document: Any, platform: str) -> Iterator[str]:  # noqa: ANN401  YAML
    """A sentence for everything that AWSTOE would not take; `document` is `text` read, `platform` Linux or Windows."""
    if len(text) > _LARGEST_DOCUMENT_CHARACTERS:
        yield f"{len(text)} characters, more than CreateComponent takes"
    if not isinstance(document, dict):
        yield "no mapping"
        return
    yield from (f"unknown key {name}" for name in document if name not in _DOCUMENT)
    if document.get("schemaVersion") != 1.0:
        yield "schemaVersion must be 1.0"
    parameters = [name for each in document.get("parameters", []) for name in each]
    yield from (f"parameter {name}" for name in parameters if not _NAME.fullmatch(name))
    for each in document.get("parameters", []):
        for name, said in each.items():
            if said.get("type") != "string" or said.keys() - {"type", "default", "description"}:
                yield f"parameter {name} is none of string"
    phases = document.get("phases") or []
    names = [phase.get("name") for phase in phases]
    if not phases or names != [name for name in PHASES if name in names]:
        yield f"phases {names}"
    for phase in phases:
        yield from _problems_of_phase(phase, platform, set(parameters))


def _problems_of_phase(phase: Mapping[str, Any], platform: str, parameters: set[str]) -> Iterator[str]:
    if set(phase) != {"name", "steps"} or not phase["steps"]:
        yield f"{phase.get('name')} must have steps, and nothing else"
        return
    names = [step.get("name") for step in phase["steps"]]
    yield from (f"{phase['name']}: two steps {name}" for name in set(names) if names.count(name) > 1)
    for step in phase["steps"]:
        where = f"{phase['name']}.{step.get('name')}"
        yield from (f"{where}: {problem}" for problem in _problems_of_step(step, platform))
        for reference in re.findall(r"\{\{(.*?)\}\}", str(step.get("inputs", ""))):
            if reference.strip() not in parameters:
                yield f"{where}: no parameter {reference.strip()}"


def _problems_of_step(step: Mapping[str, Any], platform: str) -> Iterator[str]:
    yield from (f"unknown key {name}" for name in step if name not in _STEP)
    if not isinstance(step.get("name"), str):
        yield "no name"
    if step.get("onFailure", "Abort") not in {"Abort", "Continue", "Ignore"}:
        yield "onFailure"
    timeout, attempts = step.get("timeoutSeconds", 7200), step.get("maxAttempts", 1)
    if type(timeout) is not int or (timeout <= 0 and timeout != -1):
        yield "timeoutSeconds must be a number of seconds"
    if type(attempts) is not int or attempts < 1:
        yield "maxAttempts must be a number"
    action = ACTIONS.get(step.get("action", ""))
    if action is None:
        yield f"unknown action {step.get('action')}"
        return
    if platform not in action.platforms:
        yield f"{step['action']} is not for {platform}"
    inputs = step.get("inputs")
    if inputs is None and not action.required and step["action"] != "ExecutePowerShell":
        return
    several = inputs if action.several else [inputs]
    if not isinstance(several, list) or not several or not all(isinstance(each, dict) for each in several):
        yield "inputs must be a list" if action.several else "inputs must be a mapping"
        return
    for each in several:
        yield from _problems_of_inputs(step["action"], action, each)


def _problems_of_inputs(name: str, action: Action, inputs: Mapping[str, Any]) -> Iterator[str]:
    known = {**action.required, **action.optional}
    yield from (f"{name} has no input {each}" for each in inputs if each not in known)
    yield from (f"{name} wants {each}" for each in action.required if each not in inputs)
    for each, types in known.items():
        value = inputs.get(each)
        if each in inputs and type(value) not in types:
            yield f"{name}: {each} is {value!r}"
        if isinstance(value, list) and not (value and all(isinstance(part, str) for part in value)):
            yield f"{name}: {each} must be a list of texts"
    if name == "ExecutePowerShell" and len(inputs.keys() & {"commands", "file"}) != 1:
        yield "ExecutePowerShell wants commands or file, not both"
    if name == "WebDownload" and len(inputs.keys() & {"checksum", "algorithm"}) == 1:
        yield "WebDownload looks at a checksum with its algorithm only"
    if inputs.get("algorithm", "SHA256") not in _ALGORITHMS:
        yield f"WebDownload knows no {inputs['algorithm']}"
    if not _ENCODING.fullmatch(str(inputs.get("encoding", "utf8"))):
        yield f"{name} knows no encoding {inputs['encoding']}"
