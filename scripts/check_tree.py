"""Fails on what no linter knows: package registries, one machine's paths, long modules, roles named in code."""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

MAX_MODULE_LINES = 300

# Put together from pieces, so that this file does not contain what it looks for.
REGISTRY_HOST = re.compile(
    r"\b(?:"
    + "|".join(
        [
            r"(?:upload\.|test\.)?py" + r"pi\.(?:org|python\.org)",
            r"files\.python" + r"hosted\.org",
            r"registry\.(?:npm" + r"js\.org|yarn" + r"pkg\.com)",
            r"(?:deb|ftp|security|snapshot)\.(?:[a-z]{2}\.)?deb" + r"ian\.org",
            r"deb\.node" + r"source\.com",
        ]
    )
    + r")\b",
    re.IGNORECASE,
)
MACHINE_PATH = re.compile(
    r"(?<![\w.~$})*-])/(?:"
    + "|".join(
        [
            "wo" + "rk/",
            "fa" + "rm/",
            "Us" + r"ers/\w",
            "ro" + r"ot/[\w.]",
            "var/fol" + "ders/",
            # in a desktop's own /tmp the X server keeps its sockets and locks
            "tm" + r"p/(?!\.X)[\w.]",
        ]
    )
    + ")"
)
# `teacher_email` is an attribute of the meeting, not of one seat: there is no such thing for another role.
ROLE_NAME = re.compile(r"(?<![a-z])(?:teacher(?!_email)|student)s?(?![a-z])", re.IGNORECASE)
ROLES_BELONG_IN = Path("src/elephant/domain/meeting.py")


def problems_of_text(path: Path, text: str) -> Iterator[str]:
    """What is wrong with one file of the tree; `path` is relative to the repository's root."""
    is_source = path.suffix == ".py" and path.is_relative_to("src")
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        if REGISTRY_HOST.search(line):
            yield f"{path}:{number}: names the host of a package registry"
        if MACHINE_PATH.search(line):
            yield f"{path}:{number}: an absolute path of one machine"
        if is_source and path != ROLES_BELONG_IN and ROLE_NAME.search(line):
            yield f"{path}:{number}: names a role; roles are data, named only in {ROLES_BELONG_IN}"
    if is_source and len(lines) > MAX_MODULE_LINES:
        yield f"{path}: {len(lines)} lines, more than {MAX_MODULE_LINES}: is it really one thing?"


def problems_of_tree(root: Path, paths: Iterable[Path]) -> Iterator[str]:
    """What is wrong with these files under `root`; binary files are passed over."""
    for path in paths:
        file = root / path
        if file.is_symlink() or not file.is_file():
            continue
        content = file.read_bytes()
        if b"\0" not in content:
            yield from problems_of_text(path, content.decode(errors="replace"))


def files_of_repository(root: Path) -> list[Path]:
    """The files that git tracks or would track under `root`, relative to it.

    Raises subprocess.CalledProcessError where `root` is no git repository.
    """
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=True,
    )
    return [Path(name) for name in listing.stdout.decode().split("\0") if name]


def main() -> int:
    """Print every problem of this repository; 1 if there is any."""
    root = Path(__file__).resolve().parent.parent
    paths = files_of_repository(root)
    problems = sorted(problems_of_tree(root, paths))
    for problem in problems:
        print(problem)
    print(f"Tree: {len(paths)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
