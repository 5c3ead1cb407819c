"""Writes the agent of desktops on EC2 as one file that any Python 3.11 runs: the same bytes for the same sources.

`make package` runs it. In it is `elephant.agent.ec2` with whatever of ours that imports, and the other commands;
nothing else is needed but the standard library. Entries are stored, not deflated: another zlib would give other bytes.
"""

import argparse
import ast
import hashlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from elephant.bootstrap.stored_zip import stored_zip

ROOT = Path(__file__).resolve().parent.parent
NAME = "elephant-agent.pyz"
AGENT = "elephant.agent.ec2.__main__"
COMMANDS = {
    "kiosk": "elephant.agent.kiosk",
    "record": "elephant.agent.ec2.record",
    "screen": "elephant.agent.ec2.screen",
}
"""The module of each first argument that is no option: without one the file is the agent."""
_SHEBANG = b"#!/usr/bin/env python3\n"
_MAIN = '''"""The agent of a desktop on EC2: `elephant-agent.pyz [ARGUMENTS...]`, or one of its other commands."""

import importlib
import sys

if sys.argv[1:] == ["--version"]:
    sys.stdout.write("elephant-agent {version} ({digest})\\n")
    sys.exit(0)
command = {commands!r}.get(sys.argv[1] if len(sys.argv) > 1 else "")
if command is not None:
    sys.exit(importlib.import_module(command).main(sys.argv[2:]))
from {agent} import main

sys.exit(main())
'''


class CannotPackage(Exception):
    """A module is missing, or is none that the standard library alone can run."""


def package_agent(output: Path, *, checkout: Path = ROOT, agent: str = AGENT) -> Path:
    """Write the file into the folder `output` and return its path; raises CannotPackage."""
    entries = sources(checkout / "src", agent, *COMMANDS.values())
    digest = hashlib.sha256(b"".join(name.encode() + b"\0" + entries[name] + b"\0" for name in sorted(entries)))
    text = _MAIN.format(version=_version(checkout), digest=digest.hexdigest()[:12], commands=COMMANDS, agent=agent)
    entries["__main__.py"] = text.encode()
    output.mkdir(parents=True, exist_ok=True)
    path = output / NAME
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(_SHEBANG + stored_zip(entries))
    unfinished.chmod(0o755)
    unfinished.replace(path)
    return path


def sources(source: Path, *modules: str) -> dict[str, bytes]:
    """These modules of ours and all that they import, by their path in `source`; packages with their `__init__`.

    Raises CannotPackage for one that is missing and for an import that is neither ours nor the standard library's.
    """
    found: dict[str, bytes] = {}
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        file = _file_of(source, module)
        if file is None:
            raise CannotPackage(f"there is no {module}")
        name = file.relative_to(source).as_posix()
        if name in found:
            continue
        found[name] = file.read_bytes()
        if "." in module:
            waiting.append(module.rpartition(".")[0])
        waiting.extend(_imports(source, module, file))
    return found


def _imports(source: Path, module: str, file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level or not node.module:
                raise CannotPackage(f"{module} has a relative import, which nobody follows here")
            # what is imported from a package may be a module of it
            deeper = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [node.module, *(name for name in deeper if _file_of(source, name))]
        else:
            continue
        for name in names:
            top = name.partition(".")[0]
            if top == "elephant":
                yield name
            elif top not in sys.stdlib_module_names:
                raise CannotPackage(f"{module} imports {name}, which is not of the standard library")


def _file_of(source: Path, module: str) -> Path | None:
    path = source / module.replace(".", "/")
    files = (path / "__init__.py", path.with_suffix(".py"))
    return next((file for file in files if file.is_file()), None)


def _version(checkout: Path) -> str:
    found = re.search(r'^version = "([^"]+)"$', (checkout / "pyproject.toml").read_text(), re.MULTILINE)
    if found is None:
        raise CannotPackage("pyproject.toml has no version")
    return found[1]


def main() -> int:
    """Write the file and print what it weighs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "build/agent", help="where to write")
    try:
        path = package_agent(parser.parse_args().output)
    except CannotPackage as error:
        print(f"Cannot package the agent: {error}", file=sys.stderr)
        return 1
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    print(f"{os.path.relpath(path)}  {len(content) / 1e6:.1f} MB  sha256 {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
