"""What a doctor found, and how it is told."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import typer
from rich.markup import escape

from elephant.entrypoints.cli.output import console, print_json


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `fix` is empty where all is well.

    What could not be looked at is not well either, and `is_known` is False; `says` tells why.
    """

    what: str
    is_well: bool
    says: str
    fix: str = ""
    is_known: bool = True


def tell(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Print them, one line each, and leave with 1 where something is not well or not known to be."""
    if as_json:
        print_json({"findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            fix = f" {finding.fix}" if finding.fix else ""
            line = f"{_mark(finding)} {finding.what}: {escape(finding.says)}{escape(fix)}"
            console().print(line, highlight=False, soft_wrap=True)
    if not all(finding.is_well for finding in findings):
        raise typer.Exit(1)


def _mark(finding: Finding) -> str:
    if finding.is_well:
        return "[green]ok     [/]"
    return "[red]missing[/]" if finding.is_known else "[yellow]unknown[/]"
