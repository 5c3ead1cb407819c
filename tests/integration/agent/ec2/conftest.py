"""One machine for each test."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.integration.agent.ec2.machine_world import MachineWorld


def a_pair(name: str) -> tuple[str, str]:
    """A certificate that nobody trusts, and its key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    key_text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return certificate.public_bytes(Encoding.PEM).decode(), key_text


@pytest.fixture(scope="session")
def dcv_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DCV's own, in one file with its key."""
    path = tmp_path_factory.mktemp("dcv") / "own.pem"
    path.write_text("".join(a_pair("dcv")))
    return path


@pytest.fixture
def machine(tmp_path: Path, dcv_certificate: Path) -> Iterator[MachineWorld]:
    """A machine whose agent was not started yet."""
    world = MachineWorld(tmp_path)
    world.serve_dcv(dcv_certificate)
    yield world
    world.clear_away()
