"""Whole meetings on AWS as the driver plays it: why each ended, and that nothing is left of it."""

from datetime import timedelta

import pytest

from elephant.domain.meeting import EndReason, SeatPhase
from tests.support.aws_desktops import AgentDesktops, DesktopKind, FieldDesktops
from tests.support.aws_driver import AwsDriver, Booked
from tests.support.builders import STUDENT, TEACHER, at

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(180)]

KINDS = pytest.mark.parametrize("desktops", [AgentDesktops(), FieldDesktops()], ids=["ours", "in the field"])
GONE_AFTER = timedelta(minutes=2)
"""How long after a meeting's end its machines and their events take."""


def over(driver: AwsDriver, booked: Booked, reason: EndReason) -> None:
    """The meeting has ended for this reason, and nothing is left of it: no machine, record, schedule or dead letter."""
    meeting = driver.meeting(booked)
    assert meeting.termination_reason is reason, [entry.what for entry in meeting.history]
    assert driver.row(booked)["status"] == {"S": "TERMINATED"}
    driver.advance(seconds=GONE_AFTER.total_seconds())
    assert driver.leftovers() == {kind: [] for kind in driver.leftovers()}
    assert driver.meeting(booked).termination_reason is reason


def both_sit_down(driver: AwsDriver, booked: Booked) -> None:
    driver.run_until(at(0))
    for role in (TEACHER, STUDENT):
        assert driver.machine_id(booked, role) in driver.sit_down(booked, role)


def both_leave(driver: AwsDriver, booked: Booked) -> None:
    for role in (TEACHER, STUDENT):
        driver.leave(booked, role)


@KINDS
def test_a_meeting_as_it_should_be(driver: AwsDriver, desktops: DesktopKind) -> None:
    driver.desktops = desktops
    booked = driver.book(at(0))
    both_sit_down(driver, booked)
    driver.run_until(at(17))
    both_leave(driver, booked)
    driver.run_until(at(20))
    over(driver, booked, EndReason.SUCCESS)
    assert driver.join(booked, TEACHER)[0] == 410


@KINDS
def test_a_short_one(driver: AwsDriver, desktops: DesktopKind) -> None:
    driver.desktops = desktops
    booked = driver.book(at(0))
    both_sit_down(driver, booked)
    driver.run_until(at(7))
    both_leave(driver, booked)
    driver.run_until(at(14))
    assert not driver.meeting(booked).is_over
    driver.run_until(at(15))
    over(driver, booked, EndReason.EARLY_SUCCESS)


def test_one_that_nobody_came_to(driver: AwsDriver) -> None:
    booked = driver.book(at(0))
    driver.run_until(at(15))
    over(driver, booked, EndReason.NO_SHOW_TIMEOUT)


@KINDS
def test_one_that_only_one_of_them_came_to(driver: AwsDriver, desktops: DesktopKind) -> None:
    driver.desktops = desktops
    booked = driver.book(at(0))
    driver.run_until(at(0))
    driver.sit_down(booked, TEACHER)
    driver.run_until(at(10))
    driver.leave(booked, TEACHER)
    driver.run_until(at(15))
    over(driver, booked, EndReason.PARTIAL_NO_SHOW_TIMEOUT)


def test_one_in_progress_whose_recordings_never_come(driver: AwsDriver) -> None:
    driver.desktops = FieldDesktops()
    booked = driver.book(at(0), duration_minutes=5)
    both_sit_down(driver, booked)
    driver.run_until(at(19))
    assert not driver.meeting(booked).is_over
    driver.run_until(at(20))
    over(driver, booked, EndReason.OVERTIME)


def test_i6_one_that_people_stay_in_goes_on_to_the_longest_time(
    driver: AwsDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELEPHANT_MAX_MINUTES", "30")
    driver.cold_start()
    booked = driver.book(at(0), duration_minutes=5)
    both_sit_down(driver, booked)
    driver.run_until(at(29))
    assert driver.meeting(booked).deadline == at(30)
    driver.run_until(at(30))
    over(driver, booked, EndReason.OVERTIME)


@pytest.mark.parametrize("minute", [-12, -10, -5, 5])
def test_one_that_a_host_cancels(driver: AwsDriver, minute: int) -> None:
    booked = driver.book(at(0))
    driver.run_until(at(minute))
    status, content = driver.cancel(booked)
    assert (status, content["termination_reason"]) == (200, "CANCELLED")
    over(driver, booked, EndReason.CANCELLED)


def test_one_that_a_host_moves(driver: AwsDriver) -> None:
    booked = driver.book(at(0))
    assert driver.move(booked, at(15))[0] == 200
    driver.run_until(at(4))
    assert driver.rules.instances == []
    driver.run_until(at(15))
    assert driver.sit_down(booked, TEACHER)
    assert driver.sit_down(booked, STUDENT)
    driver.run_until(at(20))
    both_leave(driver, booked)
    driver.run_until(at(30))
    over(driver, booked, EndReason.EARLY_SUCCESS)


def test_one_that_is_booked_when_it_is_due(driver: AwsDriver) -> None:
    booked = driver.book(at(-13))
    assert len(driver.rules.live()) == 2
    driver.advance(minutes=2)
    assert driver.sit_down(booked, TEACHER)
    driver.cancel(booked)
    over(driver, booked, EndReason.CANCELLED)


def test_a_machine_that_dies_is_replaced(driver: AwsDriver) -> None:
    booked = driver.book(at(0))
    driver.run_until(at(-5))
    dead = driver.machine_id(booked, TEACHER)
    driver.end_machine(dead)
    seat = driver.meeting(booked).seat(TEACHER)
    assert seat is not None
    assert (seat.phase, seat.link) == (SeatPhase.ENDED, None)
    assert dead not in " ".join(driver.installation.records())
    both_sit_down(driver, booked)
    assert driver.machine_id(booked, TEACHER) != dead
    driver.run_until(at(17))
    both_leave(driver, booked)
    driver.run_until(at(20))
    over(driver, booked, EndReason.SUCCESS)
    assert len(driver.rules.instances) == 3


def test_with_every_event_lost_the_sweep_alone_does_it_all(driver: AwsDriver) -> None:
    driver.deliver = lambda function, event: [event] if function == "sweep" else []
    booked = driver.book(at(0))
    both_sit_down(driver, booked)
    driver.run_until(at(17))
    both_leave(driver, booked)
    driver.run_until(at(20))
    over(driver, booked, EndReason.SUCCESS)


@KINDS
def test_without_the_sweep_the_events_do_it_all(driver: AwsDriver, desktops: DesktopKind) -> None:
    driver.desktops, driver.sweeps = desktops, False
    booked = driver.book(at(0))
    both_sit_down(driver, booked)
    driver.run_until(at(17))
    both_leave(driver, booked)
    driver.run_until(at(20))
    over(driver, booked, EndReason.SUCCESS)


def test_with_every_event_delivered_twice_nothing_changes(driver: AwsDriver) -> None:
    driver.desktops = FieldDesktops()
    driver.deliver = lambda _function, event: [event, event]
    booked = driver.book(at(0))
    both_sit_down(driver, booked)
    driver.run_until(at(17))
    both_leave(driver, booked)
    driver.run_until(at(20))
    over(driver, booked, EndReason.SUCCESS)
    assert len(driver.rules.instances) == 2


def test_a_row_that_the_seeds_function_booked_is_played_to_its_end(driver: AwsDriver) -> None:
    driver.desktops = FieldDesktops()
    booked = Booked("oldstyle00000000", {})
    driver.field_write(
        booked.id,
        meet_time=at(0).isoformat(),
        created_at=driver.now.isoformat(),
        teacher_name="Ada",
        student_name="Blaise",
        jitsi_url="https://call.example.test/oldstyle00000000",
        status="SCHEDULED",
    )
    driver.run_until(at(-5))
    assert len(driver.rules.live()) == 2
    driver.run_until(at(15))
    over(driver, booked, EndReason.NO_SHOW_TIMEOUT)


def test_i4_a_desktop_that_says_it_is_warm_after_the_end_changes_nothing(driver: AwsDriver) -> None:
    driver.desktops = FieldDesktops()
    booked = driver.book(at(0))
    driver.run_until(at(-5))
    machine_id = driver.machine_id(booked, TEACHER)
    driver.cancel(booked)
    driver.field_write(booked.id, status="HEALTHY", instance_id=machine_id)
    driver.settle()
    over(driver, booked, EndReason.CANCELLED)


def test_i3_a_machine_of_another_installation_in_the_account_is_nobodys_business_here(driver: AwsDriver) -> None:
    tags = {"Project": "Elephant", "MeetingID": "0therm33t1ng0000", "Role": TEACHER, "Installation": "another"}
    specification = {"ResourceType": "instance", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
    image_id = driver.installation.environment["AMI_ID"]
    theirs, lost = (
        driver.installation.ec2.run_instances(
            ImageId=image_id, MinCount=1, MaxCount=1, TagSpecifications=[specification]
        )["Instances"][0]["InstanceId"]
        for _ in range(2)
    )
    # the same machine, were it ours: no meeting of ours knows it
    own_name = driver.installation.environment["INSTALLATION"]
    driver.installation.ec2.create_tags(Resources=[lost], Tags=[{"Key": "Installation", "Value": own_name}])
    driver.advance(minutes=3)
    assert {each.id for each in driver.rules.live()} == {theirs}
    assert driver.installation.records() == set()
