"""Brings the installation's certificate to where DCV reads it: once, before anybody can be at the desktop."""

import logging
import ssl
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from elephant.agent.api import Api
from elephant.agent.ec2.pauses import Pauses
from elephant.agent.ec2.private_files import holds, write_private
from elephant.wire.json_fields import json_object, read_fields, text

logger = logging.getLogger(__name__)

CERTIFICATE, KEY = "dcv.pem", "dcv.key"
_PATH = "/agent/certificate"
_COME_AGAIN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_SAYS = {
    HTTPStatus.NOT_FOUND: "the installation keeps no certificate: DCV goes on with its own",
    HTTPStatus.FORBIDDEN: "no certificate is handed out any more: DCV goes on with the one that is there",
}


@dataclass(frozen=True, slots=True)
class Pair:
    """What DCV reads: the certificate with its chain, and the key, PEM."""

    certificate: bytes
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatePlace:
    """Where DCV reads it, and whose the files are; `before_change` is called before the first is written."""

    directory: Path
    owner: str
    before_change: Callable[[], None]


def bring_certificate(
    api: Api, machine_id: str, place: CertificatePlace, seconds: float, stop: threading.Event
) -> None:
    """Ask until there is an answer that says yes or no, so many seconds at most; then DCV goes on with what it has."""
    until = time.monotonic() + seconds
    pauses = Pauses(first_seconds=0.2, last_seconds=5.0)
    said = ""
    while not stop.is_set():
        problem = _try_once(api, machine_id, place)
        if problem is None:
            return
        if problem != said:
            logger.warning("the certificate: %s", problem)
            said = problem
        if time.monotonic() >= until:
            logger.error("the certificate did not come within %g s: DCV goes on with its own", seconds)
            return
        stop.wait(pauses.next_seconds())


def _try_once(api: Api, machine_id: str, place: CertificatePlace) -> str | None:
    """None once there is nothing more to try, or what went wrong."""
    try:
        status, content = api.post(_PATH, {"machine_id": machine_id})
        if status == HTTPStatus.OK:
            _install(parse_pair(content), place)
            return None
    except (OSError, ValueError, LookupError) as error:
        return str(error) or type(error).__name__
    if status in _SAYS:
        logger.info("%s", _SAYS[HTTPStatus(status)])
        return None
    is_final = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _COME_AGAIN
    if is_final:
        logger.error("the certificate was refused with %d: DCV goes on with its own", status)
        return None
    return f"answered with {status}"


def parse_pair(content: bytes) -> Pair:
    """Read the answer; raises ValueError for one that holds no certificate and key that belong together."""
    given = read_fields(
        json_object(content, "the contents of the answer"),
        {"certificate": text, "chain": _text_or_nothing, "private_key": text},
    )
    certificate = given["certificate"].rstrip("\n") + "\n" + given["chain"]
    pair = Pair(certificate.encode(), given["private_key"].encode())
    _check(pair)
    return pair


def _text_or_nothing(value: object) -> str:
    return "" if value == "" else text(value)


def _check(pair: Pair) -> None:
    """A pair that does not fit together would keep DCV from answering at all, and nobody could ask for another."""
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = Path(folder, CERTIFICATE), Path(folder, KEY)
        write_private(certificate, pair.certificate, "")
        write_private(key, pair.key, "")
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, _no_password)
        except ssl.SSLError as error:
            raise ValueError(f"the certificate and its key are no pair: {error.reason}") from error


def _no_password() -> str:
    raise ValueError("the key must not be encrypted")


def _install(pair: Pair, place: CertificatePlace) -> None:
    files = {place.directory / KEY: pair.key, place.directory / CERTIFICATE: pair.certificate}
    if all(holds(path, content) for path, content in files.items()):
        logger.info("the certificate is there already")
        return
    place.before_change()
    place.directory.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        write_private(path, content, place.owner)
    logger.info("the certificate was brought to %s", place.directory)
