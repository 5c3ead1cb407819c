"""What CloudflareStandIn answers about certificates: the Origin CA of its zones.

Known: the fields of the API's reference, a listing of the zone that is asked for, that hostnames are the zone's or
below it and wildcards one level deep, seven lengths of validity. The codes of refusals are those that users report:
1010 for a foreign name, 1016 for a token without the permission.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

VALIDITIES = {7, 30, 90, 365, 730, 1095, 5475}


class OriginCa:
    """An authority with a root of its own; `given` is by id, `may_issue` what the token may do."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(65537, 2048)
        self._name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Origin CA of a stand-in")])
        self._root = self._signed(self._name, self._key.public_key(), 5475, ca=True)
        self.given: dict[str, dict[str, Any]] = {}
        self.may_issue = True

    def root(self) -> str:
        """In PEM."""
        return _pem(self._root)

    def create(self, zones: list[str], wanted: dict[str, Any]) -> dict[str, Any] | tuple[int, str]:
        """A certificate, or a code and its message."""
        if not self.may_issue:
            return 1016, "User is not authorized to perform this action"
        for name in wanted["hostnames"]:
            host = name.removeprefix("*.")
            if "*" in host or not any(host == zone or host.endswith(f".{zone}") for zone in zones):
                return 1010, f"Failed to validate requested hostname {name}: This zone is not part of your account"
        if wanted["requested_validity"] not in VALIDITIES or wanted["request_type"] != "origin-rsa":
            return 1003, "Invalid request"
        csr = x509.load_pem_x509_csr(wanted["csr"].encode())
        key = csr.public_key()
        if not csr.is_signature_valid or not isinstance(key, rsa.RSAPublicKey):
            return 1002, "The CSR is invalid"
        days = wanted["requested_validity"]
        certificate = self._signed(csr.subject, key, days, names=wanted["hostnames"])
        serial = str(certificate.serial_number)
        self.given[serial] = {
            "id": serial,
            "certificate": _pem(certificate),
            "csr": wanted["csr"],
            "hostnames": wanted["hostnames"],
            "expires_on": str(certificate.not_valid_after_utc),
            "request_type": wanted["request_type"],
            "requested_validity": days,
        }
        return self.given[serial]

    def page(self, number: int, per_page: int) -> list[dict[str, Any]] | tuple[int, str]:
        """One page of what was given."""
        if not self.may_issue:
            return 1016, "User is not authorized to perform this action"
        return list(self.given.values())[(number - 1) * per_page : number * per_page]

    def _signed(
        self,
        subject: x509.Name,
        key: rsa.RSAPublicKey,
        days: int,
        *,
        names: list[str] | None = None,
        ca: bool = False,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if names:
            alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            builder = builder.add_extension(alternatives, critical=False)
        return builder.sign(self._key, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
