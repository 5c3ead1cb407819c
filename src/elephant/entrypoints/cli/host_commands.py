"""`elephant hosts`: who else may book meetings on this machine, each with a token of their own."""

import secrets
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from elephant.bootstrap.embedded import Embedded
from elephant.domain.hours import Host, is_host_name, minutes_text, month_of
from elephant.entrypoints.cli.installation import DataDir, JsonFlag, installation
from elephant.entrypoints.cli.output import console, print_json
from elephant.entrypoints.web.access import meetings_of
from elephant.ports.errors import InvalidField
from elephant.ports.hosts import token_digest

hosts = typer.Typer(help="Hosts with a token of their own; each sees their own meetings.", no_args_is_help=True)

HostName = Annotated[str, typer.Argument(metavar="NAME", help="The host's name, which their meetings carry.")]
_TOKEN_BYTES = 32


@hosts.command()
def add(
    name: HostName,
    hours_per_month: Annotated[
        float | None, typer.Option(min=0, max=744, help="How many hours of meetings a month; no limit if left out.")
    ] = None,
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Let a host in, and print their token once; it is kept nowhere."""
    with installation(data_dir, as_json=as_json, makes_one=True) as embedded:
        if not is_host_name(name):
            raise InvalidField("NAME", "must be 1 to 254 printable characters, without spaces around them")
        minutes = None if hours_per_month is None else hours_per_month * 60
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        host = Host(name=name, minutes_per_month=minutes)
        embedded.hosts.add(host, token_digest(token))
        _show_token(embedded, host, token, as_json=as_json)


@hosts.command("list")
def list_hosts(data_dir: DataDir = None, as_json: JsonFlag = False) -> None:
    """Show the hosts, and what each has used of this month."""
    with installation(data_dir, as_json=as_json) as embedded:
        rows = [_row(host, embedded) for host in embedded.hosts.all()]
        if as_json:
            print_json({"hosts": rows})
        elif rows:
            console().print(_table(rows, month_of(embedded.service.now())))
        else:
            console().print("no hosts but whoever has this installation's own token; `elephant hosts add NAME`")


@hosts.command()
def remove(name: HostName, data_dir: DataDir = None, as_json: JsonFlag = False) -> None:
    """Let a host in no more. Their meetings stay, for whoever has the installation's own token."""
    with installation(data_dir, as_json=as_json) as embedded:
        embedded.hosts.remove(name)
        if as_json:
            print_json({"message": "the host is removed", "name": name})
        else:
            console().print(f"{escape(name)} is no host any more; their open meetings go on", highlight=False)


@hosts.command()
def token(name: HostName, data_dir: DataDir = None, as_json: JsonFlag = False) -> None:
    """Give a host a new token, and print it once; the old one and every browser signed in with it are out."""
    with installation(data_dir, as_json=as_json) as embedded:
        fresh = secrets.token_urlsafe(_TOKEN_BYTES)
        _show_token(embedded, embedded.hosts.renew(name, token_digest(fresh)), fresh, as_json=as_json)


def _show_token(embedded: Embedded, host: Host, fresh: str, *, as_json: bool) -> None:
    url = f"{embedded.service.public_url}/"
    if as_json:
        print_json({"name": host.name, "hours_per_month": _hours(host), "token": fresh, "url": url})
        return
    limit = "no limit" if host.minutes_per_month is None else f"{minutes_text(host.minutes_per_month)} a month"
    console().print(f"{escape(host.name)}: {limit}", highlight=False)
    console().print(f"token  {fresh}", highlight=False, soft_wrap=True)
    console().print(f"They sign in with it at {escape(url)}; it is shown this once.", highlight=False, soft_wrap=True)


def _hours(host: Host) -> float | None:
    return None if host.minutes_per_month is None else host.minutes_per_month / 60


def _row(host: Host, embedded: Embedded) -> dict[str, Any]:
    service = embedded.service
    used = meetings_of(host, service).allowance(service.now())
    return {
        "name": host.name,
        "hours_per_month": _hours(host),
        "hours_used": None if used is None else round(used.used / 60, 4),
        "hours_left": None if used is None else round(used.left / 60, 4),
    }


def _table(rows: list[Mapping[str, Any]] | list[dict[str, Any]], month: str) -> Table:
    table = Table(box=None, header_style="bold")
    for heading in ("host", "hours a month", f"used in {month}", "left"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        hours = [row[name] for name in ("hours_per_month", "hours_used", "hours_left")]
        table.add_row(escape(row["name"]), *("-" if each is None else minutes_text(each * 60) for each in hours))
    return table
