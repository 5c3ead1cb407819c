"""`elephant doctor`: what this machine has, what it lacks, and how to mend that."""

import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import typer
from rich.markup import escape

from elephant.adapters.embedded.files import prepare_data_dir, require_installation
from elephant.adapters.embedded.socket_paths import socket_path_problem
from elephant.adapters.embedded.sqlite import SqliteDatabase
from elephant.adapters.embedded.sqlite_meetings import SqliteMeetings
from elephant.bootstrap.embedded import build_embedded
from elephant.bootstrap.embedded_settings import EmbeddedSettings
from elephant.entrypoints.cli.installation import DataDir, JsonFlag, read_settings, telling_errors
from elephant.entrypoints.cli.output import console, print_json
from elephant.entrypoints.web.novnc import find_novnc
from elephant.ports.errors import ElephantError, Permanent

_LOW_DISK_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `fix` is empty where all is well."""

    what: str
    is_well: bool
    says: str
    fix: str = ""


def doctor(data_dir: DataDir = None, as_json: JsonFlag = False) -> None:
    """Look at everything that desktops need on this machine; leaves with 1 where something is missing."""
    with telling_errors(as_json=as_json):
        findings = examine(read_settings(data_dir=data_dir))
    if as_json:
        print_json({"findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            mark = "[green]ok     [/]" if finding.is_well else "[red]missing[/]"
            fix = f" {finding.fix}" if finding.fix else ""
            console().print(
                f"{mark} {finding.what}: {escape(finding.says)}{escape(fix)}", highlight=False, soft_wrap=True
            )
    if not all(finding.is_well for finding in findings):
        raise typer.Exit(1)


def examine(settings: EmbeddedSettings) -> list[Finding]:
    """Every finding about this machine and data directory; where there is no installation yet, none is made."""
    try:
        require_installation(settings.data_dir)
    except Permanent as error:
        nothing_there = Finding("data directory", is_well=False, says=str(error))
        with tempfile.TemporaryDirectory(prefix="elephant-doctor-") as name:
            elsewhere = settings.model_copy(update={"data_dir": Path(name)})
            return [nothing_there, _novnc(), *_desktops(elsewhere, settings.data_dir)]
    findings = [_data_dir(settings.data_dir)]
    if findings[0].is_well:
        findings.append(_store(settings.data_dir))
        findings.append(_disk(settings.data_dir))
    findings.append(_novnc())
    if all(finding.is_well for finding in findings[:2]):
        findings.extend(_desktops(settings, settings.data_dir))
    return findings


def _desktops(settings: EmbeddedSettings, wanted_dir: Path) -> list[Finding]:
    """What desktops would run into with these settings, and in the directory that is wanted for them."""
    try:
        embedded = build_embedded(settings)
    except ElephantError as error:
        return [Finding("desktops", is_well=False, says=str(error))]
    too_long = socket_path_problem(wanted_dir, use_sandbox=embedded.uses_sandbox)
    problems = [*embedded.problems(), *([too_long] if too_long else [])]
    if not problems:
        return [Finding("desktops", is_well=True, says="every program is here, and the sandbox works")]
    return [Finding("desktops", is_well=False, says=problem) for problem in problems]


def _data_dir(data_dir: Path) -> Finding:
    try:
        prepare_data_dir(data_dir)
    except ElephantError as error:
        return Finding("data directory", is_well=False, says=str(error))
    return Finding("data directory", is_well=True, says=str(data_dir))


def _store(data_dir: Path) -> Finding:
    try:
        open_meetings = SqliteMeetings(SqliteDatabase(data_dir)).open_meetings()
    except ElephantError as error:
        return Finding("store", is_well=False, says=str(error))
    return Finding("store", is_well=True, says=f"{len(open_meetings)} open meeting(s)")


def _disk(data_dir: Path) -> Finding:
    free_bytes = shutil.disk_usage(data_dir).free
    says = f"{free_bytes / 1024**3:.1f} GiB free"
    if free_bytes < _LOW_DISK_BYTES:
        return Finding(
            "disk", is_well=False, says=says, fix="Recordings need room: about 0.5 GiB for an hour of a seat."
        )
    return Finding("disk", is_well=True, says=says)


def _novnc() -> Finding:
    try:
        return Finding("noVNC", is_well=True, says=str(find_novnc()))
    except ElephantError as error:
        return Finding("noVNC", is_well=False, says=str(error))
