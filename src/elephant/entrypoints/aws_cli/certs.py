"""`elephant certs`: the certificate of the machines on AWS."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from elephant.bootstrap.aws_certificates import Certificates, build_certificates
from elephant.bootstrap.aws_settings import read_aws_settings
from elephant.bootstrap.installation_file import Installation, read_installation
from elephant.bootstrap.service import utc_now
from elephant.domain.certificate import Certificate, days_left, how_long, renewal_reason
from elephant.domain.meeting_item import time_text
from elephant.entrypoints.aws_cli.options import DEFAULT_FILE, FileOption
from elephant.entrypoints.cli.installation import JsonFlag, telling_errors
from elephant.entrypoints.cli.output import console, print_json
from elephant.usecases.issue_certificate import issue_certificate

app = typer.Typer(
    name="certs",
    help="The certificate of the machines on AWS; settings are those of elephant-aws.toml, or the functions' own.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.command()
def issue(
    force: Annotated[bool, typer.Option("--force", help="Another one, however long the one held is good for.")] = False,
    file: FileOption = DEFAULT_FILE,
    as_json: JsonFlag = False,
) -> None:
    """Get a certificate, or another in its last 30 days; else do nothing. Safe to run daily, and after any error."""
    with telling_errors(as_json=as_json):
        parts = _parts(file)
        done = issue_certificate(
            parts.names,
            store=parts.store,
            authority=parts.authority(),
            keys=parts.keys,
            now=utc_now(),
            force=force,
        )
    if as_json:
        print_json({"issued": bool(done.why), "why": done.why, **_facts(done.certificate)})
    elif done.why:
        _say(f"a new certificate, because {done.why}")
        _show(done.certificate)
    else:
        _say(f"nothing to do: the certificate {how_long(done.certificate, utc_now())}")


app.command("renew", help=issue.__doc__)(issue)


@app.command()
def status(file: FileOption = DEFAULT_FILE, as_json: JsonFlag = False) -> None:
    """Show the certificate; leaves with 1 where there is none, or another is wanted."""
    with telling_errors(as_json=as_json):
        parts = _parts(file)
        held = parts.store.current()
    problem = renewal_reason(held, parts.names, held.authority if held else "", utc_now())
    if as_json:
        print_json({"problem": problem, **(_facts(held) if held else {})})
    else:
        if held:
            _show(held)
        if problem:
            _say(f"{problem}: run `elephant certs {'renew' if held else 'issue'}`")
    if problem:
        raise typer.Exit(1)


def _parts(file: Path) -> Certificates:
    """Of the installation that the file tells of, if there is one; what the environment says besides wins."""
    installation = read_installation(file) if file != DEFAULT_FILE or file.exists() else Installation()
    settings = read_aws_settings({**installation.environment(), **os.environ})
    return build_certificates(settings, installation.region)


def _facts(held: Certificate) -> dict[str, Any]:
    """What anybody may see of it."""
    return {
        "names": list(held.names),
        "issuer": held.issuer,
        "authority": held.authority,
        "not_after": time_text(held.not_after),
        "days_left": days_left(held, utc_now()),
        "renew_from": time_text(held.renew_from),
    }


def _show(held: Certificate) -> None:
    _say(f"names:   {', '.join(held.names)}")
    _say(f"issuer:  {held.issuer}")
    _say(f"ends:    {held.not_after.isoformat(sep=' ')}, {days_left(held, utc_now())} days left")


def _say(line: str) -> None:
    console().print(line, markup=False, highlight=False, soft_wrap=True)
