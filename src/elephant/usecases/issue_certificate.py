"""Get the machines a certificate, or another in time; interrupted anywhere, the next run goes on from there."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from elephant.domain.certificate import Certificate, CertificateRequest, renewal_reason
from elephant.ports.certificates import CertificateAuthority, CertificateStore, KeyPairs, RequestSpent
from elephant.ports.errors import ElephantError, Permanent

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What came of it; `why` says why there is a new certificate, and is empty where the one that is held will do."""

    certificate: Certificate
    why: str


def issue_certificate(
    names: Sequence[str],
    *,
    store: CertificateStore,
    authority: CertificateAuthority,
    keys: KeyPairs,
    now: datetime,
    force: bool = False,
) -> Issue:
    """Keep a certificate for these names, unless one is held that is good for long enough; `force` wants another.

    The key is kept before anybody is asked, and what was asked before anything follows from it. So nothing that an
    authority gave is lost, and no second certificate is asked for in place of one that was given.
    Raises Temporary and Permanent; the current certificate is what it was then.
    """
    held = store.current()
    why = renewal_reason(held, names, authority.name, now) or ("it was asked for" if force else "")
    if held is not None and not why:
        return Issue(certificate=held, why="")
    resumed = _resumed(names, store, authority)
    certificate = None
    if resumed is not None:
        try:
            certificate = _fetched(resumed, store, authority, keys, now)
        except RequestSpent as spent:
            logger.info("certificate: what was begun earlier is of no use any more: %s", spent)
            authority.discard(resumed)
    if certificate is None:
        request = keys.request(names, authority.name)
        store.keep_request(request)
        try:
            certificate = _fetched(request, store, authority, keys, now)
        except RequestSpent as spent:
            raise Permanent(str(spent)) from spent
    store.keep(certificate)
    return Issue(certificate=certificate, why=why)


def _fetched(
    request: CertificateRequest,
    store: CertificateStore,
    authority: CertificateAuthority,
    keys: KeyPairs,
    now: datetime,
) -> Certificate:
    """Raises RequestSpent, also for a certificate that is too old by now to take the place of another."""
    begun = authority.begin(request)
    if begun != request:
        store.keep_request(begun)
    certificate = keys.certificate(begun, authority.finish(begun))
    problem = renewal_reason(certificate, begun.names, authority.name, now)
    if problem:
        raise RequestSpent(f"{authority.name} gave a certificate, and {problem}")
    return certificate


def _resumed(
    names: Sequence[str], store: CertificateStore, authority: CertificateAuthority
) -> CertificateRequest | None:
    """The request to go on with; one for other names, or of another authority, is taken back as far as that goes."""
    pending = store.pending()
    if pending is None or (pending.names == tuple(names) and pending.authority == authority.name):
        return pending
    try:
        authority.discard(pending)
    except ElephantError as error:
        # The zone or the token that it was begun with may be gone for good; that must not stop a new one.
        logger.warning("certificate: a request for %s was left as it is: %s", ", ".join(pending.names), error)
    return None
