"""Asks Amazon DCV about itself: does it answer, is the session there, who is connected."""

import http.client
import json
import ssl
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from elephant.agent.ec2.programs import run_command
from elephant.wire.json_fields import json_object, whole_number

_MOST_BYTES = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What `dcv describe-session` says; `display` and `xauthority` are "" on Windows, `layout` where it is not told."""

    connections: int
    display: str
    xauthority: str
    layout: str


def describe_session(dcv_command: str, session_id: str, seconds: float) -> Session:
    """Ask DCV for a session.

    Raises OSError where the command is missing, fails or hangs, and ValueError for an answer that is none.
    """
    outcome = run_command([dcv_command, "describe-session", session_id, "-j"], seconds)
    if outcome.code != 0:
        raise OSError(f"dcv describe-session ended with {outcome.code}")
    return parse_session(outcome.output, session_id)


def parse_session(output: bytes, session_id: str) -> Session:
    """Read the answer (Administrator Guide, "Viewing sessions"); raises ValueError for anything else."""
    given = json_object(output, "the contents of dcv's answer")
    if given.get("id") != session_id:
        raise ValueError(f"dcv described another session than {session_id}")
    try:
        connections = whole_number(given.get("num-of-connections"))
    except ValueError as error:
        raise ValueError(f"num-of-connections must be {error}") from error
    layout = given.get("display-layout")
    return Session(
        connections=connections,
        display=_text(given.get("x11-display")),
        xauthority=_text(given.get("x11-authority")),
        layout="" if layout is None else json.dumps(layout, sort_keys=True),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) and "\0" not in value else ""


def check_web_server(url: str, seconds: float) -> None:
    """Raise OSError unless DCV's own web server answers there with 200, whatever its certificate is."""
    where = urlsplit(url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # it is asked on loopback, by an address that no certificate names
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection(where.hostname or "", where.port, timeout=seconds, context=context)
    try:
        connection.request("GET", where.path or "/")
        answer = connection.getresponse()
        answer.read(_MOST_BYTES)
    except http.client.HTTPException as error:
        raise OSError(f"{url}: no HTTP answer: {error!r}") from error
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK:
        raise OSError(f"{url}: answered with {answer.status}")
    if not (answer.headers.get("Server") or "").lower().startswith("dcv"):
        raise OSError(f"{url}: something else than DCV answers")
