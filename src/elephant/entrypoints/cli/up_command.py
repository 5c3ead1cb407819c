"""`elephant up`: serve meetings from this machine."""

import asyncio
import socket
import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer
import uvloop
from rich.markup import escape

from elephant.adapters.embedded.certificates import certificate_for, check_pair, spki_fingerprint
from elephant.adapters.embedded.files import lock_data_dir, prepare_data_dir
from elephant.adapters.embedded.server_place import ServerPlace, write_place
from elephant.agent.__main__ import main as run_agent
from elephant.agent.ec2.__main__ import run as run_agent_on_ec2
from elephant.bootstrap.embedded import Embedded, build_embedded, place_file
from elephant.bootstrap.embedded_settings import EmbeddedSettings
from elephant.bootstrap.service import utc_now
from elephant.entrypoints.cli.installation import DataDir, JsonFlag, read_settings, telling_errors
from elephant.entrypoints.cli.output import console, print_json
from elephant.entrypoints.logs import log_to_stderr
from elephant.entrypoints.web.novnc import find_novnc
from elephant.entrypoints.web.server import listen, serve

_ANY = {"0.0.0.0", "::", ""}  # noqa: S104  only compared with


def up(
    host: Annotated[str | None, typer.Option(help="Address to listen on; else ELEPHANT_HOST, else 127.0.0.1.")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on, 0 for a free one; else ELEPHANT_PORT, else 8080.")
    ] = None,
    data_dir: DataDir = None,
    tls: Annotated[bool | None, typer.Option("--tls", help="HTTPS with a certificate of a local authority.")] = None,
    certfile: Annotated[Path | None, typer.Option(help="HTTPS with a certificate of your own, PEM.")] = None,
    keyfile: Annotated[Path | None, typer.Option(help="Its key, PEM.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Serve meetings from this machine until you press Ctrl-C; desktops go on without us, and are taken over again."""
    log_to_stderr()
    with telling_errors(as_json=as_json):
        settings = read_settings(host=host, port=port, data_dir=data_dir, tls=tls, certfile=certfile, keyfile=keyfile)
        prepare_data_dir(settings.data_dir)
        lock = lock_data_dir(settings.data_dir)  # held until the process ends, however it ends
        with listen(settings.host, settings.port) as tcp:
            embedded = _serve(settings, tcp, as_json=as_json)
        _farewell(embedded, lock, as_json=as_json)


def _serve(settings: EmbeddedSettings, tcp: socket.socket, *, as_json: bool) -> Embedded:
    novnc_dir = find_novnc()
    certificate, place = _certificate_and_place(settings, tcp)
    authority = settings.data_dir / "tls" / "authority.pem" if settings.tls and settings.certfile is None else None
    if authority is not None and not as_json:
        _explain_trust(authority)
    write_place(place_file(settings.data_dir), place)
    embedded = build_embedded(settings, place)
    carried = embedded.alive.take_over()

    def greet() -> None:
        _greet(embedded, carried, authority, as_json=as_json)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(embedded, tcp, certificate, novnc_dir, greet))
    return embedded


def agent(
    settings_file: Annotated[
        Path | None, typer.Argument(help="Supervise one desktop of this server with these settings, JSON.")
    ] = None,
    settings: Annotated[Path | None, typer.Option(help="On EC2: the image's settings, TOML.")] = None,
) -> None:
    """Supervise the desktop of a machine on EC2; the server of the embedded mode starts its agents itself."""
    if settings_file is not None:
        raise typer.Exit(run_agent([str(settings_file)]))
    raise typer.Exit(run_agent_on_ec2([] if settings is None else ["--settings", str(settings)]))


def _certificate_and_place(
    settings: EmbeddedSettings, tcp: socket.socket
) -> tuple[tuple[Path, Path] | None, ServerPlace]:
    port = tcp.getsockname()[1]
    names = _names(settings.host)
    scheme = "https" if settings.uses_https else "http"
    inner_host = "127.0.0.1" if settings.host in _ANY else settings.host
    certificate: tuple[Path, Path] | None = None
    if settings.certfile is not None and settings.keyfile is not None:
        check_pair(settings.certfile, settings.keyfile)
        certificate = (settings.certfile, settings.keyfile)
    elif settings.tls:
        _, certfile, keyfile = certificate_for(names, settings.data_dir / "tls", utc_now())
        certificate = (certfile, keyfile)
    place = ServerPlace(
        public_url=settings.public_url.rstrip("/") or f"{scheme}://{_in_url(names[0])}:{port}",
        inner_url=f"{scheme}://{_in_url(inner_host)}:{port}",
        trusted_spki=spki_fingerprint(certificate[0]) if certificate else None,
    )
    return certificate, place


def _names(host: str) -> list[str]:
    """The names that this host is reached by, the best for others first."""
    names = [host] if host not in _ANY else [socket.getfqdn(), socket.gethostname(), "127.0.0.1"]
    return list(dict.fromkeys([*names, "localhost", "127.0.0.1", "::1"]))


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _explain_trust(authority: Path) -> None:
    console().print(
        f"HTTPS by an authority of this server's own: {escape(str(authority))}\n"
        "Browsers warn until they trust it. On each computer that joins: import that file under the browser's "
        "Settings > Privacy and security > Certificates > Authorities; on Debian for all programs, copy it to "
        "/usr/local/share/ca-certificates/elephant.crt and run update-ca-certificates.",
        highlight=False,
        soft_wrap=True,
    )


def _greet(embedded: Embedded, carried: int, authority: Path | None, *, as_json: bool) -> None:
    service = embedded.service
    host_page = f"{service.public_url}/?token={quote(service.host_token, safe='')}"
    problems = list(embedded.problems())
    if as_json:
        place = {"public_url": service.public_url, "host_page": host_page}
        trust = None if authority is None else str(authority)
        print_json({**place, "authority": trust, "taken_over": carried, "problems": problems})
        sys.stdout.flush()
        return
    for problem in problems:
        console().print(f"[yellow]warning:[/] {escape(problem)}", highlight=False, soft_wrap=True)
    if carried:
        console().print(f"{carried} seat(s) with somebody in them were taken over")
    console().print(f"Host page: {escape(host_page)}", highlight=False, soft_wrap=True)


def _farewell(embedded: Embedded, _lock: int, *, as_json: bool) -> None:
    running = [machine for machine in embedded.machines.owned() if machine.state.is_live]
    if running and not as_json:
        console().print(
            f"{len(running)} desktop(s) go on without the server and end themselves after their deadline; "
            "`elephant up` takes them over, `elephant cancel ID` ends a meeting now."
        )
