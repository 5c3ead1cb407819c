"""`elephant doctor --aws`: what a stack has, what it lacks, and how to mend that."""

import os
from collections.abc import Sequence
from pathlib import Path

from elephant.bootstrap.aws_inspection import Account, NoStack
from elephant.bootstrap.installation_file import FILE_NAME, Installation, read_installation
from elephant.bootstrap.service import utc_now
from elephant.entrypoints.aws_cli.checks import examine, unknown
from elephant.entrypoints.cli.findings import Finding, tell
from elephant.entrypoints.cli.installation import telling_errors
from elephant.entrypoints.cli.output import fail
from elephant.ports.errors import ElephantError, Permanent


def doctor(region: str, stack: str, *, as_json: bool) -> None:
    """Look at everything that a stack on AWS needs; leaves with 1 where something is missing or cannot be looked at.

    `region` and `stack` are "" for those of the installation's file here; without a region there it is the profile's.
    """
    with telling_errors(as_json=as_json):
        told = _installation_file()
    name = stack or told.stack
    if not name:
        fail("which stack? --stack NAME, or `stack` in an elephant-aws.toml here", as_json=as_json, usage=True)
    tell(diagnose(region or told.region, name, told.account), as_json=as_json)


def diagnose(region: str, stack_name: str, account_number: str = "") -> Sequence[Finding]:
    """Every finding; those that the others stand on come first, and end it where they are bad.

    `account_number` is whose the credentials have to be, "" where that is not known.
    """
    account = Account(region, os.environ)
    try:
        number = account.number()
    except Permanent as error:
        fix = "Sign in with `aws login` or `aws sso login`, or set AWS_PROFILE; nothing else was looked at."
        return [Finding("credentials", is_well=False, says=str(error), fix=fix)]
    except ElephantError as error:
        return [unknown("credentials", error)]
    if account_number not in {"", number}:
        says = f"of account {number}, and the installation is in {account_number}"
        return [Finding("credentials", is_well=False, says=says, fix="Choose others, with AWS_PROFILE.")]
    credentials = Finding("credentials", is_well=True, says=f"of account {number}")
    try:
        found = account.deployment(stack_name, utc_now)
    except NoStack as error:
        fix = "Check --stack and --region, or run `elephant aws deploy`; nothing else was looked at."
        return [credentials, Finding("stack", is_well=False, says=str(error), fix=fix)]
    except ElephantError as error:
        return [credentials, unknown("stack", error)]
    parts = found.aws.service.overlap(examine(found, utc_now()))
    return [credentials, *(finding for part in parts for finding in part)]


def _installation_file() -> Installation:
    """What `elephant aws init` wrote here; nothing decided where there is no such file. Raises Permanent."""
    file = Path(FILE_NAME)
    return read_installation(file) if file.exists() else Installation()
