"""Texts in a zone at Route 53, all those of a name in one record set."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from elephant.adapters.dns.retries import Passing, Retries
from elephant.adapters.dns.route53_errors import InvalidBatch, meanings
from elephant.ports.errors import AddressTaken, Permanent, Temporary

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_route53.type_defs import ChangeTypeDef, ResourceRecordSetOutputTypeDef

_TTL_SECONDS = 60
_ONE = "1"


@dataclass(frozen=True, slots=True)
class Route53Texts:
    """The port Texts. A change replaces the record set that was read, and is refused if another stands there.

    Route 53 says when all its servers have a change, usually within a minute (Developer Guide, "GetChange"); `add`
    asks every `poll_seconds`, at most `polls` times.
    """

    client: "Route53Client"
    zone_id: str
    retries: Retries = field(default_factory=Retries)
    polls: int = 60
    poll_seconds: float = 3.0
    sleep: Callable[[float], None] = time.sleep

    def add(self, name: str, text: str) -> None:
        """See Texts.add."""
        change_id = self.retries.run(lambda: self._add(name.lower(), _quoted(text)))
        for _ in range(self.polls):
            if self.retries.run(lambda: self._is_served(change_id)):
                return
            self.sleep(self.poll_seconds)
        raise Temporary(f"Route 53 has not brought {name} to all its servers yet")

    def remove(self, name: str, text: str) -> None:
        """See Texts.remove."""
        self.retries.run(lambda: self._remove(name.lower(), _quoted(text)))

    def _add(self, name: str, value: str) -> str:
        """The id of the change that has it stand there."""
        held = self._at(name)
        records = [] if held is None else list(held["ResourceRecords"])
        if any(record["Value"] == value for record in records):
            # made anew as it is, so that there is a change to wait for
            return self._replace(name, held, held)
        ttl = _TTL_SECONDS if held is None else held["TTL"]
        wanted: ResourceRecordSetOutputTypeDef = {
            "Name": f"{name}.",
            "Type": "TXT",
            "TTL": ttl,
            "ResourceRecords": [*records, {"Value": value}],
        }
        return self._replace(name, held, wanted)

    def _remove(self, name: str, value: str) -> None:
        held = self._at(name)
        if held is None or not any(record["Value"] == value for record in held["ResourceRecords"]):
            return
        kept = [record for record in held["ResourceRecords"] if record["Value"] != value]
        self._replace(name, held, {**held, "ResourceRecords": kept} if kept else None)

    def _replace(
        self,
        name: str,
        held: "ResourceRecordSetOutputTypeDef | None",
        wanted: "ResourceRecordSetOutputTypeDef | None",
    ) -> str:
        changes: list[ChangeTypeDef] = []
        if held is not None:
            changes.append({"Action": "DELETE", "ResourceRecordSet": held})
        if wanted is not None:
            changes.append({"Action": "CREATE", "ResourceRecordSet": wanted})
        try:
            with meanings("ChangeResourceRecordSets"):
                answer = self.client.change_resource_record_sets(
                    HostedZoneId=self.zone_id, ChangeBatch={"Changes": changes}
                )
        except InvalidBatch as error:
            if self._at(name) == held:
                raise Permanent(f"Route 53 refuses to write {name}: {error}") from error
            raise Passing(f"{name} changed while it was written") from error
        if "ChangeInfo" not in answer:
            raise Passing("Route 53: ChangeResourceRecordSets: the answer is not whole")
        return answer["ChangeInfo"]["Id"]

    def _at(self, name: str) -> "ResourceRecordSetOutputTypeDef | None":
        with meanings("ListResourceRecordSets"):
            page = self.client.list_resource_record_sets(
                HostedZoneId=self.zone_id, StartRecordName=f"{name}.", StartRecordType="TXT", MaxItems=_ONE
            )
        # botocore takes an answer that was cut off in its headers for an empty one
        if not {"ResourceRecordSets", "IsTruncated"} <= page.keys():
            raise Passing("Route 53: ListResourceRecordSets: the answer is not whole")
        for each in page["ResourceRecordSets"]:
            if each["Name"].rstrip(".").lower() == name and each["Type"] == "TXT":
                if "ResourceRecords" not in each or "SetIdentifier" in each:
                    raise AddressTaken(f"the TXT records of {name} are an alias or have a routing policy")
                return each
        return None

    def _is_served(self, change_id: str) -> bool:
        with meanings("GetChange"):
            answer = self.client.get_change(Id=change_id)
        if "ChangeInfo" not in answer:
            raise Passing("Route 53: GetChange: the answer is not whole")
        return answer["ChangeInfo"]["Status"] == "INSYNC"


def _quoted(text: str) -> str:
    return f'"{text}"'
