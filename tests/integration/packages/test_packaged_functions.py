"""Every function as it is deployed: out of its package alone, under Lambda's own client, by the wall clock.

Each test runs one process: what goes wrong and is reported, and that the next event still works.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from elephant.bootstrap.aws import build_aws
from elephant.bootstrap.aws_settings import read_aws_settings
from elephant.bootstrap.service import Service
from elephant.domain.meeting import EndReason, Meeting, SeatPhase
from elephant.usecases.dns_watchdog import machine_is_running
from elephant.usecases.launch_desktops import launch_desktops
from elephant.usecases.record_health import HealthReport, record_health
from elephant.usecases.record_session_data import record_session_data
from tests.support import sent_events
from tests.support.aws_installation import DOMAIN_ROOT, HOST_TOKEN, AwsInstallation
from tests.support.builders import DATA_URL, STUDENT, TEACHER, a_meeting, minutes
from tests.support.cloudflare_stand_in import refusal
from tests.support.cold_start import BUNDLE_OF
from tests.support.lambda_runtime import FunctionError, LambdaRuntime
from tests.support.table_stream import TableStream
from tests.support.watched_schedules import LAUNCHER_ARN, standing

if TYPE_CHECKING:
    from tests.support.aws_server import AwsServer
    from tests.support.ec2_rules import Ec2Rules

# What Lambda sets for a function with SnapStart, as those that people wait for have.
SNAP_START = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}

Function = Callable[..., LambdaRuntime]


@pytest.fixture
def service(installation: AwsInstallation) -> Service:
    return build_aws(read_aws_settings(installation.environment)).service


@pytest.fixture
def function(
    unpacked: dict[str, Path], runtime_client: Path, installation: AwsInstallation, tmp_path: Path
) -> Function:
    """A function by name, with settings changed as said; an empty one is none."""

    def of(name: str, **changes: str) -> LambdaRuntime:
        return LambdaRuntime(
            name,
            package=unpacked[BUNDLE_OF[name]],
            runtime_client=runtime_client,
            settings={**installation.environment, **changes},
            output=tmp_path / f"{name}.log",
        )

    return of


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def booked(service: Service, meet_time: datetime) -> Meeting:
    meeting = a_meeting(meet_time=meet_time)
    service.meetings.create(meeting)
    return meeting


def launched(service: Service, meeting: Meeting, rules: "Ec2Rules") -> list[str]:
    """The ids of its machines, which run."""
    machines = launch_desktops(
        meeting.id, meetings=service.meetings, machines=service.machines, policy=service.policy, now=now()
    )
    rules.settle()
    return [machine.id for machine in machines]


def request(method: str, target: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401  see http_request
    return sent_events.http_request(method, target, now(), **more)


def ours(runtime: LambdaRuntime) -> list[tuple[str, str]]:
    """Level and text of our own lines in the log, every line of which is an object; Lambda's client adds its own."""
    return [
        (line["level"], line["message"]) for line in runtime.log() if line.get("logger", "").startswith("elephant.")
    ]


def test_schedule_meeting(function: Function, installation: AwsInstallation, service: Service) -> None:
    body = {"teacher_name": "Ada", "student_name": "Blaise", "meet_time": (now() + minutes(60)).isoformat()}
    booking = request("POST", "/schedule", body=body)
    with function("schedule_meeting", **SNAP_START) as runtime:
        assert runtime.invoke({"no": "request"})["statusCode"] == 400
        assert runtime.invoke(booking)["statusCode"] == 401

        booking["headers"]["authorization"] = f"Bearer {HOST_TOKEN}"
        answer = runtime.invoke(booking)
        assert answer["statusCode"] == 200, answer
        (meeting,) = service.meetings.open_meetings()
        assert json.loads(answer["body"])["id"] == meeting.id
        assert {each.name for each in standing(installation.scheduler, installation.schedule_group)} == {
            f"launch-{meeting.id}",
            f"safety-{meeting.id}",
        }

        # due at once: no schedule would fire in time, so the launcher is called
        body["meet_time"] = now().isoformat()
        assert runtime.invoke(request("POST", "/schedule", body=body, claims={"sub": "a host"}))["statusCode"] == 200
        assert [arn for arn, _ in installation.functions.take()] == [LAUNCHER_ARN]

        installation.dynamodb.delete_table(TableName=installation.table_name)
        assert runtime.invoke(booking)["statusCode"] == 500
        assert any(level == "ERROR" and installation.table_name in text for level, text in ours(runtime))


def test_dcv_url(function: Function, service: Service, ec2_rules: "Ec2Rules") -> None:
    meeting = booked(service, now())
    key = service.keys.key(meeting, TEACHER)
    join = request("GET", f"/join/{meeting.id}/{TEACHER}?key={key}")
    with function("dcv_url", **SNAP_START) as runtime:
        assert runtime.invoke(request("GET", f"/join/{meeting.id}/{TEACHER}?key=wrong"))["statusCode"] == 403
        assert runtime.invoke(join)["statusCode"] == 202

        for machine_id in launched(service, meeting, ec2_rules):
            machine_is_running(
                machine_id,
                meetings=service.meetings,
                machines=service.machines,
                addresses=service.addresses,
                now=now(),
            )
        seat = service.meetings.get(meeting.id).seat(TEACHER)
        assert seat is not None
        assert seat.machine_id is not None
        report = HealthReport(
            meeting_id=meeting.id, role=TEACHER, machine_id=seat.machine_id, healthy=True, connected=0
        )
        record_health(report, meetings=service.meetings, policy=service.policy, now=now())
        answer = runtime.invoke(join)
        assert answer["statusCode"] == 200, answer
        address = json.loads(answer["body"])["dcv_url"]
        assert address.startswith(f"https://{seat.machine_id}.{DOMAIN_ROOT}:8443/?authToken=")
        assert ours(runtime) == []


def test_agent(function: Function, installation: AwsInstallation, service: Service, ec2_rules: "Ec2Rules") -> None:
    meeting = booked(service, now())
    machine_id, _ = launched(service, meeting, ec2_rules)
    told = ec2_rules.told(machine_id)
    report = request("POST", "/agent/health", body={"machine_id": machine_id, "healthy": True, "connected": 0})
    with function("agent", **SNAP_START) as runtime:
        assert runtime.invoke(report)["statusCode"] == 401
        report["headers"]["authorization"] = f"Bearer {told['token']}"
        answer = runtime.invoke(report)
        assert (answer["statusCode"], json.loads(answer["body"])["over"]) == (200, False)
        seat = service.meetings.get(meeting.id).seat(told["role"])
        assert seat is not None
        assert seat.phase is SeatPhase.HEALTHY

        installation.dynamodb.delete_table(TableName=installation.table_name)
        assert runtime.invoke(report)["statusCode"] == 500
        assert any(level == "ERROR" and installation.table_name in text for level, text in ours(runtime))


def test_launch_ec2(function: Function, service: Service, ec2_rules: "Ec2Rules") -> None:
    meeting = booked(service, now())
    for instance_type in ("m5.large", "m5a.large"):
        ec2_rules.refused[(instance_type, None)] = "InsufficientInstanceCapacity"
    with function("launch_ec2") as runtime:
        with pytest.raises(FunctionError, match="capacity") as raised:
            runtime.invoke({"meeting_id": meeting.id})
        assert raised.value.kind == "Temporary"
        assert any(f"the launch for meeting {meeting.id}" in text for _, text in ours(runtime))

        ec2_rules.refused.clear()
        answer = runtime.invoke({"meetingId": meeting.id})
        assert set(answer["launched"]) == {TEACHER, STUDENT}
        assert {each.id for each in ec2_rules.live()} == set(answer["launched"].values())

        assert runtime.invoke({"meeting_id": "nobodysmeeting00"})["launched"] == {}


def test_dns_watchdog(
    function: Function, installation: AwsInstallation, service: Service, ec2_rules: "Ec2Rules"
) -> None:
    meeting = booked(service, now())
    machine_id, _ = launched(service, meeting, ec2_rules)
    running = sent_events.state_change(machine_id, "running", now())
    with function("dns_watchdog") as runtime:
        installation.cloudflare.refuse_all = refusal(500)
        with pytest.raises(FunctionError, match="500"):
            runtime.invoke(running)
        assert any(machine_id in text for _, text in ours(runtime))

        installation.cloudflare.refuse_all = None
        runtime.invoke(running)
        assert installation.records() == {f"{machine_id}.{DOMAIN_ROOT}"}
        links = {seat.machine_id: seat.link for seat in service.meetings.get(meeting.id).seats}
        assert links[machine_id] == f"https://{machine_id}.{DOMAIN_ROOT}:8443"

        service.machines.terminate([machine_id], now())
        runtime.invoke(sent_events.state_change(machine_id, "shutting-down", now()))
        assert installation.records() == set()


def test_meeting_safety_net(function: Function, service: Service, ec2_rules: "Ec2Rules") -> None:
    meeting = booked(service, now() - minutes(20))
    launched(service, meeting, ec2_rules)
    with function("meeting_safety_net") as runtime:
        with pytest.raises(FunctionError, match="neither meeting_id nor meetingId") as raised:
            runtime.invoke({})
        assert raised.value.kind == "ValueError"
        assert "aws_events.py" in "".join(raised.value.stack_trace)

        runtime.invoke({"meeting_id": meeting.id})
        assert service.meetings.get(meeting.id).termination_reason is EndReason.NO_SHOW_TIMEOUT
        assert ec2_rules.live() == []


def test_terminator(
    function: Function, installation: AwsInstallation, aws_server: "AwsServer", service: Service, ec2_rules: "Ec2Rules"
) -> None:
    stream = TableStream(aws_server, installation.table_name, lambda _: {})
    meeting = booked(service, now() - minutes(20))
    launched(service, meeting, ec2_rules)
    for seat in service.meetings.get(meeting.id).seats:
        assert seat.machine_id is not None
        record_session_data(meeting.id, seat.role, DATA_URL, meetings=service.meetings, now=now())
    poison = {"dynamodb": {"SequenceNumber": "1", "Keys": {"id": {"S": "x"}}, "NewImage": "no image"}}
    with function("terminator") as runtime:
        with pytest.raises(FunctionError, match="a batch must have a list of Records"):
            runtime.invoke({})

        answer = runtime.invoke({"Records": [poison, *stream.new_records()]})
        assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
        assert any(level == "ERROR" and text.startswith("record 1 of the item") for level, text in ours(runtime))
        assert service.meetings.get(meeting.id).termination_reason is EndReason.SUCCESS
        assert ec2_rules.live() == []


def test_sweep(function: Function, installation: AwsInstallation, service: Service, ec2_rules: "Ec2Rules") -> None:
    booked(service, now())
    with function("sweep") as runtime:
        installation.cloudflare.refuse_all = refusal(500)
        with pytest.raises(FunctionError, match="500"):
            runtime.invoke(sent_events.every_minute(now()))
        assert any("the sweep" in text for _, text in ours(runtime))
        assert ec2_rules.live() == []

        installation.cloudflare.refuse_all = None
        runtime.invoke(sent_events.every_minute(now()))
        assert len(ec2_rules.live()) == 2


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("schedule_meeting", "LAUNCHER_ARN"),
        ("dcv_url", "LINK_SECRET_ARN"),
        ("agent", "RECORDINGS_BUCKET"),
        ("launch_ec2", "AMI_ID"),
        ("dns_watchdog", "ZONE_ID"),
        ("meeting_safety_net", "SCHEDULER_ROLE_ARN"),
        ("sweep", "INSTANCE_TYPE"),
    ],
)
def test_a_missing_setting_fails_at_the_start(name: str, setting: str, function: Function) -> None:
    with function(name, **{setting: ""}) as runtime:
        failure = runtime.failure_of_start()
        assert failure.kind == "Permanent"
        assert failure.message.startswith(f"{setting} is missing")


def test_a_malformed_setting_fails_at_the_start(function: Function) -> None:
    with function("terminator", DNS_PROVIDER="my own") as runtime:
        failure = runtime.failure_of_start()
        assert failure.kind == "Permanent"
        assert failure.message.startswith("DNS_PROVIDER ")
        assert runtime.log()


def test_a_module_that_was_left_out_fails_at_the_start(
    function: Function, unpacked: dict[str, Path], tmp_path: Path, runtime_client: Path, installation: AwsInstallation
) -> None:
    """An HTTP function out of the other bundle, which has no web framework: nothing of this machine helps out."""
    with LambdaRuntime(
        "dcv_url",
        package=unpacked["events"],
        runtime_client=runtime_client,
        settings=installation.environment,
        output=tmp_path / "log",
    ) as runtime:
        failure = runtime.failure_of_start()
        assert failure.kind == "Runtime.ImportModuleError"
        assert "No module named" in failure.message
