"""Route 53's rules for a batch of changes, put into moto in their place.

What moto lacks and this supplies: moto lets a CREATE stand beside a record set of the same name and type, and anything
beside a CNAME, deletes what differs from the one given, and carries out the changes before one that fails. Route 53
refuses all three, and makes a batch wholly or not at all (API reference, ChangeResourceRecordSets). Its listings have
pages of at most 300, here of 4.
"""

from typing import Any

import pytest
from moto.route53.exceptions import DnsNameInvalidForZone, Route53ClientError
from moto.route53.models import RecordSet, Route53Backend

PAGE = 4


def make_strict(patch: pytest.MonkeyPatch) -> None:
    """Patch moto's Route 53."""
    listed = Route53Backend.list_resource_record_sets

    def in_small_pages(
        self: Route53Backend, zone_id: str, start_type: str, start_name: str, max_items: int
    ) -> tuple[list[RecordSet], str | None, str | None, bool]:
        return listed(self, zone_id, start_type, start_name, min(max_items, PAGE))

    patch.setattr(Route53Backend, "change_resource_record_sets", _change)
    patch.setattr(Route53Backend, "list_resource_record_sets", in_small_pages)


def _change(self: Route53Backend, zoneid: str, change_list: list[dict[str, Any]]) -> None:
    zone = self.get_hosted_zone(zoneid)
    sets = list(zone.rrsets)
    for change in change_list:
        wanted = dict(change["ResourceRecordSet"])
        wanted["Name"] = wanted["Name"].rstrip(".").lower() + "."
        if not wanted["Name"].endswith(f".{zone.name.strip('.')}."):
            raise DnsNameInvalidForZone(name=wanted["Name"], zone_name=zone.name)
        if "ResourceRecords" in wanted:
            wanted["ResourceRecords"] = [record["Value"] for record in wanted["ResourceRecords"]]
        _carry_out(sets, change["Action"], RecordSet(wanted))  # type: ignore[abstract]  # moto makes it so too
    zone.rrsets = sets


def _carry_out(sets: list[RecordSet], action: str, wanted: RecordSet) -> None:
    what = f"resource record set [name='{wanted.name}', type='{wanted.type}']"
    key = (wanted.name, wanted.type, wanted.set_identifier)
    found = next((each for each in sets if (each.name, each.type, each.set_identifier) == key), None)
    if action == "CREATE" and found is not None:
        raise Route53ClientError("InvalidChangeBatch", f"Tried to create {what} but it already exists")
    others = {each.type for each in sets if each.name == wanted.name and each.type != wanted.type}
    if action != "DELETE" and others and "CNAME" in {*others, wanted.type}:
        raise Route53ClientError("InvalidChangeBatch", f"A {what} is not permitted: a conflicting one exists")
    if action == "DELETE":
        if found is None:
            raise Route53ClientError("InvalidChangeBatch", f"Tried to delete {what} but it was not found")
        if (found.ttl, sorted(found.records)) != (wanted.ttl, sorted(wanted.records)):
            text = f"Tried to delete {what} but the values provided do not match the current values"
            raise Route53ClientError("InvalidChangeBatch", text)
    if found is not None:
        sets.remove(found)
    if action != "DELETE":
        sets.append(wanted)
