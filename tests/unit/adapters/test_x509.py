"""Keys, requests and certificates in PEM."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from elephant.adapters.x509 import RsaKeyPairs
from elephant.domain.certificate import CertificateRequest, names_of
from elephant.ports.errors import Permanent
from tests.support.origin_ca_stand_in import OriginCa

ZONE = "desks.example"


@pytest.fixture(scope="module")
def authority() -> OriginCa:
    return OriginCa()


@pytest.fixture(scope="module")
def request_() -> CertificateRequest:
    return RsaKeyPairs().request(names_of(ZONE), "the authority")


def given(authority: OriginCa, request: CertificateRequest, names: list[str] | None = None) -> str:
    wanted = {"csr": request.csr, "hostnames": names or list(request.names), "request_type": "origin-rsa"}
    made = authority.create([ZONE], {**wanted, "requested_validity": 90})
    assert isinstance(made, dict)
    return str(made["certificate"])


def test_a_request_is_for_its_names_and_has_a_key_of_its_own(request_: CertificateRequest) -> None:
    csr = x509.load_pem_x509_csr(request_.csr.encode())
    names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [ZONE, f"*.{ZONE}"]
    assert csr.subject.rfc4514_string() == f"CN={ZONE}"
    assert csr.is_signature_valid
    key = serialization.load_pem_private_key(request_.private_key.encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 2048
    assert key.public_key() == csr.public_key()
    assert RsaKeyPairs().request([ZONE], "the authority").private_key != request_.private_key


def test_a_name_too_long_for_a_common_name_is_an_alternative_alone() -> None:
    name = f"{'desk' * 15}.example"
    csr = x509.load_pem_x509_csr(RsaKeyPairs().request([name], "the authority").csr.encode())
    assert csr.subject.rfc4514_string() == ""
    assert len(csr.extensions) == 1


def test_a_certificate_is_read_with_its_chain(authority: OriginCa, request_: CertificateRequest) -> None:
    leaf = given(authority, request_)
    held = RsaKeyPairs().certificate(request_, leaf + "\n" + authority.root())
    assert held.certificate == leaf
    assert held.chain == authority.root()
    assert held.private_key == request_.private_key
    assert held.names == (ZONE, f"*.{ZONE}")
    assert (held.authority, held.issuer) == ("the authority", "OU=Origin CA of a stand-in")
    assert timedelta(days=89) < held.not_after - datetime.now(UTC) <= timedelta(days=90)
    assert RsaKeyPairs().certificate(request_, leaf).chain == ""


@pytest.mark.parametrize("pem", ["", "nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_refused(request_: CertificateRequest, pem: str) -> None:
    with pytest.raises(Permanent, match="no certificate"):
        RsaKeyPairs().certificate(request_, pem)


def test_a_certificate_without_names_is_refused(authority: OriginCa, request_: CertificateRequest) -> None:
    with pytest.raises(Permanent, match="no certificate"):
        RsaKeyPairs().certificate(request_, authority.root())


def test_a_certificate_for_another_key_is_refused(authority: OriginCa, request_: CertificateRequest) -> None:
    other = RsaKeyPairs().request(request_.names, "the authority")
    with pytest.raises(Permanent, match="another key"):
        RsaKeyPairs().certificate(replace(request_, csr=request_.csr), given(authority, other))
