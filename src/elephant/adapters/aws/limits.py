"""What EC2 and the zone have room for: the account's quota of vCPUs, free addresses, records."""

import logging
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from elephant.adapters.aws.ec2_instances import whole
from elephant.adapters.aws.errors import translating
from elephant.domain.capacity import Limit
from elephant.ports.errors import ElephantError, Permanent
from elephant.ports.overlap import Overlap, in_turn, outcome_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_ec2.client import EC2Client
    from mypy_boto3_ec2.type_defs import FilterTypeDef

logger = logging.getLogger(__name__)

STANDARD_QUOTA = "L-1216C47A"
_QUOTA_OF_FAMILY: "Mapping[str, str]" = {
    **dict.fromkeys(("a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"), STANDARD_QUOTA),
    **dict.fromkeys(("g", "gr", "vt"), "L-DB2E81BA"),
    "dl": "L-6E869C2A",
    "f": "L-74FC7D96",
    "hpc": "L-F7808C92",
    "inf": "L-1945791B",
    "p": "L-417A185B",
    "trn": "L-2C3B7624",
    "u": "L-43DA4232",
    "x": "L-7295265B",
}
"""The quota of running on-demand instances by the letters that a type begins with: EC2 User Guide, "On-Demand Instance
quotas"; their codes are those that Service Quotas lists."""

_KEPT_FOR, _AFTER_AN_ERROR = timedelta(minutes=10), timedelta(minutes=1)
_QUOTA_ADVICE = "ask AWS for more (Service Quotas, {})"


class QuotasClient(Protocol):
    """botocore's client of Service Quotas, as far as it is used here."""

    def get_service_quota(self, *, ServiceCode: str, QuotaCode: str) -> Any:  # noqa: ANN401, N803  botocore's
        """One quota of the region."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSettings:
    """Where to look: types and subnets in the order in which they are tried, and the room for records of ours."""

    instance_types: tuple[str, ...]
    subnet_ids: tuple[str, ...]
    record_limit: int


class Ec2Limits:
    """See Limits: read once in ten minutes in each process, once in a minute while something cannot be read.

    The clients bring short time limits, and no second attempt. The quota looked at is that of the first instance type;
    a later one with a quota of its own may have room where this one has none.
    """

    def __init__(
        self, ec2: "EC2Client", quotas: QuotasClient, settings: LimitSettings, overlap: Overlap = in_turn
    ) -> None:
        self._ec2, self._quotas, self._settings, self._overlap = ec2, quotas, settings, overlap
        self._kept: tuple[Limit, ...] = ()
        self._read_again_at: datetime | None = None
        self._lock = threading.Lock()

    def read(self, now: datetime) -> Sequence[Limit]:
        """See Limits.read."""
        with self._lock:
            if self._read_again_at is None or now >= self._read_again_at:
                self._kept = self._read()
                is_whole = all(limit.is_known for limit in self._kept)
                self._read_again_at = now + (_KEPT_FOR if is_whole else _AFTER_AN_ERROR)
            return self._kept

    def _read(self) -> tuple[Limit, ...]:
        calls: Sequence[Callable[[], float]] = (self._vcpus, self._vcpus_of_quota, self._free_addresses)
        vcpus, quota, addresses = self._overlap([outcome_of(call) for call in calls])
        limits = (
            _limit("vCPUs", vcpus, quota, "the quota is", _QUOTA_ADVICE.format(self._quota_code() or STANDARD_QUOTA)),
            _limit("addresses", 1, addresses, "the subnets have", "name larger or more subnets", is_left=True),
            _limit(
                "records",
                1,
                self._settings.record_limit,
                "the zone has room for",
                "a larger plan of the DNS provider has more; then raise DNS_RECORD_LIMIT",
            ),
        )
        for limit in limits:
            if limit.problem:
                logger.warning("capacity: %s are not known: %s", limit.unit, limit.problem)
        return limits

    def _quota_code(self) -> str | None:
        return next((quota_code(each) for each in self._settings.instance_types), None)

    def _vcpus(self) -> float:
        """What a machine of the largest type takes, of those that share the first one's quota."""
        code = self._quota_code()
        types = [each for each in self._settings.instance_types if quota_code(each) == code]
        if code is None:
            raise Permanent("INSTANCE_TYPE names no type whose quota is known")
        with translating("ec2", f"the instance types {', '.join(types)} (INSTANCE_TYPE)"):
            answer = self._ec2.describe_instance_types(InstanceTypes=types)  # type: ignore[arg-type]  # any text
        with whole("DescribeInstanceTypes"):
            return max([each["VCpuInfo"]["DefaultVCpus"] for each in answer["InstanceTypes"]])

    def _vcpus_of_quota(self) -> float:
        code = self._quota_code()
        if code is None:
            raise Permanent("INSTANCE_TYPE names no type whose quota is known")
        with translating("servicequotas", f"the quota {code} of EC2"):
            answer = self._quotas.get_service_quota(ServiceCode="ec2", QuotaCode=code)
        with whole("GetServiceQuota"):
            return float(answer["Quota"]["Value"])

    def _free_addresses(self) -> float:
        subnets, default = list(self._settings.subnet_ids), ("default-for-az", ["true"])
        filters: Sequence[FilterTypeDef] = [{"Name": default[0], "Values": default[1]}]
        with translating("ec2", "the subnets (SUBNET_IDS)"):
            answer = (
                self._ec2.describe_subnets(SubnetIds=subnets)
                if subnets
                else self._ec2.describe_subnets(Filters=filters)
            )
        with whole("DescribeSubnets"):
            return sum(each["AvailableIpAddressCount"] for each in answer["Subnets"])


def quota_code(instance_type: str) -> str | None:
    """The code of the quota that counts such an instance; None for a family that is not known here."""
    letters = re.match(r"[a-z]+", instance_type)
    return _QUOTA_OF_FAMILY.get(letters[0]) if letters else None


def _limit(
    unit: str,
    each: "float | ElephantError",
    room: "float | ElephantError",
    holder: str,
    advice: str,
    *,
    is_left: bool = False,
) -> Limit:
    """A limit of which a part may not have been readable."""
    problems = [str(part) for part in (each, room) if isinstance(part, ElephantError)]
    return Limit(
        unit=unit,
        each=None if isinstance(each, ElephantError) else each,
        room=None if isinstance(room, ElephantError) else room,
        holder=holder,
        advice=advice,
        is_left=is_left,
        problem="; ".join(dict.fromkeys(problems)),
    )
