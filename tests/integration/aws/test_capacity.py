"""What a booking on AWS says of the room that there will be, and that nothing about it stands in a booking's way.

So it is with a meeting that is moved or given more time.
"""

import socket
import time
from collections.abc import Iterator

import pytest

from elephant.bootstrap import aws_clients
from elephant.bootstrap.aws_clients import Clients
from elephant.bootstrap.late import LateClient
from tests.support.aws_driver import AwsDriver, Event
from tests.support.builders import at, minutes
from tests.support.ec2_quotas import VCPUS
from tests.support.outside_calls import Call, aws_error

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

READINGS = {"vCPUs": ("DescribeInstanceTypes", "GetServiceQuota"), "addresses": ("DescribeSubnets",)}
IN_PASSING_SECONDS = aws_clients._ANSWER_SECONDS_IN_PASSING
UNKNOWN = "capacity could not be checked: how many {} there are is not known just now"


@pytest.fixture(autouse=True)
def _quota() -> Iterator[None]:
    """Room for two meetings at once: m5.large has two vCPUs."""
    before = dict(VCPUS)
    VCPUS["L-1216C47A"] = 8.0
    yield
    VCPUS.clear()
    VCPUS.update(before)


def booked(driver: AwsDriver, minute: float = 0) -> Event:
    """The answer to a booking for then."""
    body = {
        "teacher_name": "Ada",
        "student_name": "Blaise",
        "meet_time": at(minute).isoformat(),
        "duration_minutes": 60,
    }
    status, content = driver.request("schedule-meeting", "POST", "/schedule", body=body, is_host=True)
    assert status == 200, content
    return content


def test_a_meeting_too_many_is_booked_and_its_host_is_told(driver: AwsDriver) -> None:
    assert [booked(driver, minute)["warnings"] for minute in (0, 30, 120)] == [[], [], []]
    one_too_many = booked(driver, 60)
    assert one_too_many["warnings"] == [
        "capacity at risk: 6 desktops would need 12 vCPUs at 14:50 UTC and the quota is 8;"
        " ask AWS for more (Service Quotas, L-1216C47A)"
    ]
    found = driver.request("schedule-meeting", "GET", f"/meetings/{one_too_many['id']}", is_host=True)
    assert found[0] == 200
    assert {alarm.name for alarm in driver.schedules()} >= {f"launch-{one_too_many['id']}"}


def test_a_larger_quota_is_seen_after_ten_minutes_and_a_meeting_that_is_over_takes_nothing(driver: AwsDriver) -> None:
    driver.sweeps = False
    for _ in range(2):
        booked(driver, 60)
    other = booked(driver, 60)
    assert other["warnings"]
    assert driver.request("schedule-meeting", "POST", f"/meetings/{other['id']}/cancel", is_host=True)[0] == 200
    VCPUS["L-1216C47A"] = 12.0
    assert booked(driver, 60)["warnings"]
    driver.advance(minutes=10)
    assert booked(driver, 240)["warnings"] == []


def test_who_moves_a_meeting_or_gives_it_more_time_is_told_too(driver: AwsDriver) -> None:
    for _ in range(2):
        booked(driver, 180)
    path = f"/meetings/{booked(driver)['id']}"

    def answer(method: str, tail: str = "", **body: object) -> list[str]:
        status, content = driver.request("schedule-meeting", method, f"{path}{tail}", body=body, is_host=True)
        assert status == 200, content
        return list(content["warnings"])

    at_risk = "capacity at risk: 6 desktops would need 12 vCPUs at {} UTC and the quota is 8;"
    assert answer("PATCH", meet_time=at(95).isoformat()) == []
    assert answer("POST", "/extend", minutes=1) == [
        f"{at_risk.format('16:50')} ask AWS for more (Service Quotas, L-1216C47A)"
    ]
    (said,) = answer("PATCH", meet_time=at(120).isoformat())
    assert said.startswith(at_risk.format("16:50"))
    driver.run_until(at(111))
    # its own desktops run and are counted once
    (said,) = answer("POST", "/extend", minutes=5)
    assert said.startswith(at_risk.format("17:15"))

    def refuse(call: Call) -> None:
        if call.operation in {"Query", "BatchGetItem"}:
            raise aws_error(call, "ProvisionedThroughputExceededException")

    driver.calls.before_call = refuse
    said_blind = answer("POST", "/extend", minutes=5)
    driver.calls.before_call = None
    assert said_blind == ["capacity could not be checked: the other meetings could not be read just now"]


@pytest.mark.parametrize("unit", READINGS)
@pytest.mark.parametrize("code", ["AccessDeniedException", "Throttling", "InternalError"])
def test_a_limit_that_cannot_be_read_refuses_nobody_and_is_not_taken_for_none(
    driver: AwsDriver, unit: str, code: str
) -> None:
    def refuse(call: Call) -> None:
        if call.operation in READINGS[unit]:
            raise aws_error(call, code)

    driver.calls.before_call = refuse
    assert booked(driver)["warnings"] == [UNKNOWN.format(unit)]
    driver.calls.before_call = None
    driver.advance(minutes=1)
    assert booked(driver, 120)["warnings"] == []


def test_meetings_that_cannot_be_read_refuse_nobody_either(driver: AwsDriver) -> None:
    def refuse(call: Call) -> None:
        if call.operation in {"Query", "BatchGetItem"}:
            raise aws_error(call, "ProvisionedThroughputExceededException")

    driver.calls.before_call = refuse
    said = booked(driver)["warnings"]
    driver.calls.before_call = None
    assert said == ["capacity could not be checked: the other meetings could not be read just now"]


def test_a_service_that_never_answers_is_not_waited_for(driver: AwsDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its address takes connections, and no more: what is waited for is that one client's own limit of two seconds."""
    patient_seconds, make = aws_clients._ANSWER_SECONDS_IN_PASSING, Clients._in_passing

    def in_passing(clients: Clients, service: str) -> LateClient:
        seconds = IN_PASSING_SECONDS if service == "service-quotas" else patient_seconds
        with monkeypatch.context() as patch:
            patch.setattr(aws_clients, "_ANSWER_SECONDS_IN_PASSING", seconds)
            return make(clients, service)

    with socket.create_server(("127.0.0.1", 0)) as deaf:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SERVICE_QUOTAS", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        monkeypatch.setattr(Clients, "_in_passing", in_passing)
        driver.cold_start()
        calls: list[Call] = []
        driver.calls.before_call = calls.append
        began = time.monotonic()
        assert UNKNOWN.format("vCPUs") in booked(driver)["warnings"]
        driver.calls.before_call = None
    (asked,) = [call for call in calls if call.operation == "GetServiceQuota"]
    # generous for a machine that is busy; three attempts of ten seconds would be half a minute
    assert asked.ended_at - asked.started_at < minutes(0.25).total_seconds()
    assert time.monotonic() - began < minutes(1).total_seconds()
