"""Whether desktops can be started in a VPC's subnets and reached there. Raises InvalidField with what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from elephant.adapters.aws.errors import code_of, translating
from elephant.ports.errors import InvalidField, Temporary

_EVERYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, slots=True)
class Network:
    """The networks of a region; every method may raise Temporary and Permanent."""

    client: Any
    region: str

    def default_vpc(self) -> str:
        """The id of the default VPC; "" where somebody deleted it."""
        found = self._described("describe_vpcs", "Vpcs", Filters=[{"Name": "is-default", "Values": ["true"]}])
        return str(found[0]["VpcId"]) if found else ""

    def public_subnets(self, vpc_id: str) -> list[str]:
        """The subnets of a VPC from which the internet can be reached, by availability zone."""
        subnets = self._described("describe_subnets", "Subnets", Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])
        tables = self._route_tables(vpc_id)
        found = sorted(subnets, key=lambda each: (each["AvailabilityZone"], each["SubnetId"]))
        return [each["SubnetId"] for each in found if _leads_out(each["SubnetId"], tables)]

    def require_vpc(self, vpc_id: str) -> None:
        """Raises InvalidField where there is no such VPC."""
        self._known("vpc_id", "describe_vpcs", "Vpcs", VpcIds=[vpc_id])

    def require_subnets(self, vpc_id: str, subnet_ids: Sequence[str]) -> None:
        """Raises InvalidField where a subnet is missing, another VPC's, or has no way to the internet."""
        subnets = self._known("subnet_ids", "describe_subnets", "Subnets", SubnetIds=list(subnet_ids))
        tables = self._route_tables(vpc_id)
        for each in subnets:
            name = each["SubnetId"]
            if each["VpcId"] != vpc_id:
                raise InvalidField("subnet_ids", f"holds {name}, which is in {each['VpcId']}: name subnets of {vpc_id}")
            if not _leads_out(name, tables):
                raise InvalidField(
                    "subnet_ids",
                    f"holds {name}, whose route table has no route for {_EVERYWHERE} to an internet gateway (igw-...):"
                    " browsers could not reach the desktops; add the route, or name another subnet",
                )

    def _route_tables(self, vpc_id: str) -> Sequence[Mapping[str, Any]]:
        return self._described("describe_route_tables", "RouteTables", Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])

    def _known(self, field: str, operation: str, part: str, **which: list[str]) -> Sequence[Mapping[str, Any]]:
        (names,) = which.values()
        with translating("ec2", f"{', '.join(names)} ({field})"):
            try:
                answer = getattr(self.client, operation)(**which)
            except ClientError as error:
                if code_of(error).endswith((".NotFound", ".Malformed")):
                    raise InvalidField(
                        field, f"{', '.join(names)}: there is no such thing in {self.region}; check it and the region"
                    ) from error
                raise
        return _part(answer, part)

    def _described(self, operation: str, part: str, **request: Any) -> Sequence[Mapping[str, Any]]:  # noqa: ANN401
        found: list[Mapping[str, Any]] = []
        while True:
            with translating("ec2", f"the networks of {self.region} (vpc_id)"):
                page = getattr(self.client, operation)(**request)
            found += _part(page, part)
            if not page.get("NextToken"):
                return found
            request["NextToken"] = page["NextToken"]


def _part(answer: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    if name not in answer:
        raise Temporary(f"EC2: the answer lacks {name}, it is not whole")
    found: Sequence[Mapping[str, Any]] = answer[name]
    return found


def _leads_out(subnet_id: str, tables: Sequence[Mapping[str, Any]]) -> bool:
    """A subnet without a route table of its own has the VPC's main one (VPC User Guide, "Route tables")."""
    own = [table for table in tables if any(each.get("SubnetId") == subnet_id for each in table["Associations"])]
    main = [table for table in tables if any(each.get("Main") for each in table["Associations"])]
    return any(
        route.get("DestinationCidrBlock") == _EVERYWHERE and str(route.get("GatewayId", "")).startswith("igw-")
        for table in (own or main)
        for route in table["Routes"]
    )
