"""Where the machines' certificate comes from, and where it is kept."""

from collections.abc import Sequence
from typing import Protocol

from elephant.domain.certificate import Certificate, CertificateRequest
from elephant.ports.errors import ElephantError


class RequestSpent(ElephantError):
    """The authority does not go on with a request that was begun earlier; another one may succeed."""


class CertificateStore(Protocol):
    """One certificate, and at most one request that was begun and not finished. Each raises Temporary and Permanent.

    What is written is there wholly or not at all, and every writing can be repeated.
    """

    def current(self) -> Certificate | None:
        """The certificate that machines fetch; None where none was ever kept."""

    def pending(self) -> CertificateRequest | None:
        """The request that was begun last, unless its certificate was kept."""

    def keep_request(self, request: CertificateRequest) -> None:
        """Remember a request instead of any other; the current certificate stays what it is."""

    def keep(self, certificate: Certificate) -> None:
        """Make a certificate the current one; nothing is pending any more."""


class CertificateAuthority(Protocol):
    """Gives certificates. Each raises Temporary and Permanent, none waits without end, and each can be repeated."""

    @property
    def name(self) -> str:
        """What it is called in a certificate's `authority`."""

    def begin(self, request: CertificateRequest) -> CertificateRequest:
        """The request with all that is needed to come back to it; nothing is written into the zone yet."""

    def finish(self, request: CertificateRequest) -> str:
        """The certificate for a request that was begun, and its chain, in PEM; nothing is left in the zone.

        The same certificate again where it had been given before. Raises RequestSpent.
        """

    def discard(self, request: CertificateRequest) -> None:
        """Take back what `finish` may have left: records in the zone, a certificate that nobody holds."""


class KeyPairs(Protocol):
    """Keys, requests and certificates as texts in PEM; nothing is called outside."""

    def request(self, names: Sequence[str], authority: str) -> CertificateRequest:
        """A request with a new key."""

    def certificate(self, request: CertificateRequest, pem: str) -> Certificate:
        """The certificate in an authority's answer; raises Permanent for one that does not fit the request."""
