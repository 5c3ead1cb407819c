"""Hosts who sign in with a token of their own, kept by whoever keeps the meetings."""

import hashlib
from dataclasses import dataclass
from typing import Protocol

from elephant.domain.hours import Host
from elephant.ports.errors import ElephantError


class HostExists(ElephantError):
    """There is a host of that name already."""


class HostNotFound(ElephantError):
    """There is no host of that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptHost:
    """A host, and what is kept of their token: its SHA-256, in hexadecimal digits."""

    host: Host
    token_digest: str


def token_digest(token: str) -> str:
    """What is kept of a token. It is random and long, so a plain hash is enough: there is nothing to try out."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


class Hosts(Protocol):
    """Finds hosts; every method may raise Temporary, and none turns an error into "nobody"."""

    def named(self, name: str) -> KeptHost | None:
        """The host of that name."""

    def with_token(self, token_digest: str) -> KeptHost | None:
        """The host whose token has this digest."""


class NoHosts:
    """Where nobody has a token of their own: hosts are told by an authorizer, or there is only the installation's."""

    def named(self, _name: str) -> None:
        """Nobody."""

    def with_token(self, _token_digest: str) -> None:
        """Nobody."""
