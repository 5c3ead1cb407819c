"""The documentation as its readers get it: pages, the code in them, and the commands in that code."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import markdown  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
GUIDES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(page for page in PAGES if page.parent == DOCS)]
"""Pages whose commands somebody types; decision records tell of the past."""

PROGRAMS = frozenset({"aws", "curl", "elephant", "git", "make"})
_COMMENT = re.compile(r"\s#\s.*$")
_SETTING = re.compile(r"^[A-Z][A-Z0-9_]*=")


@dataclass(frozen=True, slots=True)
class Command:
    """A command on a page: its words, without settings before it and a file after it, a program of ours by its name."""

    page: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(self.words)


class _Code(HTMLParser):
    """Collects the texts of code in rendered Markdown: whole blocks, with their language, and words within a line."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[tuple[str, str]] = []
        self.words: list[str] = []
        self._language, self._in_block, self._in_code = "", False, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "pre":
            self._in_block = True
            self.blocks.append(("", ""))
        elif tag == "code":
            self._in_code = True
            language = re.search(r"language-(\w+)", dict(attrs).get("class") or "")
            if self._in_block and language:
                self.blocks[-1] = (language[1], "")
            elif not self._in_block:
                self.words.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self._in_block = False
        elif tag == "code":
            self._in_code = False

    def handle_data(self, data: str) -> None:
        if self._in_block and self._in_code:
            language, text = self.blocks[-1]
            self.blocks[-1] = (language, text + data)
        elif self._in_code:
            self.words[-1] += data


@cache
def code_of(page: Path) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """A page's blocks of code, each with its language ("" where it names none), and the code within its lines."""
    fences = {"pymdownx.highlight": {"use_pygments": False}}
    parts = _Code()
    parts.feed(
        markdown.markdown(
            page.read_text(),
            extensions=["pymdownx.highlight", "pymdownx.superfences", "tables"],
            extension_configs=fences,
        )
    )
    return tuple(parts.blocks), tuple(parts.words)


def lines_of(block: str) -> Iterator[str]:
    """The commands of a block: continued lines in one, without comments and empty lines."""
    for line in re.sub(r"\\\n\s*", " ", block).splitlines():
        if text := _COMMENT.sub("", f" {line}").strip():
            yield text


def command_of(page: str, line: str) -> Command | None:
    """The command in a line; None where it begins with no program of PROGRAMS."""
    try:
        words = shlex.split(line)
    except ValueError:
        return None
    while words and _SETTING.match(words[0]):
        words.pop(0)
    if not words:
        return None
    if ">" in words:
        words = words[: words.index(">")]
    program = words[0].rpartition("/")[2]
    return Command(page, (program, *words[1:])) if program in PROGRAMS else None


def commands_in_blocks(page: Path) -> Iterator[Command]:
    """Every command in a page's blocks; whatever stands in a block of `sh` has to be one, or ValueError is raised."""
    name = str(page.relative_to(ROOT))
    for language, block in code_of(page)[0]:
        for line in lines_of(block):
            command = command_of(name, line)
            if command:
                yield command
            elif language == "sh":
                raise ValueError(f"{name}: {line!r} begins with none of {', '.join(sorted(PROGRAMS))}")


def commands_in_lines(page: Path) -> Iterator[Command]:
    """Commands within sentences and tables, such as `elephant doctor`; a program's name alone is none."""
    name = str(page.relative_to(ROOT))
    for text in code_of(page)[1]:
        command = command_of(name, text)
        if command and len(command.words) > 1:
            yield command
