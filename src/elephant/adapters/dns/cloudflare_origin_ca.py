"""Cloudflare's Origin CA: certificates that Cloudflare's proxy trusts, and nobody else.

It stands beside the zone because it is the same API with the same token, which needs the permission
"Zone / SSL and Certificates / Edit" for this.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from cryptography import x509

from elephant.adapters.dns.cloudflare_answers import Answer, read_result
from elephant.adapters.dns.cloudflare_calls import Parameters, send
from elephant.adapters.dns.retries import Passing, Retries
from elephant.domain.certificate import CertificateRequest
from elephant.ports.errors import Permanent

NAME = "cloudflare-origin-ca"
# one of 7, 30, 90, 365, 730, 1095 and 5475 days (API reference, Origin CA certificates)
_DAYS = 365
_CERTIFICATES_A_PAGE = 50
# "Authentication error", "Unauthorized to access requested resource", "User is not authorized to perform this action",
# as users report them
_NO_PERMISSION = frozenset({10000, 9109, 1016})
_FOREIGN_NAME = 1010


@dataclass(frozen=True, slots=True)
class CloudflareOriginCa:
    """The port CertificateAuthority. What it gave is in its list: a request is known there by its key."""

    client: httpx.Client
    zone_id: str
    retries: Retries = field(default_factory=Retries)

    @property
    def name(self) -> str:
        """See CertificateAuthority.name."""
        return NAME

    def begin(self, request: CertificateRequest) -> CertificateRequest:
        """See CertificateAuthority.begin; the key says it all."""
        return request

    def finish(self, request: CertificateRequest) -> str:
        """See CertificateAuthority.finish; asks for a certificate only where none was given for this key."""
        return self.retries.run(lambda: self._given(request) or self._asked_for(request))

    def discard(self, request: CertificateRequest) -> None:
        """See CertificateAuthority.discard; revokes what was given for this key."""
        self.retries.run(lambda: self._revoke(request))
        if request.texts:
            raise Permanent(f"TXT records at _acme-challenge.{request.names[0]} are left over; remove them by hand")

    def _given(self, request: CertificateRequest) -> str | None:
        return next((pem for _, pem in self._all_given(request)), None)

    def _all_given(self, request: CertificateRequest) -> Iterator[tuple[str, str]]:
        """Id and PEM of each certificate that was given for the request's key, and not revoked."""
        key = x509.load_pem_x509_csr(request.csr.encode()).public_key()
        number, count = 1, _CERTIFICATES_A_PAGE
        while count >= _CERTIFICATES_A_PAGE:
            params: Parameters = {"zone_id": self.zone_id, "page": number, "per_page": _CERTIFICATES_A_PAGE}
            answer = _allowed(send(self.client, "GET", "certificates", params=params))
            if not isinstance(answer.result, list):
                raise Passing("Cloudflare answered with something that is no list of certificates")
            for each in answer.result:
                certificate = _certificate(each)
                if certificate is not None and certificate.public_key() == key:
                    yield str(each["id"]), each["certificate"]
            number, count = number + 1, len(answer.result)

    def _asked_for(self, request: CertificateRequest) -> str:
        wanted: Parameters = {
            "csr": request.csr,
            "hostnames": list(request.names),
            "request_type": "origin-rsa",
            "requested_validity": _DAYS,
        }
        match _allowed(send(self.client, "POST", "certificates", json=wanted)).result:
            case {"certificate": str(pem)}:
                return pem
            case _:
                raise Passing("Cloudflare answered with something that is no certificate")

    def _revoke(self, request: CertificateRequest) -> None:
        for certificate_id, _ in list(self._all_given(request)):
            _allowed(send(self.client, "DELETE", f"certificates/{certificate_id}"))


def _certificate(given: Any) -> x509.Certificate | None:  # noqa: ANN401  whatever JSON holds
    """None for one that was revoked."""
    match given:
        case {"id": _, "revoked_at": str()}:
            return None
        case {"id": _, "certificate": str(pem)}:
            try:
                return x509.load_pem_x509_certificate(pem.encode())
            except ValueError as error:
                raise Passing(f"Cloudflare answered with something that is no certificate: {error}") from error
        case _:
            raise Passing("Cloudflare answered with something that is no certificate")


def _allowed(response: httpx.Response) -> Answer:
    """The answer to a call that worked; raises Permanent with what has to be done."""
    answer = read_result(response)
    if answer.problem and answer.codes & _NO_PERMISSION:
        advice = "give the token in SECRET_ARN the permission Zone / SSL and Certificates / Edit for this zone"
        raise Permanent(f"{answer.problem}: {advice}")
    if answer.problem and _FOREIGN_NAME in answer.codes:
        raise Permanent(f"{answer.problem}: DOMAIN_ROOT must be in the zone, and the token allowed to use it")
    answer.require()
    return answer
