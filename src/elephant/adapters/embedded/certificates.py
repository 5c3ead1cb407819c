"""A local certificate authority and a certificate for this host's names, for `--tls`."""

import base64
import hashlib
import ipaddress
import os
import ssl
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from elephant.ports.errors import Permanent

AUTHORITY_LIFE = timedelta(days=3650)
CERTIFICATE_LIFE = timedelta(days=397)
"""Browsers refuse certificates that are good for longer than 398 days."""
RENEW_BEFORE = timedelta(days=30)
_BACKDATED = timedelta(hours=1)


def certificate_for(names: Sequence[str], tls_dir: Path, now: datetime) -> tuple[Path, Path, Path]:
    """Paths of the authority, the certificate for these names and its key; made, or made anew, where needed.

    The authority is made once, because people trust it by hand. Raises Permanent where the files cannot be used.
    """
    try:
        tls_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority, authority_key = _authority(tls_dir, now)
        certfile, keyfile = tls_dir / "certificate.pem", tls_dir / "certificate-key.pem"
        if not _still_good(certfile, keyfile, names, authority, now):
            _issue(names, authority, authority_key, certfile, keyfile, now)
    except (OSError, ValueError, TypeError, x509.ExtensionNotFound) as error:
        raise Permanent(
            f"the certificates in {tls_dir} cannot be used ({error}); remove it to have new ones"
        ) from error
    return tls_dir / "authority.pem", certfile, keyfile


def check_pair(certfile: Path, keyfile: Path) -> None:
    """Find out whether a server can use a certificate and its key; raises Permanent, with the fix, if not."""
    try:
        # An empty password, so that nothing asks for one at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certfile, keyfile, password="")
    except (OSError, ValueError) as error:
        raise Permanent(
            f"the certificate {certfile} with the key {keyfile} cannot be used ({error}); --certfile and --keyfile "
            "name readable PEM files that belong together, the key without a password"
        ) from error


def spki_fingerprint(certfile: Path) -> str:
    """Base64 SHA-256 of a certificate's public key, as Chromium's --ignore-certificate-errors-spki-list takes it."""
    certificate = x509.load_pem_x509_certificate(certfile.read_bytes())
    spki = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(hashlib.sha256(spki).digest()).decode("ascii")


def _authority(tls_dir: Path, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    certfile, keyfile = tls_dir / "authority.pem", tls_dir / "authority-key.pem"
    if certfile.exists() and keyfile.exists():
        held, held_key = x509.load_pem_x509_certificate(certfile.read_bytes()), _load_key(keyfile)
        if held.public_key() != held_key.public_key():
            raise ValueError(f"{keyfile} is not the key of {certfile}")
        if held.not_valid_after_utc - now > CERTIFICATE_LIFE:
            return held, held_key
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Elephant local authority")])
    certificate = (
        _builder(subject, subject, key, now, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(keyfile, _pem_of_key(key))
    _write(certfile, certificate.public_bytes(serialization.Encoding.PEM))
    return certificate, key


def _issue(
    names: Sequence[str],
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    certfile: Path,
    keyfile: Path,
    now: datetime,
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    certificate = (
        _builder(subject, authority.subject, key, now, CERTIFICATE_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    _write(keyfile, _pem_of_key(key))
    _write(certfile, certificate.public_bytes(serialization.Encoding.PEM))


def _still_good(
    certfile: Path, keyfile: Path, names: Sequence[str], authority: x509.Certificate, now: datetime
) -> bool:
    if not (certfile.exists() and keyfile.exists()):
        return False
    certificate = x509.load_pem_x509_certificate(certfile.read_bytes())
    held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return (
        set(held) >= {_general_name(name) for name in names}
        and _is_by(certificate, authority)
        and certificate.public_key() == _load_key(keyfile).public_key()
        and certificate.not_valid_after_utc - now > RENEW_BEFORE
    )


def _is_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """True where this authority signed it; another that was made here before has the same name."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A little in the past, for browsers on machines whose clocks are behind.
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode("ascii"))


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{path} is not a key of ours")  # noqa: TRY004  about a file's content, like its neighbours
    return key


def _pem_of_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> None:
    aside = path.with_suffix(".new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
