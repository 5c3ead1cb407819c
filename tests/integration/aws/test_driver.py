"""The driver itself: what fails is tried again as AWS does it, and nothing that fails goes unseen."""

import pytest

from elephant.domain.meeting import EndReason
from tests.support.aws_desktops import FieldDesktops
from tests.support.aws_driver import AwsDriver
from tests.support.builders import DATA_URL, STUDENT, TEACHER, at
from tests.support.frail_ports import Crash
from tests.support.outside_calls import Call, aws_error

pytestmark = pytest.mark.integration


def runs(driver: AwsDriver, function: str) -> list[BaseException | None]:
    """What each invocation of a function raised."""
    return [each.raised for each in driver.calls.invocations if each.function == function]


def test_what_fails_is_tried_again_after_one_minute_and_after_two_more_and_then_put_aside(driver: AwsDriver) -> None:
    driver.sweeps = False

    def refuse(call: Call) -> None:
        if call.operation == "RunInstances":
            raise aws_error(call, "InternalError", 500)

    driver.calls.before_call = refuse
    driver.book(at(0))
    driver.run_until(at(-10))
    assert len(runs(driver, "launch-ec2")) == 1
    driver.run_until(at(-9))
    assert len(runs(driver, "launch-ec2")) == 2
    driver.run_until(at(-8))
    assert len(runs(driver, "launch-ec2")) == 2
    driver.run_until(at(-7))
    assert len(runs(driver, "launch-ec2")) == 3
    driver.run_until(at(-2))
    assert len(runs(driver, "launch-ec2")) == 3
    assert driver.leftovers()["dead letters"] == ["launch-ec2"]


def test_i2_a_launch_that_dies_after_its_machines_started_finds_them_again(driver: AwsDriver) -> None:
    deaths = [1]

    def die(call: Call) -> None:
        if (call.function, call.operation) == ("launch-ec2", "RunInstances") and deaths:
            deaths.pop()
            raise Crash

    driver.sweeps, driver.calls.after_call = False, die
    booked = driver.book(at(0))
    driver.run_until(at(-10))
    assert isinstance(runs(driver, "launch-ec2")[0], Crash)
    driver.run_until(at(-5))
    assert runs(driver, "launch-ec2")[1:] == [None]
    live = {each.id for each in driver.rules.live()}
    assert live == {driver.machine_id(booked, role) for role in (TEACHER, STUDENT)}


def test_after_a_crash_the_process_makes_no_other_call(driver: AwsDriver) -> None:
    def die(call: Call) -> None:
        raise Crash

    driver.sweeps = False
    driver.book(at(0))
    driver.calls.before_call = die
    driver.run_until(at(-10))
    launch = next(each for each in driver.calls.invocations if each.function == "launch-ec2")
    # these two begin at the same time
    assert {str(call) for call in launch.calls} <= {"dynamodb:GetItem", "ec2:DescribeImages"}
    assert driver.rules.instances == []


def test_a_poison_record_is_tried_again_then_put_aside_and_keeps_nobody_else(driver: AwsDriver) -> None:
    driver.desktops, driver.sweeps = FieldDesktops(), False
    booked = driver.book(at(0))
    driver.run_until(at(0))
    for role in (TEACHER, STUDENT):
        driver.sit_down(booked, role)
    driver.run_until(at(16))
    driver.field_write("poison0000000000", created_at="not a time")
    for role in (TEACHER, STUDENT):
        driver.field_write(booked.id, **{f"{role}_session_data": DATA_URL})
    driver.settle()
    assert driver.meeting(booked).termination_reason is EndReason.SUCCESS
    assert driver.stream.abandoned == []
    driver.advance(minutes=1)
    # Lambda abandons what came after it in its batch as well; all of that had been dealt with.
    abandoned = [each["dynamodb"]["Keys"]["id"]["S"] for each in driver.stream.abandoned]
    assert abandoned[0] == "poison0000000000"
    assert set(abandoned) <= {"poison0000000000", booked.id}
    assert not driver.rules.live()


def test_an_alarm_that_was_set_again_by_its_own_function_stands(driver: AwsDriver) -> None:
    driver.desktops, driver.sweeps = FieldDesktops(), False
    booked = driver.book(at(0))
    driver.run_until(at(0))
    driver.sit_down(booked, TEACHER)
    driver.run_until(at(15))
    assert [(each.name, each.at) for each in driver.schedules()] == [(f"safety-{booked.id}", at(20))]
