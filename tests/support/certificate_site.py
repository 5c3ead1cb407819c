"""A secret at moto, a zone, and an authority of each kind; imported where a conftest offers its fixtures."""

import itertools
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from elephant.adapters.acme_ca.authority import AcmeAuthority
from elephant.adapters.aws.certificate_secret import CertificateSecret
from elephant.adapters.dns.cloudflare import open_client
from elephant.adapters.dns.cloudflare_origin_ca import CloudflareOriginCa
from elephant.adapters.dns.name_server import NameServer, tsig_key
from elephant.adapters.dns.rfc2136_texts import Rfc2136Texts
from elephant.adapters.x509 import RsaKeyPairs
from elephant.domain.certificate import names_of
from elephant.ports.certificates import CertificateAuthority
from elephant.ports.texts import Texts
from elephant.usecases.issue_certificate import Issue, issue_certificate
from tests.support.cloudflare_stand_in import TOKEN, CloudflareStandIn
from tests.support.pebble_server import PebbleServer
from tests.support.zone_worlds import PATIENT_SECONDS, ROOT, ZoneWorld, brief_retries

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

    from tests.support.aws_server import AwsServer
    from tests.support.bind_server import BindServer

NAMES = names_of(ROOT)


@dataclass
class CertificateSite:
    """`connect(port, timeout_seconds)` gives our adapter for the authority at `port`, or at a gate before it."""

    kind: str
    client: "SecretsManagerClient"
    port: int
    connect: Callable[[int, float], CertificateAuthority]
    # the root of what the authority gives, PEM
    root: Callable[[], str]
    # what is left in the zone
    left: Callable[[], object]
    arn: str = field(default="")

    def __post_init__(self) -> None:
        self.new_secret()

    def new_secret(self) -> None:
        """A new secret without a value, as a template makes it."""
        self.arn = self.client.create_secret(Name=f"certificate-{secrets.token_hex(4)}")["ARN"]

    @property
    def store(self) -> CertificateSecret:
        return CertificateSecret(self.client, self.arn)

    @property
    def authority(self) -> CertificateAuthority:
        return self.connect(self.port, 10.0)

    def issue(self, authority: CertificateAuthority | None = None, **options: Any) -> Issue:  # noqa: ANN401
        """Issue a certificate as the command does, with other options where given."""
        defaults: dict[str, Any] = {"store": self.store, "keys": RsaKeyPairs(), "now": datetime.now(UTC)}
        names = options.pop("names", NAMES)
        return issue_certificate(names, authority=authority or self.authority, **(defaults | options))


@pytest.fixture(scope="session")
def few_keys() -> Iterator[rsa.RSAPrivateKey]:
    """Keys in turn out of a few."""
    return itertools.cycle([rsa.generate_private_key(65537, 2048) for _ in range(8)])


@pytest.fixture
def ready_made_keys(few_keys: Iterator[rsa.RSAPrivateKey], monkeypatch: pytest.MonkeyPatch) -> None:
    """No key is made: it takes a tenth of a second, and a unit test sees that they are new."""
    monkeypatch.setattr(rsa, "generate_private_key", lambda *_: next(few_keys))


@pytest.fixture(scope="session")
def secrets_manager(aws_server: "AwsServer") -> Iterator["SecretsManagerClient"]:
    from tests.support.strict_secrets import make_strict  # noqa: PLC0415  as late as moto itself

    with pytest.MonkeyPatch.context() as patch:
        make_strict(patch)
        yield aws_server.client("secretsmanager")


@pytest.fixture(scope="session")
def pebble(tmp_path_factory: pytest.TempPathFactory, bind: "BindServer") -> Iterator[PebbleServer]:
    with PebbleServer(tmp_path_factory.mktemp("pebble"), bind.port) as server:
        yield server


@pytest.fixture
def acme_site(
    pebble: PebbleServer,
    bind: "BindServer",
    rfc2136_world: ZoneWorld,
    secrets_manager: "SecretsManagerClient",
    monkeypatch: pytest.MonkeyPatch,
) -> CertificateSite:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pebble.trust))
    # the library asks again after a second; this authority has answers sooner
    monkeypatch.setattr("acme.client.time", SimpleNamespace(sleep=lambda seconds: time.sleep(min(seconds, 0.02))))

    def texts() -> Texts:
        return Rfc2136Texts(
            NameServer("127.0.0.1", tsig_key(bind.key, bind.secret), bind.port, PATIENT_SECONDS), ROOT, brief_retries(3)
        )

    def connect(port: int, timeout_seconds: float) -> CertificateAuthority:
        return AcmeAuthority(
            pebble.directory(port),
            texts(),
            email="engineers@school.example",
            timeout_seconds=cast("int", timeout_seconds),  # requests takes a part of a second too
            patience_seconds=40.0,
            settle_seconds=0.0,
            sleep=lambda _: None,
        )

    return CertificateSite("acme", secrets_manager, pebble.port, connect, pebble.root, rfc2136_world.content)


@pytest.fixture
def origin_ca_site(
    cloudflare: CloudflareStandIn, cloudflare_world: ZoneWorld, secrets_manager: "SecretsManagerClient"
) -> CertificateSite:
    zone_id = next(reversed(cloudflare.zones))
    cloudflare.origin_ca.given.clear()

    def connect(port: int, timeout_seconds: float) -> CertificateAuthority:
        client = open_client(TOKEN, api_url=f"http://127.0.0.1:{port}/client/v4", timeout_seconds=timeout_seconds)
        return CloudflareOriginCa(client, zone_id, brief_retries(3))

    return CertificateSite(
        "origin-ca", secrets_manager, cloudflare.port, connect, cloudflare.origin_ca.root, cloudflare_world.content
    )


@pytest.fixture(params=["acme", "origin_ca"])
def site(request: pytest.FixtureRequest) -> CertificateSite:
    found: CertificateSite = request.getfixturevalue(f"{request.param}_site")
    return found
