"""`elephant doctor`: what this machine has, what it lacks, and how to mend that."""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from elephant.adapters.embedded.files import prepare_data_dir, require_installation
from elephant.adapters.embedded.socket_paths import socket_path_problem
from elephant.adapters.embedded.sqlite import SqliteDatabase
from elephant.adapters.embedded.sqlite_meetings import SqliteMeetings
from elephant.bootstrap.embedded import build_embedded
from elephant.bootstrap.embedded_settings import EmbeddedSettings
from elephant.entrypoints.cli.aws_commands import doctor_of_aws
from elephant.entrypoints.cli.findings import Finding, tell
from elephant.entrypoints.cli.installation import DataDir, JsonFlag, read_settings, telling_errors
from elephant.entrypoints.web.novnc import find_novnc
from elephant.ports.errors import ElephantError, Permanent

_LOW_DISK_BYTES = 2 * 1024**3


def doctor(
    data_dir: DataDir = None,
    aws: Annotated[bool, typer.Option("--aws", help="Look at a stack on AWS instead of at this machine.")] = False,
    region: Annotated[str, typer.Option(help="With --aws: the region; else that of elephant-aws.toml.")] = "",
    stack: Annotated[str, typer.Option(help="With --aws: the stack's name; else that of elephant-aws.toml.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Look at everything that desktops need here, or on AWS; leaves with 1 where something is missing."""
    if aws:
        if data_dir is not None:
            raise typer.BadParameter("is of this machine, and --aws of a stack", param_hint="--data-dir")
        doctor_of_aws(region, stack, as_json=as_json)
        return
    if region or stack:
        raise typer.BadParameter("go with --aws", param_hint="--region and --stack")
    with telling_errors(as_json=as_json):
        findings = examine(read_settings(data_dir=data_dir))
    tell(findings, as_json=as_json)


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
