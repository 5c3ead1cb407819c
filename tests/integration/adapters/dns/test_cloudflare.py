"""Cloudflare's own ways, at the stand-in."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from elephant.adapters.dns.cloudflare import MARK, CloudflareZone, open_client
from elephant.adapters.dns.expected import FRESH_SECONDS, Expected
from elephant.adapters.dns.retries import Retries
from elephant.ports.errors import AddressTaken, Permanent, Temporary
from elephant.ports.zone import ZoneRecord
from tests.support.cloudflare_stand_in import TOKEN, CloudflareStandIn, Refusal, refusal
from tests.support.zone_worlds import PATIENT_SECONDS, ROOT

pytestmark = pytest.mark.integration

NAME, IP, OTHER_IP = f"i-0123456789abcdef0.{ROOT}", "192.0.2.10", "192.0.2.11"


class Site:
    """A zone of its own at the stand-in, and ours for it."""

    def __init__(self, cloudflare: CloudflareStandIn, token: str = TOKEN, *, proxied: bool = True) -> None:
        self.api = cloudflare
        self.zone_id = cloudflare.add_zone(ROOT)
        self.waits: list[float] = []
        url = f"http://127.0.0.1:{cloudflare.port}/client/v4"
        self.client = open_client(token, api_url=url, timeout_seconds=PATIENT_SECONDS)
        retries = Retries(longest_wait_seconds=3.0, sleep=self.waits.append)
        fresh = Expected(lambda: 0.0)  # a machine may be so busy that what took a moment looks old
        self.zone = CloudflareZone(self.client, self.zone_id, proxied=proxied, retries=retries, expected=fresh)
        cloudflare.calls.clear()

    def rows(self) -> list[tuple[str, int, bool, str]]:
        rows = self.api.zones[self.zone_id][1].values()
        return [(row["content"], row["ttl"], row["proxied"], row["comment"]) for row in rows]


@pytest.fixture
def site(cloudflare: CloudflareStandIn) -> Iterator[Site]:
    site = Site(cloudflare)
    with site.client:
        yield site
    cloudflare.refusals.clear()
    cloudflare.refuse_all = None
    assert cloudflare.complaints == []


@pytest.mark.parametrize(("proxied", "ttl"), [(True, 1), (False, 60)])
def test_what_is_proxied_has_the_automatic_ttl(cloudflare: CloudflareStandIn, ttl: int, *, proxied: bool) -> None:
    site = Site(cloudflare, proxied=proxied)
    with site.client:
        site.zone.put(NAME, IP)
        site.zone.put(NAME, OTHER_IP)
    assert site.rows() == [(OTHER_IP, ttl, proxied, MARK)]
    assert cloudflare.complaints == []


def test_a_record_of_ours_that_is_not_proxied_as_it_should_be_is_mended(site: Site) -> None:
    site.api.add_record(site.zone_id, NAME, "A", IP, comment=MARK)
    site.zone.put(NAME, IP)
    assert site.rows() == [(IP, 1, True, MARK)]


def test_the_number_of_calls(site: Site) -> None:
    steps: list[tuple[Callable[[], None], list[str]]] = [
        (lambda: site.zone.put(NAME, IP), ["GET", "POST"]),
        (lambda: site.zone.put(NAME, IP), ["GET"]),
        (lambda: site.zone.put(NAME, OTHER_IP), ["GET", "PUT"]),
        (lambda: site.zone.remove(NAME), ["GET", "DELETE"]),
        (lambda: site.zone.remove(NAME), ["GET"]),
    ]
    for step, calls in steps:
        site.api.calls.clear()
        step()
        assert [call.split()[0] for call in site.api.calls] == calls


def calls_of(site: Site, *steps: Callable[[], None]) -> list[str]:
    """The methods of the calls that these steps make."""
    site.api.calls.clear()
    for step in steps:
        step()
    return [call.split()[0] for call in site.api.calls]


def test_what_was_expected_is_not_read_again_where_nothing_stood(site: Site) -> None:
    def expect() -> None:
        site.zone.expect(NAME)

    def put() -> None:
        site.zone.put(NAME, IP)

    assert calls_of(site, expect, put) == ["GET", "POST"]
    # ours stands there, so what it is has to be read just before
    assert calls_of(site, expect, put) == ["GET", "GET"]
    site.zone.remove(NAME)
    # an attempt whose answer was lost is followed by a reading
    site.zone.expect(NAME)
    site.api.refusals.append(refusal(500))
    assert calls_of(site, put) == ["POST", "GET", "POST"]


def test_machines_of_others_are_expected_once_and_then_not_before_one_of_ours(site: Site) -> None:
    other = NAME.replace("i-0", "i-1")
    assert calls_of(site, lambda: site.zone.expect(other), lambda: site.zone.expect(NAME)) == ["GET"]
    assert calls_of(site, lambda: site.zone.expect(other)) == ["GET"]
    assert calls_of(site, lambda: site.zone.put(NAME, IP)) == ["GET", "POST"]
    assert calls_of(site, lambda: site.zone.expect(other)) == ["GET"]


def test_a_reading_that_is_not_from_just_before_is_made_anew(cloudflare: CloudflareStandIn) -> None:
    site, now = Site(cloudflare), [100.0]
    zone = replace(site.zone, expected=Expected(lambda: now[0]))
    with site.client:
        zone.expect(NAME)
        site.api.add_record(site.zone_id, NAME, "A", OTHER_IP)
        now[0] += FRESH_SECONDS + 0.1
        with pytest.raises(AddressTaken):
            zone.put(NAME, IP)
    assert len(site.rows()) == 1


def test_what_came_to_stand_there_since_the_reading_is_said_with_the_next(site: Site) -> None:
    site.zone.expect(NAME)
    site.api.add_record(site.zone_id, NAME, "A", OTHER_IP)
    site.zone.put(NAME, IP)
    assert len(site.rows()) == 2
    with pytest.raises(AddressTaken):
        site.zone.put(NAME, IP)
    site.zone.remove(NAME)
    assert [content for content, *_ in site.rows()] == [OTHER_IP]


def test_two_of_ours_become_one(site: Site) -> None:
    for ip_address in (OTHER_IP, IP, "192.0.2.12"):
        site.api.add_record(site.zone_id, NAME, "A", ip_address, comment=MARK)
    site.zone.put(NAME, IP)
    assert list(site.zone.records()) == [ZoneRecord(NAME, IP, ours=True)]
    site.api.add_record(site.zone_id, NAME, "A", OTHER_IP, comment=MARK)
    site.zone.remove(NAME)
    assert site.rows() == []


@pytest.mark.parametrize("comment", [None, "", "managed by somebody", f"{MARK} no more", MARK.upper()])
def test_only_our_very_comment_is_our_mark(site: Site, comment: str | None) -> None:
    site.api.add_record(site.zone_id, NAME, "A", IP, comment=comment)
    with pytest.raises(AddressTaken, match=MARK):
        site.zone.put(NAME, IP)
    site.zone.remove(NAME)
    assert len(site.rows()) == 1


def test_our_comment_on_another_type_of_record_makes_it_not_ours(site: Site) -> None:
    site.api.add_record(site.zone_id, NAME, "CNAME", "elsewhere.example", comment=MARK)
    with pytest.raises(AddressTaken):
        site.zone.put(NAME, IP)
    site.zone.remove(NAME)
    assert len(site.rows()) == 1


def test_a_short_retry_after_is_kept(site: Site) -> None:
    site.api.refusals.extend([refusal(429, headers={"Retry-After": "2"})] * 2)
    site.zone.put(NAME, IP)
    assert len(site.waits) == 2
    assert min(site.waits) >= 2.0
    assert len(site.rows()) == 1


@pytest.mark.parametrize(("header", "seconds"), [({"Retry-After": "287"}, 287.0), ({}, 300.0)])
def test_the_five_minutes_in_which_every_call_is_refused_are_the_caller_s_to_wait(
    site: Site, header: dict[str, str], seconds: float
) -> None:
    site.api.refuse_all = refusal(429, headers=header)
    for call in (lambda: site.zone.put(NAME, IP), lambda: site.zone.remove(NAME), site.zone.records):
        site.api.calls.clear()
        with pytest.raises(Temporary) as caught:
            call()
        assert caught.value.retry_after_seconds == seconds
        assert len(site.api.calls) == 1, "a call more makes it no shorter"
    assert site.waits == []


@pytest.mark.parametrize("answer", [refusal(500), refusal(503), Refusal(520, "<html>"), Refusal(200, "<html>")])
def test_what_passes_is_tried_three_times(site: Site, answer: Refusal) -> None:
    site.api.refusals.extend([answer] * 2)
    site.zone.put(NAME, IP)
    assert len(site.rows()) == 1
    site.api.refuse_all = answer
    site.api.calls.clear()
    with pytest.raises(Temporary):
        site.zone.remove(NAME)
    assert len(site.api.calls) == 3


@pytest.mark.parametrize("status", [200, 400, 403])
def test_a_refusal_is_one_with_any_status(site: Site, status: int) -> None:
    site.zone.put(NAME, IP)
    site.api.refuse_all = refusal(status, 9109)
    for call in (lambda: site.zone.put(NAME, OTHER_IP), lambda: site.zone.remove(NAME), site.zone.records):
        with pytest.raises(Permanent, match="9109"):
            call()
    assert site.waits == []


def test_a_wrong_token_is_told_and_not_shown(cloudflare: CloudflareStandIn) -> None:
    site = Site(cloudflare, token="another-token-xyz")
    with site.client, pytest.raises(Permanent, match="10000 Authentication error") as caught:
        site.zone.records()
    assert "another-token-xyz" not in repr(caught.value)


def test_a_zone_that_is_not_there_is_not_an_empty_one(site: Site) -> None:
    zone = CloudflareZone(site.client, "0" * 32, proxied=True)
    for call in (lambda: zone.put(NAME, IP), lambda: zone.remove(NAME), zone.records):
        with pytest.raises(Permanent, match="7003"):
            call()


def test_a_full_zone_is_told(site: Site) -> None:
    site.api.quota = 2
    try:
        for number in range(2):
            site.zone.put(f"i-{number:017x}.{ROOT}", IP)
        with pytest.raises(Permanent, match="81045"):
            site.zone.put(NAME, IP)
    finally:
        site.api.quota = 200
