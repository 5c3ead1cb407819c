"""Keys, certificate requests and certificates in PEM, by the library cryptography."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from elephant.domain.certificate import Certificate, CertificateRequest
from elephant.ports.errors import Permanent

# What every authority signs and every version of Amazon DCV reads.
_EXPONENT, _BITS = 65537, 2048
_LONGEST_COMMON_NAME = 64


class RsaKeyPairs:
    """The port KeyPairs."""

    def request(self, names: Sequence[str], authority: str) -> CertificateRequest:
        """See KeyPairs.request."""
        key = rsa.generate_private_key(_EXPONENT, _BITS)
        common_name = [name for name in names[:1] if len(name) <= _LONGEST_COMMON_NAME]
        csr = (
            x509.CertificateSigningRequestBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in common_name]))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
            .sign(key, hashes.SHA256())
        )
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return CertificateRequest(
            private_key=pem.decode(),
            csr=csr.public_bytes(serialization.Encoding.PEM).decode(),
            authority=authority,
            names=tuple(names),
        )

    def certificate(self, request: CertificateRequest, pem: str) -> Certificate:
        """See KeyPairs.certificate."""
        try:
            first, *chain = x509.load_pem_x509_certificates(pem.encode())
            names = first.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            fits = first.public_key() == x509.load_pem_x509_csr(request.csr.encode()).public_key()
        except (ValueError, x509.ExtensionNotFound) as error:
            raise Permanent(f"{request.authority} answered with something that is no certificate: {error}") from error
        if not fits:
            raise Permanent(f"{request.authority} answered with a certificate for another key")
        return Certificate(
            private_key=request.private_key,
            certificate=_pem(first),
            chain="".join(map(_pem, chain)),
            authority=request.authority,
            issuer=first.issuer.rfc4514_string(),
            names=tuple(names.get_values_for_type(x509.DNSName)),
            not_before=first.not_valid_before_utc,
            not_after=first.not_valid_after_utc,
        )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
