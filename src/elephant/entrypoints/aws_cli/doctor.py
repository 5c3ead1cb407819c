"""`elephant doctor --aws`: what a stack has, what it lacks, and how to mend that."""

import os
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from elephant.bootstrap.aws_inspection import Account
from elephant.bootstrap.service import utc_now
from elephant.entrypoints.aws_cli.checks import examine, unknown
from elephant.entrypoints.cli.findings import Finding, tell
from elephant.entrypoints.cli.installation import telling_errors
from elephant.entrypoints.cli.output import fail
from elephant.ports.errors import ElephantError, Permanent

INSTALLATION_FILE = Path("elephant-aws.toml")


def doctor(region: str, stack: str, *, as_json: bool) -> None:
    """Look at everything that a stack on AWS needs; leaves with 1 where something is missing or cannot be looked at.

    `region` and `stack` are "" for those of the installation's file here; without a region there it is the profile's.
    """
    with telling_errors(as_json=as_json):
        told = _installation_file()
    name = stack or str(told.get("stack", ""))
    if not name:
        fail("which stack? --stack NAME, or `stack` in an elephant-aws.toml here", as_json=as_json, usage=True)
    tell(diagnose(region or str(told.get("region", "")), name), as_json=as_json)


def diagnose(region: str, stack_name: str) -> Sequence[Finding]:
    """Every finding; those that the others stand on come first, and end it where they are bad."""
    account = Account(region, os.environ)
    try:
        credentials = Finding("credentials", is_well=True, says=f"of account {account.inspection.account()}")
    except Permanent as error:
        fix = "Sign in with `aws login` or `aws sso login`, or set AWS_PROFILE; nothing else was looked at."
        return [Finding("credentials", is_well=False, says=str(error), fix=fix)]
    except ElephantError as error:
        return [unknown("credentials", error)]
    try:
        found = account.deployment(stack_name, utc_now)
    except Permanent as error:
        fix = "Check --stack and --region, or run `elephant aws deploy`; nothing else was looked at."
        return [credentials, Finding("stack", is_well=False, says=str(error), fix=fix)]
    except ElephantError as error:
        return [credentials, unknown("stack", error)]
    parts = found.aws.service.overlap(examine(found, utc_now()))
    return [credentials, *(finding for part in parts for finding in part)]


def _installation_file() -> dict[str, Any]:
    """What `elephant aws init` wrote here; nothing where there is no such file. Raises Permanent for a broken one."""
    try:
        return tomllib.loads(INSTALLATION_FILE.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Permanent(f"{INSTALLATION_FILE} cannot be read: {error}") from error
