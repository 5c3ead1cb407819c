"""What EC2's own errors mean for a launch and for an end; the common ones are in errors.py.

Codes: EC2's "Error codes for the Amazon EC2 API" (errors-overview) and "Ensuring idempotency".
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from elephant.adapters.aws.ec2_requests import Candidate
from elephant.ports.errors import Permanent, Temporary

if TYPE_CHECKING:
    from mypy_boto3_ec2.client import EC2Client

_FULL_HERE = frozenset(
    {
        "InsufficientAddressCapacity",
        "InsufficientCapacityOnHost",
        "InsufficientFreeAddressesInSubnet",
        "InsufficientHostCapacity",
        "InsufficientInstanceCapacity",
        "InsufficientReservedInstanceCapacity",
        "InsufficientVolumeCapacity",
    }
)
"""Another subnet or another type may have room."""

NOT_OFFERED = "Unsupported"
"""What EC2 answers, among other things, where a zone does not have an instance type."""

LIMITS = frozenset({"InstanceLimitExceeded", "VcpuLimitExceeded"})
"""The account's quota for this kind of type is used up, in every subnet; another type may have one of its own."""

NO_ROOM = _FULL_HERE | LIMITS | {NOT_OFFERED}
"""Nothing was launched, and another candidate may do. Any other error ends a launch: its outcome may be unknown."""

TOKEN_USED = frozenset({"IdempotentParameterMismatch", "IdempotentInstanceTerminated"})
"""The order was given before: its meeting's deadline has moved since, or its machine has ended since."""

UNKNOWN_ID = "InvalidInstanceID.NotFound"
PROTECTED = "OperationNotPermitted"
ABOUT_ONE_OF_MANY = frozenset({UNKNOWN_ID, "InvalidInstanceID.Malformed", "UnauthorizedOperation", PROTECTED})
"""TerminateInstances fails for all of its ids when this is so for one of them."""

_RETRY_AFTER_SECONDS = 30.0


class Refusal(NamedTuple):
    """A candidate without room, and EC2's word for why."""

    candidate: Candidate
    code: str


def no_room(refusals: Sequence[Refusal]) -> Temporary | Permanent:
    """The error for an order that none of the candidates had room for."""
    tried = ", ".join(f"{refusal.candidate} ({refusal.code})" for refusal in refusals)
    codes = {refusal.code for refusal in refusals}
    if codes == {NOT_OFFERED}:
        return Permanent(f"EC2 offers none of these, change INSTANCE_TYPE or SUBNET_IDS: {tried}")
    advice = "; ask AWS for a higher quota of running instances" if codes & LIMITS else ""
    return Temporary(f"EC2 has no capacity just now, tried: {tried}{advice}", retry_after_seconds=_RETRY_AFTER_SECONDS)


def try_elsewhere_at_once(client: "EC2Client") -> None:
    """Keep the client from asking again where there is no room: to try the next candidate is the better repetition.

    EC2 says so with a status of 500, which botocore's retries take for a fault that passes. Whatever else fails, and
    whatever else this client calls, is repeated as its Config says.
    """
    client.meta.events.register_first("needs-retry.ec2.RunInstances", _raise_no_room, unique_id="elephant-no-room")


def _raise_no_room(response: tuple[Any, dict[str, Any]] | None, operation: Any, **_: object) -> None:  # noqa: ANN401  botocore's
    if response is not None and response[1].get("Error", {}).get("Code") in NO_ROOM:
        raise ClientError(response[1], operation.name)  # type: ignore[arg-type]  # parsed, as botocore itself raises it
