"""Limits on AWS: how often they are read, what counts, and what becomes of errors."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from elephant.adapters.aws.limits import Ec2Limits, LimitSettings, quota_code
from elephant.domain.capacity import Limit
from tests.support.builders import at

NOW = at(0)


class Answers:
    """Both clients: what each operation answers, or raises; `calls` notes which was asked for what."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.vcpus = {"m5.large": 2, "m5.xlarge": 4, "g4dn.xlarge": 4}
        self.free = {"subnet-1": 5, "subnet-2": 7}
        self.quota: Any = {"Quota": {"Value": 16.0}}
        self.errors: dict[str, Exception] = {}

    def _asked(self, operation: str, what: Any) -> None:  # noqa: ANN401  any parameter
        self.calls.append((operation, what))
        if operation in self.errors:
            raise self.errors[operation]

    def describe_instance_types(self, *, InstanceTypes: list[str]) -> Any:  # noqa: ANN401, N803  botocore's
        self._asked("types", InstanceTypes)
        return {"InstanceTypes": [{"VCpuInfo": {"DefaultVCpus": self.vcpus[each]}} for each in InstanceTypes]}

    def describe_subnets(self, **asked: Any) -> Any:  # noqa: ANN401  botocore's
        self._asked("subnets", asked)
        wanted = asked.get("SubnetIds", list(self.free))
        return {"Subnets": [{"AvailableIpAddressCount": self.free[each]} for each in wanted]}

    def get_service_quota(self, *, ServiceCode: str, QuotaCode: str) -> Any:  # noqa: ANN401, N803  botocore's
        self._asked("quota", f"{ServiceCode}/{QuotaCode}")
        return self.quota


@pytest.fixture
def answers() -> Answers:
    return Answers()


def limits_of(answers: Answers, *types: str, subnets: tuple[str, ...] = ()) -> Ec2Limits:
    client: Any = answers
    settings = LimitSettings(instance_types=types or ("m5.large",), subnet_ids=subnets, record_limit=50)
    return Ec2Limits(client, client, settings)


def by_unit(limits: Ec2Limits, after: timedelta = timedelta(0)) -> dict[str, Limit]:
    return {limit.unit: limit for limit in limits.read(NOW + after)}


def test_each_of_them_is_what_aws_and_the_settings_say(answers: Answers) -> None:
    found = by_unit(limits_of(answers, subnets=("subnet-1", "subnet-2")))
    assert [(unit, limit.each, limit.room, limit.is_left) for unit, limit in found.items()] == [
        ("vCPUs", 2, 16, False),
        ("addresses", 1, 12, True),
        ("records", 1, 50, False),
    ]
    assert found["vCPUs"].advice == "ask AWS for more (Service Quotas, L-1216C47A)"
    assert ("subnets", {"SubnetIds": ["subnet-1", "subnet-2"]}) in answers.calls


def test_without_subnets_they_are_those_of_the_default_vpc(answers: Answers) -> None:
    by_unit(limits_of(answers))
    assert ("subnets", {"Filters": [{"Name": "default-for-az", "Values": ["true"]}]}) in answers.calls


def test_the_largest_type_counts_of_those_that_share_the_first_ones_quota(answers: Answers) -> None:
    assert by_unit(limits_of(answers, "m5.large", "g4dn.xlarge", "m5.xlarge"))["vCPUs"].each == 4
    assert ("types", ["m5.large", "m5.xlarge"]) in answers.calls
    answers.calls.clear()
    assert by_unit(limits_of(answers, "g4dn.xlarge", "m5.large"))["vCPUs"].advice.endswith("L-DB2E81BA)")
    assert ("quota", "ec2/L-DB2E81BA") in answers.calls


@pytest.mark.parametrize(
    ("instance_type", "code"),
    [
        *[(each, "L-1216C47A") for each in ("a1.large", "c7g.large", "im4gn.large", "is4gen.large", "m7i.large")],
        *[(each, "L-1216C47A") for each in ("d3.xlarge", "h1.2xlarge", "i4i.large", "r6i.large", "t3.small")],
        ("z1d.large", "L-1216C47A"),
        *[(each, "L-DB2E81BA") for each in ("g4dn.xlarge", "gr6.4xlarge", "vt1.3xlarge")],
        ("p5.48xlarge", "L-417A185B"),
        ("x2idn.16xlarge", "L-7295265B"),
        ("u-6tb1.56xlarge", "L-43DA4232"),
        ("trn1.2xlarge", "L-2C3B7624"),
        ("inf2.xlarge", "L-1945791B"),
        ("dl1.24xlarge", "L-6E869C2A"),
        ("f1.2xlarge", "L-74FC7D96"),
        ("hpc7a.12xlarge", "L-F7808C92"),
        ("quantum1.large", None),
        ("7", None),
        ("", None),
    ],
)
def test_each_family_has_its_quota(instance_type: str, code: str | None) -> None:
    assert quota_code(instance_type) == code


def test_they_are_read_once_in_ten_minutes(answers: Answers) -> None:
    limits = limits_of(answers)
    by_unit(limits)
    by_unit(limits, timedelta(minutes=9, seconds=59))
    assert len(answers.calls) == 3
    answers.quota = {"Quota": {"Value": 32.0}}
    assert by_unit(limits, timedelta(minutes=10))["vCPUs"].room == 32
    assert len(answers.calls) == 6


@pytest.mark.parametrize("operation", ["types", "quota", "subnets"])
@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Any"),
        ClientError({"Error": {"Code": "Throttling", "Message": "slow"}}, "Any"),
        ReadTimeoutError(endpoint_url="https://aws.example.test"),
    ],
    ids=["denied", "throttled", "no answer"],
)
def test_what_fails_is_unknown_alone_and_read_again_in_a_minute(
    answers: Answers, operation: str, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    answers.errors[operation] = error
    limits = limits_of(answers)
    unknown = "addresses" if operation == "subnets" else "vCPUs"
    found = by_unit(limits)
    assert [unit for unit, limit in found.items() if not limit.is_known] == [unknown]
    assert found[unknown].problem in caplog.text
    by_unit(limits, timedelta(seconds=59))
    assert len(answers.calls) == 3
    answers.errors.clear()
    assert all(limit.is_known for limit in by_unit(limits, timedelta(minutes=1)).values())


def test_half_an_answer_is_none(answers: Answers) -> None:
    answers.quota = {}
    assert not by_unit(limits_of(answers))["vCPUs"].is_known
    answers.quota = {"Quota": {}}
    assert not by_unit(limits_of(answers))["vCPUs"].is_known


def test_a_type_whose_quota_nobody_knows_is_not_compared_with_another(answers: Answers) -> None:
    found = by_unit(limits_of(answers, "quantum1.large"))["vCPUs"]
    assert not found.is_known
    assert found.problem == "INSTANCE_TYPE names no type whose quota is known"
    assert [operation for operation, _ in answers.calls] == ["subnets"]
