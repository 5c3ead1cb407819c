"""A zone at Route 53. Ownership is in a TXT record at the same name, written and removed with the A record."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from elephant.adapters.dns.ownership import Standing, mark_of
from elephant.adapters.dns.retries import Passing, Retries
from elephant.adapters.dns.route53_errors import InvalidBatch, meanings
from elephant.ports.errors import AddressTaken, Permanent
from elephant.ports.zone import ZoneRecord

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_route53.literals import RRTypeType
    from mypy_boto3_route53.type_defs import (
        ChangeTypeDef,
        ListResourceRecordSetsRequestTypeDef,
        ResourceRecordSetOutputTypeDef,
    )

_TTL_SECONDS = 60
_A_FEW = "10"


@dataclass(frozen=True, slots=True)
class Route53Zone:
    """The port Zone over a client that has its own timeouts and retries of what passes.

    A batch is made wholly or not at all, CREATE fails where a record set of that name and type exists, and DELETE
    unless it is given exactly as it stands (Route 53 API, ChangeResourceRecordSets). So every change is a condition
    too. UPSERT is none, and is not used.
    """

    client: "Route53Client"
    zone_id: str
    retries: Retries = field(default_factory=Retries)

    def expect(self, name: str) -> None:
        """See Zone.expect: `put` begins with a change that holds only where nothing stands."""

    def put(self, name: str, ip_address: str) -> None:
        """See Zone.put."""
        self.retries.run(lambda: self._put(name.lower(), ip_address))

    def remove(self, name: str) -> None:
        """See Zone.remove."""
        self.retries.run(lambda: self._remove(name.lower(), list(self._at(name.lower()))))

    def records(self) -> Sequence[ZoneRecord]:
        """See Zone.records."""
        return self.retries.run(self._records)

    def _records(self) -> Sequence[ZoneRecord]:
        by_name: dict[str, list[ResourceRecordSetOutputTypeDef]] = {}
        for each in self._record_sets():
            by_name.setdefault(_name(each), []).append(each)
        return [record for name, sets in by_name.items() for record in _standing(sets).records(name)]

    def _put(self, name: str, ip_address: str) -> None:
        sets = list(self._at(name))
        standing = _standing(sets)
        if standing.is_exactly(ip_address):
            return
        if standing.is_taken:
            raise AddressTaken(f"{name} is taken by something without our TXT record; remove it, or leave it")
        self._remove(name, sets)
        self._create([_created(name, "A", ip_address), _created(name, "TXT", _quoted(mark_of(ip_address)))], name)

    def _create(self, changes: "list[ChangeTypeDef]", name: str) -> None:
        """Create what nothing stands in the way of; who stood there may have gone before we look, so try twice."""
        for attempt in (1, 2):
            try:
                self._change(changes)
                break
            except InvalidBatch as error:
                if not _standing(self._at(name)).is_free:
                    raise Passing(f"{name} changed while it was written") from error
                if attempt > 1:
                    raise Permanent(f"Route 53 refuses to write {name}: {error}") from error

    def _remove(self, name: str, sets: "Sequence[ResourceRecordSetOutputTypeDef]") -> None:
        standing = _standing(sets)
        ours = {"A": standing.our_addresses, "TXT": {_quoted(mark) for mark in standing.marks}}
        changes = [change for each in sets for change in _without(each, ours.get(each["Type"], ()))]
        if not changes:
            return
        try:
            self._change(changes)
        except InvalidBatch as error:
            raise Passing(f"{name} changed while it was removed: {error}") from error

    def _change(self, changes: "list[ChangeTypeDef]") -> None:
        with meanings("ChangeResourceRecordSets"):
            self.client.change_resource_record_sets(HostedZoneId=self.zone_id, ChangeBatch={"Changes": changes})

    def _at(self, name: str) -> "Iterator[ResourceRecordSetOutputTypeDef]":
        """The record sets of one name: they follow each other, and a listing can begin with them."""
        for each in self._record_sets(name):
            if _name(each) != name:
                return
            yield each

    def _record_sets(self, first: str | None = None) -> "Iterator[ResourceRecordSetOutputTypeDef]":
        request: ListResourceRecordSetsRequestTypeDef = {"HostedZoneId": self.zone_id}
        if first is not None:
            request |= {"StartRecordName": f"{first}.", "MaxItems": _A_FEW}
        while True:
            with meanings("ListResourceRecordSets"):
                page = self.client.list_resource_record_sets(**request)
            # botocore takes an answer that was cut off in its headers for an empty one
            if not {"ResourceRecordSets", "IsTruncated"} <= page.keys():
                raise Passing("Route 53: ListResourceRecordSets: the answer is not whole")
            yield from page["ResourceRecordSets"]
            if not page["IsTruncated"]:
                return
            request |= {"StartRecordName": page["NextRecordName"], "StartRecordType": page["NextRecordType"]}
            request.pop("StartRecordIdentifier", None)
            if "NextRecordIdentifier" in page:
                request["StartRecordIdentifier"] = page["NextRecordIdentifier"]


def _standing(sets: "Iterable[ResourceRecordSetOutputTypeDef]") -> Standing:
    values: dict[str, set[str]] = {"A": set(), "TXT": set()}
    other_types = set()
    for each in sets:
        if each["Type"] in values and _is_plain(each):
            values[each["Type"]].update(record["Value"] for record in each["ResourceRecords"])
        else:
            other_types.add(each["Type"])
    texts = (text[1:-1] if _is_one_string(text) else text for text in values["TXT"])
    return Standing(frozenset(values["A"]), frozenset(texts), frozenset(other_types))


def _is_plain(each: "ResourceRecordSetOutputTypeDef") -> bool:
    """True for records as we write them: no alias, and not one of several with a routing policy."""
    return "ResourceRecords" in each and "SetIdentifier" not in each


def _is_one_string(text: str) -> bool:
    return text.startswith('"') and text.endswith('"') and '"' not in text[1:-1]


def _without(each: "ResourceRecordSetOutputTypeDef", values: "Collection[str]") -> "list[ChangeTypeDef]":
    """The changes that take these values out of a record set and leave the others as they are."""
    if not _is_plain(each):
        return []
    kept = [record for record in each["ResourceRecords"] if record["Value"] not in values]
    if len(kept) == len(each["ResourceRecords"]):
        return []
    changes: list[ChangeTypeDef] = [{"Action": "DELETE", "ResourceRecordSet": each}]
    if kept:
        changes.append({"Action": "CREATE", "ResourceRecordSet": {**each, "ResourceRecords": kept}})
    return changes


def _created(name: str, kind: "RRTypeType", value: str) -> "ChangeTypeDef":
    return {
        "Action": "CREATE",
        "ResourceRecordSet": {
            "Name": f"{name}.",
            "Type": kind,
            "TTL": _TTL_SECONDS,
            "ResourceRecords": [{"Value": value}],
        },
    }


def _quoted(text: str) -> str:
    return f'"{text}"'


def _name(each: "ResourceRecordSetOutputTypeDef") -> str:
    return each["Name"].rstrip(".").lower()
