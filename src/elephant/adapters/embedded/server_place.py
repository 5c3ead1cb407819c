"""Where the server of a data directory is reached: written when it starts, read by whoever works beside it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from elephant.ports.errors import Permanent


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPlace:
    """`public_url` is for people's browsers, `inner_url` for the desktops' own.

    `trusted_spki` is the fingerprint of the server's public key, where only we vouch for it.
    """

    public_url: str
    inner_url: str
    trusted_spki: str | None = None


def write_place(path: Path, place: ServerPlace) -> None:
    """Keep the place for others to read; raises Permanent where that cannot be."""
    aside = path.with_name(f".{path.name}.new")  # one name, because only one server holds the data directory
    try:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        aside.write_text(json.dumps(asdict(place)))
        aside.replace(path)
    except OSError as error:
        raise Permanent(f"{path} cannot be written: {error.strerror}") from error


def read_place(path: Path) -> ServerPlace | None:
    """The place of the server that started last, or None before the first; raises Permanent for a broken file."""
    try:
        return ServerPlace(**json.loads(path.read_text()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise Permanent(f"{path} cannot be read ({error}); remove it and start the server again") from error
