"""`elephant aws destroy` over moto and a stand-in for CloudFormation, with meetings, machines and records."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from elephant.adapters.aws.dynamodb import DynamoMeetings
from elephant.adapters.dns.route53 import Route53Zone
from elephant.bootstrap.installation_file import read_installation, write_installation
from elephant.domain.meeting import EndReason
from elephant.domain.timetable import Policy
from tests.support.builders import MEETING_ID, a_meeting
from tests.support.cloudflare_stand_in import TOKEN
from tests.support.deployment_world import ACCOUNT, REGION, ROOT, DeploymentWorld
from tests.support.left_images import LeftImages

if TYPE_CHECKING:
    from elephant.domain.meeting import Meeting

pytestmark = pytest.mark.integration
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def deployed(world: DeploymentWorld, few_pages: None) -> DeploymentWorld:
    world.decide()
    world.stand_up()
    return world


def meetings_of(world: DeploymentWorld) -> DynamoMeetings:
    return DynamoMeetings(world.client("dynamodb"), f"{world.stack}-meetings", policy=Policy())


def book(world: DeploymentWorld, meeting_id: str = MEETING_ID) -> "Meeting":
    """An open meeting with an alarm."""
    booked = a_meeting(id=meeting_id, meet_time=NOW + timedelta(hours=1))
    meetings_of(world).create(booked)
    world.client("scheduler").create_schedule(
        Name=f"launch-{booked.id}",
        GroupName=world.stack,
        ScheduleExpression="at(2030-01-01T00:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:lambda:eu-central-1:123456789012:function:x",
            "RoleArn": "arn:aws:iam::123456789012:role/x",
        },
    )
    return booked


def launch(world: DeploymentWorld, installation: str, meeting_id: str = MEETING_ID) -> str:
    """A machine of some installation, with its record."""
    tags = {"Project": "Elephant", "MeetingID": meeting_id, "Role": "teacher", "Installation": installation}
    answer = world.client("ec2").run_instances(
        ImageId=world.images["x86_64"],
        InstanceType="m5.large",
        MinCount=1,
        MaxCount=1,
        SubnetId=world.network["subnet"],
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        ],
    )
    machine_id = str(answer["Instances"][0]["InstanceId"])
    world.cloudflare.add_record(world.zone_id, f"{machine_id}.{ROOT}", "A", "192.0.2.7", "managed by elephant")
    return machine_id


def state_of(world: DeploymentWorld, machine_id: str) -> str:
    answer = world.client("ec2").describe_instances(InstanceIds=[machine_id])
    return str(answer["Reservations"][0]["Instances"][0]["State"]["Name"])


def buckets(world: DeploymentWorld) -> set[str]:
    return {
        each["Name"] for each in world.client("s3").list_buckets()["Buckets"] if each["Name"].startswith(world.stack)
    }


def records(world: DeploymentWorld) -> set[str]:
    return {each["name"] for each in world.cloudflare.zones[world.zone_id][1].values()}


def recordings_of(world: DeploymentWorld) -> str:
    assert world.standing is not None
    return world.standing.resources["Recordings"]


def gone(world: DeploymentWorld) -> bool:
    return world.standing is None


def test_everything_goes_but_the_recordings(deployed: DeploymentWorld) -> None:
    recordings = recordings_of(deployed)
    booked, ours, theirs = book(deployed), launch(deployed, deployed.stack), launch(deployed, "another")
    deployed.client("s3").put_object(Bucket=recordings, Key="m1/a.webm", Body=b"a recording")
    done = deployed.run("destroy", "--yes")
    assert done.exit_code == 0, done.output
    assert state_of(deployed, ours) == "terminated"
    assert state_of(deployed, theirs) == "running", "another installation's"
    assert records(deployed) == set(), "the domain is ours alone, so whatever is ours below it goes"
    assert gone(deployed)
    assert buckets(deployed) == {recordings}
    assert deployed.secrets() == {"dns": True, "certificate": True}, "scheduled for deletion"
    for words in (
        f"ended: the meeting {booked.id}",
        "goes in 7 days",
        f"the recordings stay in the bucket {recordings}",
    ):
        assert words in done.stdout
    assert read_installation(deployed.file).recordings_bucket == recordings


def test_no_right_is_named_that_it_does_not_need(deployed: DeploymentWorld) -> None:
    """Over all that it ever does, images too; that it needs no other is looked at wherever it runs."""
    book(deployed)
    launch(deployed, deployed.stack)
    assert deployed.standing is not None
    artifacts = f"{deployed.stack}-artifacts-{ACCOUNT}-{REGION}"
    for bucket in (deployed.standing.resources["PagesBucket"], recordings_of(deployed), artifacts):
        deployed.client("s3").put_object(Bucket=bucket, Key="a", Body=b"")
    assert deployed.run("destroy", "--yes", "--recordings").exit_code == 0
    left = LeftImages(deployed)
    left.build(1)
    left.build(2, looks=2)
    left.make_role()
    template = {"ImageId": deployed.images["arm64"]}
    left.ec2.create_launch_template(LaunchTemplateName=deployed.stack, LaunchTemplateData=template)
    route53 = deployed.client("route53")
    zone = route53.create_hosted_zone(Name="example.test", CallerReference=deployed.stack)["HostedZone"]
    zone_id = zone["Id"].rpartition("/")[2]
    Route53Zone(route53, zone_id).put(f"i-0123456789abcdef0.{ROOT}", "192.0.2.7")
    decided = read_installation(deployed.file)
    write_installation(deployed.file, replace(decided, dns_provider="route53", zone_id=zone_id, dns_secret_arn=""))
    assert deployed.run("destroy", "--yes", "--images").exit_code == 0
    assert deployed.unneeded("destroy", "destroy-images") == []


def test_meetings_end_before_their_table_goes(deployed: DeploymentWorld) -> None:
    booked, seen = book(deployed), list[Any]()
    unmake = deployed.cloudformation.unmake

    def look_and_unmake(stack: Any) -> None:  # noqa: ANN401
        seen.append(meetings_of(deployed).get(booked.id))
        seen.append(deployed.client("scheduler").list_schedules(GroupName=deployed.stack)["Schedules"])
        function = f"{deployed.stack}-schedule-meeting"
        seen.append(deployed.client("lambda").get_function_concurrency(FunctionName=function))
        unmake(stack)

    deployed.cloudformation.unmake = look_and_unmake
    assert deployed.run("destroy", "--yes").exit_code == 0
    ended, schedules, concurrency = seen
    assert (ended.is_over, ended.termination_reason) == (True, EndReason.CANCELLED)
    assert schedules == []
    assert concurrency["ReservedConcurrentExecutions"] == 0


def test_a_second_time_there_is_nothing_left_to_do(deployed: DeploymentWorld) -> None:
    assert deployed.run("destroy", "--yes").exit_code == 0
    again = deployed.run("destroy", "--yes")
    assert again.exit_code == 0, again.output
    assert "there is no stack any more" in again.stdout


def test_it_asks_for_the_stacks_name(deployed: DeploymentWorld) -> None:
    wrong = deployed.run("destroy", answers="elephant\n")
    assert wrong.exit_code == 1
    assert "nothing was changed" in wrong.stderr
    assert deployed.standing is not None
    assert deployed.standing.status == "CREATE_COMPLETE"
    right = deployed.run("destroy", answers=f"{deployed.stack}\n")
    assert right.exit_code == 0, right.output
    assert gone(deployed)


def test_a_stack_of_somebody_else_by_that_name_is_left_alone(deployed: DeploymentWorld) -> None:
    assert deployed.standing is not None
    deployed.standing.parameters = {"Environment": "production"}
    done = deployed.run("destroy", "--yes")
    assert done.exit_code == 1
    assert f"there is a stack {deployed.stack} already that is none of Elephant's" in done.stderr
    assert not gone(deployed)
    functions = deployed.client("lambda")
    held = functions.get_function_concurrency(FunctionName=f"{deployed.stack}-schedule-meeting")
    assert "ReservedConcurrentExecutions" not in held, "not even stopped"


def test_a_secret_of_somebody_else_by_that_name_stays(deployed: DeploymentWorld) -> None:
    name = f"{deployed.stack}/certificate"
    deployed.client("secretsmanager").untag_resource(SecretId=name, TagKeys=["Project"])
    done = deployed.run("destroy", "--yes")
    assert done.exit_code == 1
    assert f"the secret {name} already that is none of Elephant's" in done.stderr
    assert gone(deployed)
    assert deployed.secrets() == {"dns": True, "certificate": False}


def test_recordings_go_on_demand_also_when_the_stack_went_before(deployed: DeploymentWorld) -> None:
    s3, recordings = deployed.client("s3"), recordings_of(deployed)
    s3.put_bucket_versioning(Bucket=recordings, VersioningConfiguration={"Status": "Enabled"})
    for text in (b"one", b"two"):
        s3.put_object(Bucket=recordings, Key="m1/a.webm", Body=text)
    s3.delete_object(Bucket=recordings, Key="m1/a.webm")
    assert deployed.run("destroy", "--yes").exit_code == 0
    assert buckets(deployed) == {recordings}
    done = deployed.run("destroy", "--yes", "--recordings")
    assert done.exit_code == 0, done.output
    assert buckets(deployed) == set()


def test_what_cannot_be_removed_is_named_and_the_next_run_goes_on(deployed: DeploymentWorld) -> None:
    deployed.cloudformation.stays = lambda _: {"Pages": "the distribution is in use"}
    stuck = deployed.run("destroy", "--yes")
    assert stuck.exit_code == 1
    assert "DELETE_FAILED" in stuck.stderr, stuck.stderr[:3000]
    assert "Pages: the distribution is in use" in stuck.stderr
    assert deployed.secrets() == {"dns": False, "certificate": False}, "what the stack may still need stays"
    deployed.cloudformation.stays = lambda _: {}
    deployed.cloudformation.unmake = lambda _: None  # the rest was made away with before
    done = deployed.run("destroy", "--yes")
    assert done.exit_code == 0, done.output


def test_a_zone_that_may_not_be_changed_any_more_keeps_nothing_else(deployed: DeploymentWorld) -> None:
    machine_id = launch(deployed, deployed.stack)
    deployed.client("secretsmanager").put_secret_value(
        SecretId=f"{deployed.stack}/dns", SecretString=json.dumps({"CLOUDFLARE_TOKEN": "revoked"})
    )
    done = deployed.run("destroy", "--yes")
    assert done.exit_code == 1
    assert f"what stays: records below {ROOT}" in done.stderr
    assert f"{machine_id}.{ROOT}" in records(deployed)
    assert gone(deployed)


def test_after_a_destruction_it_can_be_made_anew_from_the_same_file(deployed: DeploymentWorld) -> None:
    described = deployed.client("secretsmanager").describe_secret(SecretId=f"{deployed.stack}/dns")
    assert deployed.run("destroy", "--yes").exit_code == 0
    assert deployed.init().exit_code == 0
    assert read_installation(deployed.file).dns_secret_arn == described["ARN"], "brought back"
    assert deployed.secrets() == {"dns": False, "certificate": False}
    assert deployed.deploy().exit_code == 0


def test_a_destruction_that_was_given_up_is_undone_by_a_deployment(deployed: DeploymentWorld) -> None:
    functions = deployed.client("lambda")
    for name in ("schedule-meeting", "launch-ec2"):
        functions.put_function_concurrency(FunctionName=f"{deployed.stack}-{name}", ReservedConcurrentExecutions=0)
    done = deployed.deploy()
    assert done.exit_code == 0, done.output
    for name in ("schedule-meeting", "launch-ec2"):
        answer = functions.get_function_concurrency(FunctionName=f"{deployed.stack}-{name}")
        assert "ReservedConcurrentExecutions" not in answer
    assert "it runs again" in done.stdout


def test_no_secret_is_in_what_it_says(deployed: DeploymentWorld) -> None:
    assert deployed.run("destroy", "--yes").exit_code == 0
    assert TOKEN not in "\n".join(deployed.printed)
