"""The certificate that machines show to browsers, and when it is time for another."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

RENEW_BEFORE = timedelta(days=30)
"""A new one is fetched, and everybody warned, from so long before the end."""
_LAST_PART = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate with its key, in PEM; `chain` is what leads to the root, and empty where nobody asks for it.

    `authority` is whom it was asked of, `issuer` what the certificate itself says.
    """

    private_key: str = field(repr=False)
    certificate: str
    chain: str
    authority: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime

    @property
    def renew_from(self) -> datetime:
        """From then on another is wanted: a third of its life before the end, where that is less than 30 days."""
        return self.not_after - min(RENEW_BEFORE, (self.not_after - self.not_before) / _LAST_PART)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRequest:
    """A certificate that was asked for, or is about to be: all that is needed to come back to it.

    `csr` is in PEM. An authority that has accounts, orders and checks of the zone keeps in here which these are;
    `texts` are the TXT records that it wants to see, and that have to go again.
    """

    private_key: str = field(repr=False)
    csr: str
    authority: str
    names: tuple[str, ...]
    account_key: str = field(default="", repr=False)
    order_url: str = ""
    texts: tuple[str, ...] = ()


def names_of(domain_root: str) -> tuple[str, str]:
    """What a certificate for the machines below `domain_root` is for: each is one level below it."""
    return domain_root, f"*.{domain_root}"


def renewal_reason(held: Certificate | None, names: Collection[str], authority: str, now: datetime) -> str | None:
    """Why another certificate is wanted; None where the one that is held will do."""
    if held is None:
        return "there is none yet"
    missing = sorted(set(names) - set(held.names))
    if missing:
        return f"it is not for {' and '.join(missing)}"
    if held.authority != authority:
        return f"it is by {held.authority}, and {authority} is set"
    if now >= held.renew_from:
        return how_long(held, now)
    return None


def expiry_warning(held: Certificate, now: datetime) -> str:
    """What whoever looks after the machines has to hear, or nothing."""
    if now < held.renew_from:
        return ""
    return f"the machines' certificate for {held.names[0]} {how_long(held, now)}: run `elephant certs renew`"


def days_left(held: Certificate, now: datetime) -> int:
    """Whole days until the end; below zero after it."""
    return (held.not_after - now) // timedelta(days=1)


def how_long(held: Certificate, now: datetime) -> str:
    """When it ends, in words that complete "it …"."""
    day = held.not_after.date().isoformat()
    if now >= held.not_after:
        return f"ended on {day}"
    left = days_left(held, now)
    return f"ends on {day}, in {left} {'day' if left == 1 else 'days'}" if left else f"ends on {day}, within a day"
