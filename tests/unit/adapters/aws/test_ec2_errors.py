import pytest

from elephant.adapters.aws.ec2_errors import Refusal, no_room
from elephant.adapters.aws.ec2_requests import Candidate
from elephant.ports.errors import Permanent, Temporary

FULL = Refusal(Candidate("m5.large", "subnet-1"), "InsufficientInstanceCapacity")
NOT_OFFERED = Refusal(Candidate("m5.large", None), "Unsupported")
QUOTA = Refusal(Candidate("g4dn.xlarge", "subnet-1"), "VcpuLimitExceeded")


def test_no_room_says_what_was_tried_and_why_not() -> None:
    error = no_room([FULL, NOT_OFFERED])
    assert isinstance(error, Temporary)
    assert "m5.large in subnet-1 (InsufficientInstanceCapacity), m5.large in any default subnet (Unsupported)" in str(
        error
    )
    assert "no capacity" in str(error)
    assert "quota" not in str(error)
    assert error.retry_after_seconds >= 10


def test_a_quota_is_temporary_and_says_how_to_raise_it() -> None:
    error = no_room([FULL, QUOTA])
    assert isinstance(error, Temporary)
    assert "higher quota" in str(error)


@pytest.mark.parametrize("refusals", [[NOT_OFFERED], [NOT_OFFERED, NOT_OFFERED]])
def test_what_is_offered_nowhere_will_not_be_there_later(refusals: list[Refusal]) -> None:
    error = no_room(refusals)
    assert isinstance(error, Permanent)
    assert "INSTANCE_TYPE" in str(error)
