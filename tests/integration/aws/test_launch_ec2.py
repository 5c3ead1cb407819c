"""What a launch of a new process does beside it: it reads the image, and its trouble is not the launch's."""

import pytest

from tests.support.aws_driver import AwsDriver
from tests.support.builders import STUDENT, TEACHER, at
from tests.support.outside_calls import Call, aws_error

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


def refuse_images(driver: AwsDriver, times: int) -> None:
    """EC2 refuses to describe images so many times."""
    left = [aws_error] * times

    def refuse(call: Call) -> None:
        if call.operation == "DescribeImages" and left:
            raise left.pop()(call, "InternalError", 500)

    driver.calls.before_call = refuse


def test_an_image_that_could_not_be_read_beforehand_is_read_by_the_launch(driver: AwsDriver) -> None:
    driver.sweeps = False
    booked = driver.book(at(0))
    refuse_images(driver, 1)
    driver.run_until(at(-10))
    [launched] = [each for each in driver.calls.invocations if each.function == "launch-ec2"]
    assert launched.raised is None
    assert {each.id for each in driver.rules.live()} == {driver.machine_id(booked, role) for role in (TEACHER, STUDENT)}


def test_a_launch_that_needs_no_image_does_not_fail_for_it(driver: AwsDriver) -> None:
    refuse_images(driver, 9)
    answer = driver.invoke("launch-ec2", {"meeting_id": "aaaaaaaaaaaaaaaa"})
    assert answer["launched"] == {}
    assert "missing" in answer["reason"]
