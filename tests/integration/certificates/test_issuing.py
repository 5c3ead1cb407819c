"""Issuing and renewing, with both kinds of authority: what is kept, what is served, and what is left nowhere."""

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from elephant.adapters.acme_ca.authority import AcmeAuthority
from elephant.domain.certificate import CertificateRequest
from elephant.ports.errors import Permanent, Temporary
from tests.support.bind_server import BindServer
from tests.support.certificate_site import NAMES, CertificateSite
from tests.support.cloudflare_stand_in import CloudflareStandIn, refusal
from tests.support.frail_gate import Fault, FrailGate
from tests.support.frail_ports import Crash
from tests.support.https_site import handshake
from tests.support.interruptions import Interruptions
from tests.support.limited_acme import limited_acme
from tests.support.pebble_server import PebbleServer
from tests.support.zone_worlds import ROOT

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("ready_made_keys")]

MACHINE = f"i-0123456789abcdef0.{ROOT}"
# more than any issue needs; the loop ends at the first call that there was not
MOST_CALLS = 80
LEAST_CALLS = {"acme": 25, "origin-ca": 7}


def stages(site: CertificateSite) -> list[set[str]]:
    """The stages of every version that has any."""
    versions = site.client.describe_secret(SecretId=site.arn)["VersionIdsToStages"]
    return sorted((set(each) for each in versions.values() if each), key=sorted)


def test_what_is_issued_is_what_a_browser_accepts_for_a_machine(site: CertificateSite, tmp_path: Path) -> None:
    done = site.issue()
    assert done.why == "there is none yet"
    held = site.store.current()
    assert held == done.certificate
    assert set(held.names) == set(NAMES)
    assert MACHINE.partition(".")[2] in handshake(held, site.root(), MACHINE, tmp_path)
    for elsewhere in (f"seat.m1.{ROOT}", "desks.example.org"):
        with pytest.raises(ssl.SSLCertVerificationError):
            handshake(held, site.root(), elsewhere, tmp_path)
    assert site.left() == set()


def test_a_second_run_asks_nobody(site: CertificateSite) -> None:
    first = site.issue().certificate
    again = site.issue(authority=Refusing(site.authority.name))
    assert (again.certificate, again.why) == (first, "")


class Refusing:
    """An authority that must not be asked for anything."""

    def __init__(self, name: str) -> None:
        self.name = name

    def begin(self, request: CertificateRequest) -> CertificateRequest:
        raise AssertionError(request)

    def finish(self, request: CertificateRequest) -> str:
        raise AssertionError(request)

    def discard(self, request: CertificateRequest) -> None:
        raise AssertionError(request)


def test_the_last_thirty_days_bring_another_with_another_key(site: CertificateSite) -> None:
    old = site.issue().certificate
    now = datetime.now(UTC)
    late = replace(old, not_before=now - timedelta(days=61), not_after=now + timedelta(days=29, hours=1))
    site.store.keep(late)
    done = site.issue()
    assert done.why == f"ends on {late.not_after.date()}, in 29 days"
    assert done.certificate.not_after > late.not_after
    assert done.certificate.private_key != old.private_key
    assert site.store.current() == done.certificate
    # whoever reads it now gets the new one, and nothing is pending
    assert stages(site) == [{"AWSCURRENT", "AWSPENDING"}, {"AWSPREVIOUS"}]


def test_another_can_be_forced(site: CertificateSite) -> None:
    old = site.issue().certificate
    done = site.issue(force=True)
    assert done.why == "it was asked for"
    assert done.certificate.private_key != old.private_key
    assert site.store.current() == done.certificate


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_i7_dying_before_any_outside_call_loses_nothing(site: CertificateSite, cloudflare: CloudflareStandIn) -> None:
    """The certificate that is held stays until the new one is there, and no second one is asked for."""
    late = site.issue().certificate
    now = datetime.now(UTC)
    late = replace(late, not_before=now - timedelta(days=61), not_after=now + timedelta(days=29))
    with Interruptions() as interruptions:
        for number in range(1, MOST_CALLS):
            interruptions.plan(None)
            site.new_secret()
            cloudflare.origin_ca.given.clear()
            # every other time there is one already
            before = late if number % 2 else None
            if before is not None:
                site.store.keep(before)
            interruptions.plan(before=number)
            try:
                site.issue()
                died = False
            except Crash:
                died = True
            interruptions.plan(None)
            held = site.store.current()
            if not died:
                assert number > LEAST_CALLS[site.kind]
                break
            assert held == before, f"died before call {number}"
            done = site.issue().certificate
            assert site.store.current() == done
            assert site.store.pending() is None
            assert site.left() == set(), f"died before call {number}"
            if site.kind == "origin-ca":
                assert len(cloudflare.origin_ca.given) == 1, f"died before call {number}"
        else:
            pytest.fail("there is always another call")


def test_a_certificate_that_was_given_and_not_kept_is_kept_by_the_next_run(
    site: CertificateSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[str] = []
    authority = site.authority
    finish = type(authority).finish

    def lost(self: object, request: CertificateRequest) -> str:
        given.append(finish(self, request))  # type: ignore[arg-type]
        raise Temporary("the line went dead")

    with monkeypatch.context() as patch:
        patch.setattr(type(authority), "finish", lost)
        with pytest.raises(Temporary):
            site.issue()
    assert site.store.current() is None
    assert site.issue().certificate.certificate.strip() in given[0]


@pytest.mark.parametrize("kind", ["token", "permission"])
def test_a_wrong_token_is_said_with_what_to_do(
    origin_ca_site: CertificateSite, cloudflare: CloudflareStandIn, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    site = origin_ca_site
    with monkeypatch.context() as patch:
        if kind == "token":
            patch.setattr("tests.support.cloudflare_stand_in.TOKEN", "another one")
        else:
            patch.setattr(cloudflare.origin_ca, "may_issue", False)
        with pytest.raises(Permanent, match="SSL and Certificates / Edit") as refused:
            site.issue()
    assert "PRIVATE KEY" not in str(refused.value)
    assert site.store.current() is None
    pending = site.store.pending()
    assert pending is not None
    # what was begun is gone on with
    assert site.issue().certificate.private_key == pending.private_key


def test_a_wrong_key_of_the_zone_is_said(acme_site: CertificateSite, bind: BindServer) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bind, "secret", "d3Jvbmc=")
        with pytest.raises(Permanent, match="share the key"):
            acme_site.issue()
    assert acme_site.store.current() is None
    acme_site.issue()
    assert acme_site.left() == set()


@pytest.mark.parametrize("domain_root", ["desks.elsewhere.example", f"desks-{ROOT}"])
def test_a_wrong_domain_is_said(site: CertificateSite, domain_root: str) -> None:
    with pytest.raises(Permanent) as refused:
        site.issue(names=(domain_root, f"*.{domain_root}"))
    assert domain_root in str(refused.value) or "not in that zone" in str(refused.value)
    assert site.store.current() is None
    assert site.left() == set()
    # and the right one is another request
    assert set(site.issue().certificate.names) == set(NAMES)
    assert site.left() == set()


def test_a_request_for_other_names_is_taken_back(
    origin_ca_site: CertificateSite, cloudflare: CloudflareStandIn
) -> None:
    site, other = origin_ca_site, f"lab.{ROOT}"
    keep = type(site.store).keep
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(site.store), "keep", _fail)
        with pytest.raises(Temporary):
            site.issue(names=(other, f"*.{other}"))
    assert keep is type(site.store).keep
    assert [each["hostnames"][0] for each in cloudflare.origin_ca.given.values()] == [other]
    site.issue()
    assert [each["hostnames"][0] for each in cloudflare.origin_ca.given.values()] == [ROOT]


def _fail(*_: object) -> None:
    raise Temporary("throttled")


def test_rate_limits_are_temporary(origin_ca_site: CertificateSite, cloudflare: CloudflareStandIn) -> None:
    cloudflare.refuse_all = refusal(429, headers={"Retry-After": "120"})
    try:
        with pytest.raises(Temporary) as refused:
            origin_ca_site.issue()
    finally:
        cloudflare.refuse_all = None
    assert refused.value.retry_after_seconds == 120
    origin_ca_site.issue()


def test_an_acme_authority_s_rate_limit_is_temporary_and_told_in_its_words(acme_site: CertificateSite) -> None:
    ours = acme_site.authority
    assert isinstance(ours, AcmeAuthority)
    with limited_acme() as directory_url, pytest.raises(Temporary, match="retry after 2026-11-21") as refused:
        acme_site.issue(replace(ours, directory_url=directory_url))
    assert refused.value.retry_after_seconds >= 3600
    acme_site.issue()
    assert acme_site.left() == set()


def test_an_authority_that_takes_its_time_is_asked_again_by_the_next_run(acme_site: CertificateSite) -> None:
    ours = acme_site.authority
    assert isinstance(ours, AcmeAuthority)
    with pytest.raises(Temporary, match="not through with it yet"):
        acme_site.issue(replace(ours, patience_seconds=0.0))
    begun = acme_site.store.pending()
    assert begun is not None
    assert acme_site.issue().certificate.private_key == begun.private_key
    assert acme_site.left() == set()


@pytest.mark.parametrize("fault", [Fault.HANGS, Fault.REFUSED, Fault.LOST])
def test_an_authority_that_does_not_answer_is_temporary(site: CertificateSite, fault: Fault) -> None:
    with FrailGate(site.port, late_seconds=1) as gate:
        gate.plan(always=fault)
        with pytest.raises(Temporary):
            site.issue(site.connect(gate.port, 0.5))
    assert site.store.current() is None
    # another port is another directory, so what was begun there is not gone on with
    site.issue()
    assert site.left() == set()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.LOST, Fault.CUT])
def test_one_fault_at_the_authority_is_overcome_within_the_run(site: CertificateSite, fault: Fault) -> None:
    with FrailGate(site.port, late_seconds=1) as gate:
        for number in (2, 5) if site.kind == "acme" else (1, 2):
            site.new_secret()
            gate.plan({number: fault})
            site.issue(site.connect(gate.port, 10.0))
            assert site.store.current() is not None
            assert site.left() == set(), f"{fault} at exchange {number}"


def test_an_authority_that_does_not_see_the_texts_says_so_and_another_order_follows(
    acme_site: CertificateSite, bind: BindServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from elephant.adapters.dns.rfc2136_texts import Rfc2136Texts  # noqa: PLC0415  patched here alone

    with monkeypatch.context() as patch:
        patch.setattr(Rfc2136Texts, "add", lambda *_: None)
        with pytest.raises(Permanent, match="did not see that the zone is ours"):
            acme_site.issue()
    first = acme_site.store.pending()
    assert first is not None
    acme_site.issue()
    assert acme_site.left() == set()
    assert bind.content() == set()


def test_an_authority_that_has_forgotten_the_order_gets_another(acme_site: CertificateSite) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(acme_site.store), "keep", _fail)
        with pytest.raises(Temporary):
            acme_site.issue()
    pending = acme_site.store.pending()
    assert pending is not None
    acme_site.store.keep_request(replace(pending, order_url=f"{pending.order_url}x"))
    assert acme_site.issue().certificate.private_key != pending.private_key


def test_an_authority_that_this_machine_does_not_trust(
    acme_site: CertificateSite, pebble: PebbleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pebble.trust.exists()
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(Permanent, match="REQUESTS_CA_BUNDLE"):
        acme_site.issue()
