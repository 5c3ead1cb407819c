"""How many outside calls each function makes, and how many of them follow each other: what somebody waits for.

The figures are those of docs/aws-functions.md; docs/decisions/0018 says where they come from.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from elephant.domain.certificate import expiry_warning
from elephant.domain.meeting import EndReason
from tests.support.aws_desktops import Desktop, FieldDesktops
from tests.support.aws_driver import AwsDriver, Booked, Event
from tests.support.builders import DATA_URL, STUDENT, TEACHER, a_certificate, at
from tests.support.outside_calls import Call, Invocation
from tests.support.sent_events import every_minute, http_request, state_change
from tests.support.upload_worlds import REGION, put_over_http, sha256_of, strict

HOURS = {"sub": "2e1a5c3b", "token_use": "id", "custom:hours_per_month": "20"}
"""The claims of a host with a limit."""

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(180)]


@dataclass
class Measured:
    """A driver whose functions are warm: every client is made and every secret read, and each call takes a while."""

    driver: AwsDriver

    def slowly(self) -> int:
        """From here on calls take long enough to see which wait for each other; returns where the new ones begin."""
        self.driver.calls.latency_seconds = 0.1
        return len(self.driver.calls.invocations)

    def figures(self, what: str, function: str, since: int) -> tuple[int, int]:
        """Calls and their longest chain, in the invocation of a function since then that took longest; says which."""
        invocations = [each for each in self.driver.calls.invocations[since:] if each.function == function]
        longest = max(invocations, key=lambda each: len(each.longest_chain))
        assert longest.raised is None
        print(_line(what, longest))  # noqa: T201  the figures
        return len(longest.calls), len(longest.longest_chain)


def _line(what: str, invocation: Invocation) -> str:
    chain = " > ".join(map(str, invocation.longest_chain))
    return f"\n{what}: {len(invocation.calls)} calls, longest chain {len(invocation.longest_chain)}: {chain}"


@pytest.fixture
def measured(driver: AwsDriver, caplog: pytest.LogCaptureFixture) -> Iterator[Measured]:
    driver.desktops = FieldDesktops()
    booked = driver.book(driver.now)
    driver.advance(minutes=2)
    driver.sit_down(booked, TEACHER)
    driver.cancel(booked)
    driver.advance(minutes=1)
    driver.sweeps = False
    yield Measured(driver)
    driver.calls.latency_seconds = 0
    # urllib3 says so where more calls overlap than a client keeps connections, and opens one for each of the others
    assert [each.getMessage() for each in caplog.get_records("call") if each.name == "urllib3.connectionpool"] == []


@pytest.fixture
def booked(measured: Measured) -> Booked:
    return measured.driver.book(at(0))


def test_schedule_meeting(measured: Measured, booked: Booked) -> None:
    since = measured.slowly()
    measured.driver.book(at(0))
    # that there is room is looked at beside writing: eight shards, and then the meetings that they name
    assert measured.figures("schedule-meeting", "schedule-meeting", since) == (12, 2)


def test_schedule_meeting_that_is_due(measured: Measured, booked: Booked) -> None:
    since = measured.slowly()
    measured.driver.book(measured.driver.now)
    assert measured.figures("schedule-meeting, due at once", "schedule-meeting", since) == (12, 2)


def test_schedule_meeting_looks_at_the_limits_once_in_ten_minutes(measured: Measured, booked: Booked) -> None:
    driver = measured.driver
    driver.advance(minutes=10)
    since = measured.slowly()
    driver.book(at(60))
    assert measured.figures("schedule-meeting, and the limits", "schedule-meeting", since) == (15, 2)
    driver.advance(minutes=9)
    since = measured.slowly()
    driver.book(at(60))
    assert measured.figures("schedule-meeting, soon after", "schedule-meeting", since) == (12, 2)


def test_schedule_meeting_of_a_host_without_a_limit_and_of_one_with(measured: Measured, booked: Booked) -> None:
    since = measured.slowly()
    measured.driver.book(at(0), claims={"sub": "7c9d0f12"})
    assert measured.figures("schedule-meeting, a named host", "schedule-meeting", since) == (12, 2)
    since = measured.slowly()
    measured.driver.book(at(0), claims=HOURS)
    assert measured.figures("schedule-meeting, the first of a month", "schedule-meeting", since) == (14, 3)
    since = measured.slowly()
    measured.driver.book(at(0), claims=HOURS)
    # which meetings there are this month, what they take, and the write that holds only while that is all
    assert measured.figures("schedule-meeting, with a limit", "schedule-meeting", since) == (15, 4)


def test_a_meeting_is_moved_and_extended(measured: Measured, booked: Booked) -> None:
    driver = measured.driver
    since = measured.slowly()
    # whether there is room is looked at beside both, reading and writing; the alarms are there, and changed
    assert driver.move(booked, at(30))[0] == 200
    assert measured.figures("schedule-meeting, a move", "schedule-meeting", since) == (15, 4)
    since = measured.slowly()
    asked = ("schedule-meeting", "POST", f"/meetings/{booked.id}/extend")
    assert driver.request(*asked, body={"minutes": 5}, is_host=True)[0] == 200
    assert measured.figures("schedule-meeting, an extension", "schedule-meeting", since) == (11, 2)


def test_launch_ec2(measured: Measured, booked: Booked) -> None:
    since = measured.slowly()
    measured.driver.run_until(at(-10))
    assert measured.figures("launch-ec2", "launch-ec2", since) == (5, 3)


def test_watchdog_of_a_machine_that_runs(measured: Measured, booked: Booked) -> None:
    measured.driver.run_until(at(-10))
    since = measured.slowly()
    measured.driver.advance(seconds=20)
    # Cloudflare has no conditional write: what stands at the name is read first, while EC2 says whose machine it is.
    assert measured.figures("ElephantDNSWatchdog, running", "ElephantDNSWatchdog", since) == (5, 3)


def test_watchdog_of_a_machine_that_goes(measured: Measured, booked: Booked) -> None:
    measured.driver.run_until(at(-5))
    machine_id = measured.driver.machine_id(booked, TEACHER)
    since = measured.slowly()
    measured.driver.end_machine(machine_id)
    assert measured.figures("ElephantDNSWatchdog, shutting-down", "ElephantDNSWatchdog", since) == (5, 3)


def test_watchdog_of_machines_of_somebody_else(measured: Measured) -> None:
    driver = measured.driver
    image_id = driver.installation.environment["AMI_ID"]
    launched = driver.installation.ec2.run_instances(ImageId=image_id, MinCount=2, MaxCount=2)
    one, other = (each["InstanceId"] for each in launched["Instances"])
    what, watchdog = "ElephantDNSWatchdog, not ours", "ElephantDNSWatchdog"

    def comes_up(machine_id: str) -> int:
        since = measured.slowly()
        driver.invoke(watchdog, state_change(machine_id, "running", driver.now))
        return since

    assert measured.figures(what, watchdog, comes_up(one)) == (2, 1)
    # nothing was written after that reading, so there is no other
    assert measured.figures(f"{what} either", watchdog, comes_up(other)) == (1, 1)
    driver.cold_start()
    assert measured.figures(f"{what}, cold", watchdog, comes_up(one)) == (3, 2)
    assert [each.id for each in driver.rules.live()] == [one, other]


def test_join_while_it_is_not_ready(measured: Measured, booked: Booked) -> None:
    measured.driver.run_until(at(-10))
    assert measured.driver.join(booked, TEACHER)[0] == 202
    since = measured.slowly()
    assert measured.driver.join(booked, TEACHER)[0] == 202
    assert measured.figures("dcv-url, not ready", "dcv-url", since) == (1, 1)


def test_join_again(measured: Measured, booked: Booked) -> None:
    measured.driver.run_until(at(0))
    since = measured.slowly()
    measured.driver.sit_down(booked, TEACHER)
    assert measured.figures("dcv-url, the first time in", "dcv-url", since) == (2, 2)
    since = measured.slowly()
    measured.driver.sit_down(booked, TEACHER)
    assert measured.figures("dcv-url, ready", "dcv-url", since) == (1, 1)


def test_dcv_server_that_asks_about_a_guest(measured: Measured, booked: Booked) -> None:
    driver = measured.driver
    driver.run_until(at(0))
    url = urlsplit(driver.sit_down(booked, TEACHER))
    fields = {"sessionId": "console", "authenticationToken": parse_qs(url.query)["authToken"][0]}
    path = f"/dcv/auth/{driver.machine_id(booked, TEACHER)}"

    def asked(**changed: str) -> str:
        event = http_request("POST", path, driver.now) | {"body": urlencode(fields | changed)}
        return str(driver.invoke("dcv-url", event)["body"])

    since = measured.slowly()
    assert 'result="yes"' in asked()
    assert measured.figures("dcv-url, asked by DCV", "dcv-url", since) == (1, 1)
    since = measured.slowly()
    assert 'result="no"' in asked(authenticationToken="no.pass")
    assert measured.figures("dcv-url, asked about no pass", "dcv-url", since) == (0, 0)


def test_agent_from_its_start_to_its_recording(measured: Measured, booked: Booked) -> None:
    driver = measured.driver
    bucket = driver.installation.environment["RECORDINGS_BUCKET"]
    driver.installation.server.client("s3").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    driver.run_until(at(-9))
    machine_id = driver.machine_id(booked, TEACHER)
    desktop = Desktop(driver, machine_id, booked.id, TEACHER, driver.rules.told(machine_id)["token"])
    file = {"name": "one.mkv", "size_bytes": 3}

    def figures(what: str, path: str, **body: object) -> tuple[int, int]:
        since = measured.slowly()
        assert desktop.tell(path, **body)[0] in {200, 404}
        return measured.figures(f"agent, {what}", "agent", since)

    with strict():
        desktop.tell("/agent/uploads", **file)  # makes the client of S3
        assert figures("certificate, without one", "/agent/certificate") == (1, 1)
        assert figures("its first word", "/agent/health", healthy=True, connected=0) == (2, 2)
        assert figures("a heartbeat", "/agent/health", healthy=True, connected=0) == (1, 1)
        assert figures("an upload gone on with", "/agent/uploads", **file) == (4, 3)
        assert figures("an upload begun", "/agent/uploads", name="two.mkv", size_bytes=3) == (4, 3)
        upload_id = desktop.tell("/agent/uploads", **file)[1]["upload_id"]
        part = {"number": 1, "sha256": sha256_of(b"abc")}
        of_file = {"name": "one.mkv", "upload_id": upload_id}
        parts = [{**part, "size_bytes": 3}]
        assert figures("parts signed", "/agent/uploads/parts", **of_file, parts=parts) == (1, 1)
        (asked,) = desktop.tell("/agent/uploads/parts", **of_file, parts=parts)[1]["parts"]
        assert put_over_http(asked["url"], asked["headers"], b"abc") == 200
        done = {**of_file, "size_bytes": 3, "parts": [part]}
        assert figures("an upload completed", "/agent/uploads/complete", **done) == (4, 3)
        assert figures("the recording handed in", "/agent/session-data", url=DATA_URL) == (2, 2)
    # what is no pass of ours costs nothing but the asking
    desktop.token = "no.pass"
    since = measured.slowly()
    assert desktop.tell("/agent/health", healthy=True, connected=0)[0] == 401
    assert measured.figures("agent, asked by nobody", "agent", since) == (0, 0)


def test_safety_net_that_ends_a_meeting(measured: Measured, booked: Booked) -> None:
    measured.driver.run_until(at(14))
    since = measured.slowly()
    measured.driver.run_until(at(15))
    assert measured.driver.meeting(booked).termination_reason is EndReason.NO_SHOW_TIMEOUT
    assert measured.figures("meeting-safety-net, end", "meeting-safety-net", since) == (6, 3)


def test_safety_net_that_keeps_a_meeting(measured: Measured, booked: Booked) -> None:
    measured.driver.run_until(at(0))
    measured.driver.sit_down(booked, TEACHER)
    measured.driver.run_until(at(14))
    since = measured.slowly()
    measured.driver.run_until(at(15))
    assert not measured.driver.meeting(booked).is_over
    assert measured.figures("meeting-safety-net, keep", "meeting-safety-net", since) == (4, 3)


def test_functions_in_a_new_process(measured: Measured) -> None:
    """What is read once a process comes on top: secrets, and the image, which is read beside the meeting."""
    driver = measured.driver

    def in_a_new_process(_function: str, event: Event) -> list[Event]:
        driver.cold_start()
        return [event]

    driver.deliver = in_a_new_process
    driver.book(at(60))
    driver.cold_start()
    since = measured.slowly()
    booked = driver.book(at(0))
    assert measured.figures("schedule-meeting, cold", "schedule-meeting", since) == (16, 3)
    asked_for = {"DescribeImages": threading.Event(), "GetSecretValue": threading.Event()}

    def wait_for_each_other(call: Call) -> None:
        """Making their clients may take longer than reading a meeting; then either would ask for image and secret."""
        if call.function == "launch-ec2" and call.operation in asked_for:
            asked_for[call.operation].set()
        if (call.function, call.operation) == ("launch-ec2", "GetItem"):
            for operation, event in asked_for.items():
                assert event.wait(60), f"{operation} was not made beside reading the meeting"

    driver.calls.before_call = wait_for_each_other
    driver.run_until(at(-10))
    driver.calls.before_call = None
    assert measured.figures("launch-ec2, cold", "launch-ec2", since) == (7, 3)
    driver.advance(seconds=20)
    assert measured.figures("ElephantDNSWatchdog, running, cold", "ElephantDNSWatchdog", since) == (6, 4)
    driver.cold_start()
    driver.join(booked, TEACHER)
    driver.cold_start()
    since = measured.slowly()
    driver.join(booked, TEACHER)
    assert measured.figures("dcv-url, not ready, cold", "dcv-url", since) == (2, 2)
    driver.run_until(at(0))
    driver.cold_start()
    since = measured.slowly()
    driver.join(booked, TEACHER)
    assert measured.figures("dcv-url, the first time in, cold", "dcv-url", since) == (3, 3)
    driver.cold_start()
    driver.invoke("sweep", every_minute(driver.now))
    assert measured.figures("sweep, nothing to do, cold", "sweep", since) == (12, 5)
    driver.end_machine(driver.machine_id(booked, TEACHER))
    assert measured.figures("ElephantDNSWatchdog, shutting-down, cold", "ElephantDNSWatchdog", since) == (6, 4)


@pytest.mark.parametrize("count", [1, 10])
def test_terminator_of_meetings_whose_data_is_in(measured: Measured, count: int) -> None:
    driver = measured.driver
    booked = [driver.book(driver.now) for _ in range(count)]
    driver.advance(minutes=2)
    for meeting in booked:
        driver.sit_down(meeting, TEACHER)
    driver.advance(minutes=14)
    for meeting in booked:
        for role in (TEACHER, STUDENT):
            driver.field_write(meeting.id, **{f"{role}_session_data": DATA_URL})
    images = [driver.row(meeting) for meeting in booked]
    records = [
        {
            "eventName": "MODIFY",
            "dynamodb": {"SequenceNumber": str(number), "Keys": {"id": image["id"]}, "NewImage": image},
        }
        for number, image in enumerate(images, start=100)
    ]
    since = measured.slowly()
    assert driver.invoke("terminator", {"Records": records}) == {"batchItemFailures": []}
    assert measured.figures(f"terminator, {count} ended", "terminator", since) == (5 * count, 2)
    assert {driver.meeting(meeting).termination_reason for meeting in booked} == {EndReason.SUCCESS}


def test_terminator_of_a_change_that_ends_nothing(measured: Measured, booked: Booked) -> None:
    since = measured.slowly()
    # everybody's data, a quarter of an hour too early; less than that the stream's filter keeps back
    measured.driver.field_write(booked.id, teacher_session_data=DATA_URL, student_session_data=DATA_URL)
    measured.driver.settle()
    assert measured.figures("terminator, nothing to do", "terminator", since) == (0, 0)


def test_sweep_with_nothing_to_do(measured: Measured, booked: Booked) -> None:
    measured.driver.run_until(at(-5))
    measured.driver.sweeps = True
    since = measured.slowly()
    measured.driver.advance(minutes=1)
    assert measured.figures("sweep, nothing to do", "sweep", since) == (11, 4)


def test_sweep_that_looks_at_the_certificate_takes_no_longer(
    measured: Measured, booked: Booked, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = measured.driver
    driver.run_until(at(-5))
    driver.settle()
    held = a_certificate(days_left=20, now=driver.now)
    driver.installation.certificate.keep(held)

    def sweeps_of_a_new_process() -> tuple[int, list[str], int]:
        """The longest chain, what was said about the certificate, and how often its secret was read."""
        driver.cold_start()
        since = measured.slowly()
        said = [driver.invoke("sweep", {})["certificate"] for _ in range(3)]
        calls = [call for each in driver.calls.invocations[since:] for call in each.calls]
        reads = [call for call in calls if call.parameters.get("SecretId") == driver.installation.certificate.arn]
        return measured.figures("sweep", "sweep", since)[1], said, len(reads)

    chain, said, reads = sweeps_of_a_new_process()
    assert (said, reads) == (["", "", ""], 0)
    driver.installation.environment["CERTIFICATE_SECRET_ARN"] = driver.installation.certificate.arn
    monkeypatch.setenv("CERTIFICATE_SECRET_ARN", driver.installation.certificate.arn)
    assert sweeps_of_a_new_process() == (chain, [expiry_warning(held, driver.now)] * 3, 1)
