"""Where the machines' certificate comes from and goes to on AWS: for an engineer's command, no function needs it."""

from dataclasses import dataclass

from elephant.adapters.aws.certificate_secret import CertificateSecret
from elephant.adapters.aws.secrets import Secrets
from elephant.adapters.x509 import RsaKeyPairs
from elephant.bootstrap.aws_clients import Clients
from elephant.bootstrap.aws_parts import Part
from elephant.bootstrap.aws_settings import AwsSettings
from elephant.bootstrap.aws_zone import cloudflare_client, open_texts
from elephant.bootstrap.late import Late
from elephant.domain.certificate import names_of
from elephant.ports.certificates import CertificateAuthority, CertificateStore, KeyPairs
from elephant.ports.errors import Permanent


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """The parts; `names` is empty and `authority` raises Permanent where settings are missing for asking for one."""

    names: tuple[str, ...]
    store: CertificateStore
    authority: Late[CertificateAuthority]
    keys: KeyPairs


def build_certificates(settings: AwsSettings, region: str = "") -> Certificates:
    """Nothing is called before it is used; without a `region` it is the environment's.

    Raises Permanent where it is not set in which secret the certificate is.
    """
    if not settings.certificate_secret_arn:
        raise Permanent(
            "CERTIFICATE_SECRET_ARN is missing: the secret that keeps the certificate; `elephant aws init` makes it,"
            " and its elephant-aws.toml is looked for in the current folder"
        )
    clients = Clients(region)
    return Certificates(
        names=names_of(settings.domain_root) if settings.domain_root else (),
        store=CertificateSecret(clients.secrets, settings.certificate_secret_arn),
        authority=Late(lambda: _authority(settings, clients)),
        keys=RsaKeyPairs(),
    )


def _authority(settings: AwsSettings, clients: Clients) -> CertificateAuthority:
    """The ACME authority that is set, or else Cloudflare's Origin CA for names behind Cloudflare's proxy."""
    settings.require(Part.CERTIFICATES)

    def secret() -> str:
        return Secrets(clients.secrets).text(settings.secret_arn, setting="SECRET_ARN")

    if settings.acme_directory_url:
        from elephant.adapters.acme_ca.authority import AcmeAuthority  # noqa: PLC0415  brings a library of its own

        texts = open_texts(settings, secret, clients.route53)
        return AcmeAuthority(settings.acme_directory_url, texts, email=settings.acme_email)
    if settings.dns_provider == "cloudflare" and settings.dns_proxied:
        from elephant.adapters.dns.cloudflare_origin_ca import CloudflareOriginCa  # noqa: PLC0415

        return CloudflareOriginCa(cloudflare_client(settings, secret()), settings.zone_id)
    raise Permanent(
        "ACME_DIRECTORY_URL is missing: only names behind Cloudflare's proxy can do with a certificate of its Origin CA"
    )
