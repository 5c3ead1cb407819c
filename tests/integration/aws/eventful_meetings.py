"""A day on which everything happens that makes a function call AWS: for whoever asks what their roles have to allow.

No sweep comes by itself, so that the day is short and each of its calls is asked for.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.support import sent_events
from tests.support.aws_desktops import WARM_AFTER, AgentDesktops, Desktop, FieldDesktops
from tests.support.aws_driver import AwsDriver
from tests.support.aws_installation import DOMAIN_ROOT, AwsInstallation
from tests.support.builders import DATA_URL, STUDENT, TEACHER, at
from tests.support.cloudflare_stand_in import CloudflareStandIn
from tests.support.function_rights import Rights, instance_tags, stack_like
from tests.support.kept_recordings import keep_recording
from tests.support.lambda_stand_in import LambdaStandIn
from tests.support.outside_calls import OutsideCalls
from tests.support.upload_worlds import REGION, put_over_http, sha256_of, strict

FETCHES_AFTER = WARM_AFTER / 2

if TYPE_CHECKING:
    from tests.support.aws_server import AwsServer


class WholeDesktops(AgentDesktops):
    """Those that fetch the certificate first, and upload what they hand in."""

    def boot(self, desktop: Desktop) -> None:
        """See DesktopKind."""
        desktop.later(FETCHES_AFTER, lambda: desktop.tell("/agent/certificate"))
        super().boot(desktop)

    def _hand_in(self, desktop: Desktop) -> None:
        content = b"a recording"
        file: dict[str, Any] = {"name": "manifest.json"}
        _, begun = desktop.tell("/agent/uploads", **file, size_bytes=len(content))
        file["upload_id"] = begun["upload_id"]
        part = {"number": 1, "sha256": sha256_of(content)}
        _, signed = desktop.tell("/agent/uploads/parts", **file, parts=[{**part, "size_bytes": len(content)}])
        assert desktop.tell("/agent/uploads", name=file["name"], size_bytes=len(content))[1] == begun
        (asked,) = signed["parts"]
        assert put_over_http(asked["url"], asked["headers"], content) == 200
        _, bucket, key = urlsplit(asked["url"]).path.split("/", 2)
        desktop.driver.calls.note("agent", "s3", "UploadPart", {"Bucket": bucket, "Key": key})
        done = {**file, "size_bytes": len(content), "parts": [part]}
        status, answer = desktop.tell("/agent/uploads/complete", **done)
        assert (status, answer) == desktop.tell("/agent/uploads/complete", **done)
        desktop.tell("/agent/session-data", url=answer["url"])


@contextmanager
def whole_installation(server: "AwsServer", cloudflare: CloudflareStandIn, image_id: str) -> Iterator[AwsInstallation]:
    """An installation to which nothing is left to EC2 or to chance, and which has a bucket."""
    with LambdaStandIn() as functions:
        installation = AwsInstallation(server, cloudflare, functions, image_id)
        profile = server.client("iam").create_instance_profile(InstanceProfileName=installation.name)
        bucket = f"{installation.name}-recordings"
        server.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        subnets, groups = installation.ec2.describe_subnets(), installation.ec2.describe_security_groups()
        installation.environment |= {
            "KEY_NAME": "engineers",
            "CERTIFICATE_SECRET_ARN": installation.certificate.arn,
            "RECORDINGS_BUCKET": bucket,
            "IAM_PROFILE": profile["InstanceProfile"]["Arn"],
            "SUBNET_IDS": subnets["Subnets"][0]["SubnetId"],
            "SECURITY_GROUP_IDS": groups["SecurityGroups"][0]["GroupId"],
        }
        yield installation


def use_route53(installation: AwsInstallation) -> None:
    """Another provider of the zone, which needs no secret."""
    client = installation.server.client("route53")
    zone = client.create_hosted_zone(Name=DOMAIN_ROOT, CallerReference=secrets.token_hex(8))["HostedZone"]
    installation.environment |= {"DNS_PROVIDER": "route53", "ZONE_ID": zone["Id"].rpartition("/")[2]}
    del installation.environment["SECRET_ARN"]


def play(installation: AwsInstallation) -> Rights:
    """The day, and what was asked of AWS on it."""
    from tests.support.ec2_rules import ec2_rules  # noqa: PLC0415  moto takes a second to import

    rights = Rights(stack_like(installation), installation.environment)
    with pytest.MonkeyPatch.context() as patch, strict(), ec2_rules() as rules, OutsideCalls() as calls:
        driver = AwsDriver(installation, rules, calls, patch, now=at(-15))
        driver.sweeps = False
        driver.first_runs_are_cold = True
        try:
            _hosts_change_their_minds(driver)
            _a_host_with_hours(driver)
            _machines_that_nobody_wants(driver)
            _meetings_that_end_by_themselves(driver)
            _a_meeting_that_the_sweep_alone_looks_after(driver)
        finally:
            driver.cold_start()
        rights.add(calls.invocations, instance_tags(rules))
    return rights


def _hosts_change_their_minds(driver: AwsDriver) -> None:
    moved, due = driver.book(at(30)), driver.book(driver.now)
    assert driver.move(moved, at(45))[0] == 200
    assert driver.request("schedule-meeting", "GET", "/meetings", is_host=True)[0] == 200
    assert driver.cancel(moved)[0] == 200
    driver.advance(minutes=2)
    driver.sit_down(due, TEACHER)
    assert driver.cancel(due)[0] == 200
    driver.field_write(due.id, teacher_session_data=keep_recording(driver.installation, due.id, TEACHER))
    recordings = f"/recordings/{due.id}/{TEACHER}"
    assert driver.request("schedule-meeting", "GET", recordings, is_host=True)[0] == 200
    driver.advance(minutes=1)


def _a_host_with_hours(driver: AwsDriver) -> None:
    """One who sees their own meetings alone."""
    ana = {"sub": "2e1a5c3b", "token_use": "id", "custom:hours_per_month": "2"}
    booked = driver.book(at(45), claims=ana)
    driver.book(at(46), 30, claims=ana)

    def ask(method: str, target: str, body: object = None) -> int:
        return driver.request("schedule-meeting", method, target, body=body, claims=ana)[0]

    assert ask("PATCH", f"/meetings/{booked.id}", {"duration_minutes": 90}) == 200
    assert ask("PATCH", f"/meetings/{booked.id}", {"duration_minutes": 91}) == 409
    assert ask("GET", "/hosts/me") == ask("GET", "/meetings") == 200
    for each in driver.request("schedule-meeting", "GET", "/meetings?open=true", claims=ana)[1]["meetings"]:
        assert ask("POST", f"/meetings/{each['id']}/cancel") == 200
    assert ask("GET", "/meetings?open=true") == 200


def _machines_that_nobody_wants(driver: AwsDriver) -> None:
    """One for an order that is about to be given, and one for no meeting at all."""
    booked = driver.book(at(5))
    driver.run_until(at(-5.1))
    for meeting_id in (booked.id, "n0m33t1ng0000000"):
        _launch(driver, meeting_id)
    driver.run_until(at(-4))
    assert len(driver.rules.live()) == 2
    assert driver.cancel(booked)[0] == 200
    driver.advance(minutes=1)
    assert not driver.rules.live()


def _launch(driver: AwsDriver, meeting_id: str) -> None:
    """A machine as an earlier run of a launch left it behind."""
    tags = {
        "Project": "Elephant",
        "Installation": driver.installation.name,
        "MeetingID": meeting_id,
        "Role": TEACHER,
        "Attempt": "1",
    }
    specification = {"ResourceType": "instance", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
    driver.installation.ec2.run_instances(
        ImageId=driver.installation.environment["AMI_ID"], MinCount=1, MaxCount=1, TagSpecifications=[specification]
    )


def _meetings_that_end_by_themselves(driver: AwsDriver) -> None:
    driver.desktops = FieldDesktops()
    begins = driver.now
    nobody_comes, both_come = driver.book(begins), driver.book(begins)
    driver.field_write("oldstyle00000000", status="TERMINATED", meet_time=begins.isoformat())
    driver.advance(minutes=3)
    for role in (TEACHER, STUDENT):
        driver.sit_down(both_come, role)
    driver.advance(minutes=13)
    for role in (TEACHER, STUDENT):
        driver.field_write(both_come.id, **{f"{role}_session_data": DATA_URL})
    driver.settle()
    assert driver.meeting(nobody_comes).is_over
    assert driver.meeting(both_come).is_over
    driver.advance(minutes=1)


def _a_meeting_that_the_sweep_alone_looks_after(driver: AwsDriver) -> None:
    deliver, driver.desktops = driver.deliver, WholeDesktops()
    driver.deliver = lambda function, event: [event] if function == "sweep" else []

    def sweep() -> None:
        driver.invoke("sweep", sent_events.every_minute(driver.now))
        driver.settle()

    def sweep_after(**duration: float) -> None:
        driver.advance(**duration)
        sweep()

    booked = driver.book(driver.now)
    sweep_after(seconds=1)
    driver.advance(minutes=1)
    _launch(driver, "n0m33t1ng0000001")
    sweep_after(minutes=2)
    driver.sit_down(booked, TEACHER)
    # the net fell and was lost; the sweep sets it again, and once more before that one rings
    sweep_after(minutes=13)
    alarm = driver.schedules()[0]
    driver.advance(seconds=(alarm.at - driver.now).total_seconds() - 1)
    driver.now = alarm.at
    sweep()
    driver.end_machine(driver.machine_id(booked, STUDENT))
    sweep_after(minutes=1)
    driver.leave(booked, TEACHER)
    sweep_after(minutes=6)
    sweep_after(minutes=1)
    assert driver.meeting(booked).is_over
    assert driver.leftovers()["machines"] == driver.leftovers()["schedules"] == []
    driver.deliver = deliver
