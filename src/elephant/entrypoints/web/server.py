"""The embedded server: one app on a TCP port and on a socket for the desktops, and the rounds beside it."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from elephant.bootstrap.embedded import Embedded
from elephant.entrypoints.web.app import create_app
from elephant.entrypoints.web.desktop_routes import desktop_routes
from elephant.entrypoints.web.metrics import Metrics
from elephant.entrypoints.web.metrics_routes import metrics_routes
from elephant.entrypoints.web.recording_routes import recording_routes
from elephant.entrypoints.web.rounds import Rounds
from elephant.entrypoints.web.vnc_proxy import Screens
from elephant.ports.errors import Permanent

logger = logging.getLogger(__name__)

_CLOSE_SECONDS = 5


class _QuietServer(uvicorn.Server):
    """A server that leaves the signals to `serve`; uvicorn would raise them again, before we are done."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises Permanent that names the address and the fix where there can be none."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=512)
    except (OSError, OverflowError, UnicodeError) as error:
        # Python adds the address to the system's words; it is in the message already.
        reason = str(getattr(error, "strerror", None) or error).partition(" (while")[0]
        raise Permanent(
            f"cannot listen on {host}:{port} ({reason}); choose another with --port or --host, or 0 for a free port"
        ) from error
    listener.setblocking(False)
    return listener


def listen_for_desktops(path: Path) -> socket.socket:
    """The socket on which desktops reach the API; each of them sees its directory and nothing beside it."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    path.parent.chmod(0o755)
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(aside))
    except OSError as error:
        raise Permanent(
            f"cannot make the socket {path} ({error}); its path may have at most 100 characters: choose a shorter "
            "--data-dir"
        ) from error
    aside.chmod(0o666)
    listener.listen(512)
    listener.setblocking(False)
    aside.replace(path)
    return listener


def embedded_app(embedded: Embedded, metrics: Metrics, novnc_dir: Path) -> FastAPI:
    """The app with everything that only the embedded mode has."""
    service = embedded.service
    screens = Screens()
    metrics.screens.set_function(lambda: screens.open_count)
    more = (
        desktop_routes(service, embedded.addresses, screens),
        recording_routes(service, embedded.recordings),
        metrics_routes(metrics),
    )
    return create_app(service, more=more, novnc_dir=novnc_dir)


async def serve(
    embedded: Embedded,
    tcp: socket.socket,
    certificate: tuple[Path, Path] | None,
    novnc_dir: Path,
    greet: Callable[[], None],
) -> None:
    """Serve until a signal; desktops go on without us and are taken over by the next start.

    `greet` is called when a signal would be minded and a request answered.
    """
    metrics = Metrics(embedded.service)
    app = embedded_app(embedded, metrics, novnc_dir)
    certfile, keyfile = certificate or (None, None)
    front = _QuietServer(_config(app, certfile=certfile, keyfile=keyfile))
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_number, front.handle_exit, signal_number, None)
    greet()
    back = _QuietServer(_config(app))
    rounds = asyncio.create_task(Rounds(embedded, metrics).run())
    behind = asyncio.create_task(back.serve(sockets=[listen_for_desktops(embedded.api_socket)]))
    try:
        await front.serve(sockets=[tcp])
    finally:
        back.should_exit = True
        rounds.cancel()
        for name, result in zip(
            ("rounds", "desktops' API"), await asyncio.gather(rounds, behind, return_exceptions=True), strict=True
        ):
            if isinstance(result, Exception):
                logger.error("the %s ended badly", name, exc_info=result)


def _config(app: FastAPI, *, certfile: Path | None = None, keyfile: Path | None = None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        ssl_certfile=certfile,
        ssl_keyfile=str(keyfile) if keyfile else None,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        # A screen is compressed already.
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=_CLOSE_SECONDS,
    )
