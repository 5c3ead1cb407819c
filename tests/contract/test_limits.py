"""What every adapter of the port Limits promises."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from elephant.adapters.embedded.limits import ThisMachine
from elephant.adapters.memory.limits import MemoryLimits
from elephant.domain.capacity import Limit, capacity_warnings, window_of
from elephant.ports.limits import Limits
from tests.contract.examples import NOW
from tests.support.builders import POLICY, a_meeting

if TYPE_CHECKING:
    from tests.support.aws_server import AwsServer

QUOTA = Limit(unit="vCPUs", each=2, room=16, holder="the quota is", advice="ask AWS for more")


def on_aws(server: "AwsServer", instance_type: str) -> Limits:
    from elephant.adapters.aws.limits import Ec2Limits, LimitSettings  # noqa: PLC0415  as late as what it needs

    settings = LimitSettings(instance_types=(instance_type,), subnet_ids=(), record_limit=200)
    return Ec2Limits(server.client("ec2"), server.client("service-quotas"), settings)


def on_a_machine_with_room(folder: Path) -> Limits:
    meminfo = folder / "meminfo"
    meminfo.write_text("MemAvailable:    8000000 kB\n")
    return ThisMachine(meminfo)


ADAPTERS: dict[str, Callable[[Path], Limits]] = {
    "memory": lambda _: MemoryLimits(QUOTA),
    "this machine": on_a_machine_with_room,
}
BLIND: dict[str, Callable[[Path], Limits]] = {
    "this machine": lambda folder: ThisMachine(folder / "nothing-here"),
}


@pytest.fixture(params=[*ADAPTERS, pytest.param("aws", marks=pytest.mark.integration)])
def limits(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Limits]:
    if request.param == "aws":
        yield on_aws(request.getfixturevalue("aws_server"), "m5.large")
    else:
        yield ADAPTERS[request.param](tmp_path)


@pytest.fixture(params=[*BLIND, pytest.param("aws", marks=pytest.mark.integration)])
def blind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Limits]:
    """An adapter of which a part cannot be read."""
    if request.param == "aws":
        # the quota that counts these is none of those that this account has
        yield on_aws(request.getfixturevalue("aws_server"), "p3.2xlarge")
    else:
        yield BLIND[request.param](tmp_path)


def test_every_limit_is_known_and_says_what_it_is(limits: Limits) -> None:
    found = limits.read(NOW)
    assert found
    assert len({limit.unit for limit in found}) == len(found)
    for limit in found:
        assert limit.is_known, limit
        assert limit.holder, limit
        assert limit.advice, limit
        assert not limit.problem, limit


def test_an_ordinary_meeting_finds_room(limits: Limits) -> None:
    assert capacity_warnings(window_of(a_meeting(), POLICY), [], limits.read(NOW)) == ()


def test_what_cannot_be_read_is_there_says_why_and_hides_nothing_else(blind: Limits) -> None:
    found = blind.read(NOW)
    unknown = [limit for limit in found if not limit.is_known]
    assert len(unknown) == 1
    assert unknown[0].problem
    assert len(found) > 1
    (said,) = capacity_warnings(window_of(a_meeting(), POLICY), [], found)
    assert said.startswith("capacity could not be checked")


def test_reading_again_is_reading_the_same(limits: Limits) -> None:
    def units(now: datetime) -> list[str]:
        return [limit.unit for limit in limits.read(now)]

    assert units(NOW) == units(NOW.replace(year=NOW.year + 1))
