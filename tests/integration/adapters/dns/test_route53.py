"""Route 53's own ways, at moto with the rules that it lacks."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber

from elephant.adapters.dns.retries import Retries
from elephant.adapters.dns.route53 import Route53Zone
from elephant.ports.errors import AddressTaken, Permanent, Temporary
from elephant.ports.zone import ZoneRecord
from tests.support.zone_worlds import ROOT, ZoneWorld, route53_client

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client

pytestmark = pytest.mark.integration

NAME, IP, OTHER_IP = f"i-0123456789abcdef0.{ROOT}", "192.0.2.10", "192.0.2.11"


@pytest.fixture
def client(route53_world: ZoneWorld) -> Iterator["Route53Client"]:
    with closing(route53_client(route53_world.port, 1, 10.0)) as client:
        yield client


@pytest.fixture
def zone(client: "Route53Client", route53_world: ZoneWorld) -> Route53Zone:
    ours = route53_world.zone()
    assert isinstance(ours, Route53Zone)
    return Route53Zone(client, ours.zone_id, Retries(sleep=lambda _: None))


def calls_of(client: "Route53Client", step: Callable[[], None]) -> list[str]:
    calls: list[str] = []

    def note(model: Any, **_: object) -> None:  # noqa: ANN401  botocore's
        calls.append(model.name)

    client.meta.events.register("before-call.route53", note)
    step()
    client.meta.events.unregister("before-call.route53", note)
    return calls


def test_the_number_of_calls(client: "Route53Client", zone: Route53Zone) -> None:
    read, change = "ListResourceRecordSets", "ChangeResourceRecordSets"
    steps: list[tuple[Callable[[], None], list[str]]] = [
        (lambda: zone.put(NAME, IP), [read, change]),
        (lambda: zone.put(NAME, IP), [read]),
        (lambda: zone.put(NAME, OTHER_IP), [read, change, change]),
        (lambda: zone.remove(NAME), [read, change]),
        (lambda: zone.remove(NAME), [read]),
    ]
    for step, calls in steps:
        assert calls_of(client, step) == calls


def test_records_with_a_routing_policy_or_an_alias_are_somebody_else_s(
    client: "Route53Client", zone: Route53Zone, route53_world: ZoneWorld
) -> None:
    weighted: Any = {"TTL": 60, "ResourceRecords": [{"Value": IP}], "SetIdentifier": "one", "Weight": 1}
    target = {"HostedZoneId": zone.zone_id, "DNSName": f"www.{ROOT}.", "EvaluateTargetHealth": False}
    for number, fields in enumerate([weighted, {"AliasTarget": target}]):
        name = f"i-{number:017x}.{ROOT}"
        record_set: Any = {"Name": f"{name}.", "Type": "A", **fields}
        changes: Any = [{"Action": "CREATE", "ResourceRecordSet": record_set}]
        client.change_resource_record_sets(HostedZoneId=zone.zone_id, ChangeBatch={"Changes": changes})
        with pytest.raises(AddressTaken):
            zone.put(name, IP)
        assert calls_of(client, lambda name=name: zone.remove(name)) == ["ListResourceRecordSets"]  # type: ignore[misc]
    assert list(zone.records()) == []


def test_a_zone_that_is_not_there_is_not_an_empty_one(client: "Route53Client") -> None:
    zone = Route53Zone(client, "Z0123456789ABC")
    for call in (lambda: zone.put(NAME, IP), lambda: zone.remove(NAME), zone.records):
        with pytest.raises(Permanent, match="NoSuchHostedZone"):
            call()


def test_a_name_in_another_zone_is_told(zone: Route53Zone) -> None:
    with pytest.raises(Permanent, match="not permitted in zone"):
        zone.put("i-0123456789abcdef0.other.example", IP)


@pytest.mark.parametrize("code", ["Throttling", "PriorRequestNotComplete"])
def test_throttling_is_for_later(client: "Route53Client", zone: Route53Zone, code: str) -> None:
    empty: Any = {"ResourceRecordSets": [], "IsTruncated": False, "MaxItems": "10"}
    with Stubber(client) as stubber:
        stubber.add_response("list_resource_record_sets", empty)
        stubber.add_client_error("change_resource_record_sets", code, http_status_code=400)
        with pytest.raises(Temporary, match=code):
            zone.put(NAME, IP)
    zone.put(NAME, IP)
    assert list(zone.records()) == [ZoneRecord(NAME, IP, ours=True)]


def meddle_once(client: "Route53Client", meddle: Callable[[], object]) -> None:
    """Let somebody else write between our reading and our change."""
    pending = [meddle]

    def note(**_: object) -> None:
        if pending:
            pending.pop()()

    client.meta.events.register("before-call.route53.ChangeResourceRecordSets", note)


@pytest.mark.parametrize("kind", ["A", "TXT"])
def test_i3_what_came_between_our_reading_and_our_writing_is_not_overwritten(
    client: "Route53Client", zone: Route53Zone, route53_world: ZoneWorld, kind: str
) -> None:
    value = {"A": "198.51.100.7", "TXT": '"v=spf1 -all"'}[kind]
    meddle_once(client, lambda: route53_world.add(NAME, kind, value))
    with pytest.raises(AddressTaken):
        zone.put(NAME, IP)
    assert route53_world.content() == {(NAME, kind, value)}


def test_i3_what_stopped_being_ours_between_our_reading_and_our_removing_stays(
    client: "Route53Client", zone: Route53Zone, route53_world: ZoneWorld
) -> None:
    zone.put(NAME, IP)
    meddle_once(client, lambda: route53_world.delete(NAME, "TXT"))
    zone.remove(NAME)
    assert route53_world.content() == {(NAME, "A", IP)}


def test_what_came_and_went_between_our_reading_and_our_writing_is_no_refusal(
    client: "Route53Client", zone: Route53Zone
) -> None:
    empty: Any = {"ResourceRecordSets": [], "IsTruncated": False, "MaxItems": "10"}
    made: Any = {"ChangeInfo": {"Id": "C1", "Status": "PENDING", "SubmittedAt": "2026-03-02T14:00:00Z"}}
    with Stubber(client) as stubber:
        stubber.add_response("list_resource_record_sets", empty)
        stubber.add_client_error("change_resource_record_sets", "InvalidChangeBatch", "but it already exists")
        stubber.add_response("list_resource_record_sets", empty)
        stubber.add_response("change_resource_record_sets", made)
        zone.put(NAME, IP)
        stubber.assert_no_pending_responses()
