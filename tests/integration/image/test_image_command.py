"""`elephant aws image` from beginning to end, against moto and a stand-in for Image Builder."""

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from moto.iam.access_control import PermissionResult
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, iam_backends
from moto.s3.models import FakeBucket
from typer.testing import CliRunner

from elephant.adapters.aws.buckets import Bucket
from elephant.adapters.aws.image_users import ImageUsers
from elephant.bootstrap import engineer_clients, image_build
from elephant.bootstrap.engineer_clients import EngineerClients
from elephant.entrypoints.aws_cli import image as command
from elephant.entrypoints.aws_cli.app import app
from elephant.ports.errors import Temporary
from scripts.package_agent import ROOT, package_agent
from tests.support.aws_fixtures import aws_server
from tests.support.deployment_world import tags_of
from tests.support.engineer_calls import asking
from tests.support.engineer_rights import policies_of, policy
from tests.support.function_rights import denied, unused
from tests.support.image_builder_stand_in import ACCOUNT, REGION, ImageBuilderStandIn
from tests.support.service_model import problems_of_request

if TYPE_CHECKING:
    from tests.support.aws_server import AwsServer
    from tests.support.iam import Request

__all__ = ["aws_server"]

STACK = "elephant-images"
ROLE = f"{STACK}-image-{REGION}"
AWS_POLICIES = ("EC2InstanceProfileForImageBuilder", "AmazonSSMManagedInstanceCore")


class World:
    """A clone, an installation's file, and what AWS has of them."""

    def __init__(self, folder: Path, clients: EngineerClients, builder: ImageBuilderStandIn) -> None:
        self.folder, self.builder = folder, builder
        self.asked: list[Request] = []
        self.iam, self.s3 = clients["iam"], clients["s3"]
        self.file = folder / "elephant-aws.toml"
        values = {"region": REGION, "account": ACCOUNT, "stack": STACK}
        self.file.write_text("".join(f'{name} = "{value}"\n' for name, value in values.items()))
        shutil.copytree(ROOT / "infra/image", folder / "infra/image")
        package_agent(folder / "build/agent")

    def run(self, *options: str, code: int = 0) -> str:
        """What the command says."""
        with asking(tags_of) as asked:
            result = CliRunner().invoke(app, ["image", "--file", str(self.file), *options])
        self.asked += asked
        command = "elephant aws image --prune" if "--prune" in options else "elephant aws image"
        assert denied(asked, policies_of(command, STACK)) == []
        assert result.exit_code == code, result.output
        assert self.builder.complaints == []
        return result.output

    @property
    def made(self) -> Sequence[int]:
        """How many there are of everything that may be there once."""
        has = self.builder
        return [len(each) for each in (has.components, has.recipes, has.infrastructures, has.distributions, has.images)]


@pytest.fixture(scope="module")
def builder(aws_server: "AwsServer") -> Iterator[ImageBuilderStandIn]:
    with ImageBuilderStandIn() as builder, pytest.MonkeyPatch.context() as patch:
        environment = {
            "AWS_ENDPOINT_URL": aws_server.url,
            "AWS_ENDPOINT_URL_IMAGEBUILDER": builder.url,
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
        }
        for name, value in environment.items():
            patch.setenv(name, value)
        yield builder


@pytest.fixture(scope="module")
def clients(builder: ImageBuilderStandIn) -> EngineerClients:
    """Those of the command, whose making takes longer than the command; here they ask once."""
    assert builder.url
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engineer_clients, "_ATTEMPTS", 1)
        patch.setattr(engineer_clients, "_ANSWER_SECONDS", 60)
        clients = EngineerClients(REGION)
        for service in ("iam", "imagebuilder", "s3"):
            assert clients[service].meta
    return clients


@pytest.fixture
def world(
    tmp_path: Path, builder: ImageBuilderStandIn, clients: EngineerClients, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    world = World(tmp_path, clients, builder)
    builder.forget()
    builder.profiles = lambda name: (
        name in [each["InstanceProfileName"] for each in world.iam.list_instance_profiles()["InstanceProfiles"]]
    )
    # what moto knows of AWS's own policies it loads for who asks before the first request
    known = json.loads(aws_managed_policies_data)
    for name in AWS_POLICIES:
        policy = AWSManagedPolicy.from_data(name, ACCOUNT, REGION, known[name])
        monkeypatch.setitem(iam_backends[ACCOUNT]["aws"].managed_policies, policy.arn, policy)
    # moto evaluates no conditions, and would deny everything for a policy that denies what is not encrypted
    monkeypatch.setattr(FakeBucket, "get_permission", lambda *_: PermissionResult.NEUTRAL)
    monkeypatch.setattr(image_build, "_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(image_build, "_PROFILE_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(command, "clients_of", lambda _: clients)
    monkeypatch.setattr(command, "find_checkout", lambda: tmp_path)
    yield world
    forget_role(world.iam)


def forget_role(iam: Any) -> None:  # noqa: ANN401  a client
    """Moto keeps one account for all tests of a process."""
    for operation, arguments in (
        ("remove_role_from_instance_profile", {"InstanceProfileName": ROLE, "RoleName": ROLE}),
        ("delete_instance_profile", {"InstanceProfileName": ROLE}),
        ("delete_role_policy", {"RoleName": ROLE, "PolicyName": "bundle"}),
        *(
            ("detach_role_policy", {"RoleName": ROLE, "PolicyArn": f"arn:aws:iam::aws:policy/{name}"})
            for name in AWS_POLICIES
        ),
        ("delete_role", {"RoleName": ROLE}),
    ):
        try:
            getattr(iam, operation)(**arguments)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "NoSuchEntity"  # noqa: PT017  nothing was raised by the test


def test_an_image_from_a_clone(world: World) -> None:
    said = world.run("--arch", "arm64")
    assert 'image_id = "ami-00000000000000001"' in said
    assert 'instance_types = ["m7g.large"]' in said
    assert re.findall(r"^ +0:\d\d  (.*)$", said, re.MULTILINE) == [
        "pending",
        "creating",
        "building, ApplyBuildComponents",
        "testing, ApplyTestComponents",
        "distributing",
        "available",
    ]
    assert world.made == [1, 1, 1, 1, 1]
    recipe = next(iter(world.builder.recipes.values()))
    told = {each["name"]: each["value"][0] for each in recipe["components"][0]["parameters"]}
    bucket, _, key = told["Bundle"].removeprefix("s3://").partition("/")
    assert key == f"images/{told['BundleSha256']}.zip"
    assert world.s3.get_object(Bucket=bucket, Key=key)["ContentLength"] > 50_000
    assert recipe["parentImage"].endswith("/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id")
    attached = world.iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]
    assert {each["PolicyName"] for each in attached} == set(AWS_POLICIES)
    rights = world.iam.get_role_policy(RoleName=ROLE, PolicyName="bundle")["PolicyDocument"]
    assert rights["Statement"] == [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/images/*"}
    ]


def test_the_same_again_is_the_same_image(world: World, clients: EngineerClients) -> None:
    # moto keeps what earlier tests have put there
    Bucket(world.s3, f"{STACK}-artifacts-{ACCOUNT}-{REGION}", ACCOUNT).delete()
    first = world.run("--subnet", clients["ec2"].describe_subnets()["Subnets"][0]["SubnetId"])
    world.builder.calls.clear()
    second = world.run()
    assert ("ami-00000000000000001" in first, "ami-00000000000000001" in second) == (True, True)
    assert not any(call.startswith("CreateC") or call == "CreateImage" for call in world.builder.calls)
    assert "ami-00000000000000002" in world.run("--again")
    assert world.made == [1, 1, 1, 1, 2]
    assert unused(world.asked, [policy("image", STACK)]) == [], "all that it ever does, and no more is allowed"


def test_earlier_images_are_told_of_and_removed_on_demand(
    world: World, clients: EngineerClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise Temporary("EC2 is not there")

    monkeypatch.setattr(ImageUsers, "of", lambda _, images: {each: [] for each in images})
    ec2 = clients["ec2"]
    tags = {"Project": "Elephant", "Installation": STACK}
    earlier, newest = (
        ec2.register_image(Name=f"{STACK}-desktop-ubuntu-x86-64 of {each}")["ImageId"] for each in ("before", "now")
    )
    ec2.create_tags(Resources=[earlier, newest], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    world.run()
    (build,) = world.builder.images.values()
    build["ami"] = newest
    said = world.run()
    assert f"cost $0.05 a month for each GB: {earlier} ({STACK}-desktop-ubuntu-x86-64 of before)" in said
    with monkeypatch.context() as patch:
        patch.setattr(ImageUsers, "of", failing)
        # whatever becomes of the earlier ones: this one was built
        assert f'image_id = "{newest}"' in world.run("--prune", code=1)
    assert f"removed: the image {earlier}" in world.run("--prune")
    assert "earlier images" not in world.run()


def test_what_goes_on_is_watched_and_not_begun_again(world: World) -> None:
    assert "it goes on by itself" in world.run("--no-wait")
    assert "ami-00000000000000001" in world.run("--again")
    assert world.made == [1, 1, 1, 1, 1]


def test_another_content_is_another_version(world: World) -> None:
    world.run()
    step = world.folder / "infra/image/ubuntu/steps/doors.sh"
    step.write_text(step.read_text() + "# more\n")
    world.run()
    # the document is the same: what is in the bundle is the recipe's
    assert world.made == [1, 2, 1, 1, 2]
    document = world.folder / "infra/image/ubuntu/component.yaml"
    document.write_text(document.read_text() + "# more\n")
    world.run()
    assert world.made == [2, 3, 1, 1, 3]
    world.run("--os", "windows")
    assert world.made == [3, 4, 2, 2, 4]


@pytest.mark.parametrize(
    "operation",
    [
        "ListComponents",
        "CreateComponent",
        "CreateImageRecipe",
        "CreateInfrastructureConfiguration",
        "CreateDistributionConfiguration",
        "ListImageBuildVersions",
        "CreateImage",
    ],
)
def test_what_was_interrupted_is_made_good_by_the_next_run(world: World, operation: str) -> None:
    """An answer that is lost is also what a process that dies right after its request leaves behind."""
    for kind in ("ServiceUnavailableException", "lose"):
        world.builder.fault(operation, kind)
        world.run("--no-wait", code=1)
    assert "it goes on by itself" in world.run("--no-wait")
    assert world.made == [1, 1, 1, 1, 1]


@pytest.mark.parametrize("operation", ["ListComponents", "CreateComponent", "CreateImage", "ListImageBuildVersions"])
def test_half_an_answer_is_none(world: World, operation: str) -> None:
    world.builder.fault(operation, "empty")
    assert "elephant: " in world.run("--no-wait", code=1)
    world.run("--no-wait")
    assert world.made == [1, 1, 1, 1, 1]


def test_a_failure_names_the_step_and_the_log(world: World) -> None:
    world.builder.way = ("BUILDING", "FAILED")
    component = f"arn:aws:imagebuilder:{REGION}:{ACCOUNT}:component/{STACK}-desktop-ubuntu/1.0.0/1"
    world.builder.ends = {
        "reason": "SSM execution failed",
        "failureContext": {
            "failedStep": "ApplyBuildComponents",
            "componentFailure": {
                "componentArn": component,
                "phaseName": "build",
                "stepName": "InstallDcv",
                "action": "ExecuteBash",
                "errorMessage": "exit code 1: dcv.tgz: FAILED",
            },
        },
    }
    said = world.run(code=1)
    assert "the image is FAILED: build/InstallDcv (ExecuteBash): exit code 1: dcv.tgz: FAILED" in said
    assert f"aws logs tail /aws/imagebuilder/{STACK}-desktop-ubuntu-x86-64 --log-stream-names 1." in said
    world.builder.ends = {"reason": "no capacity", "failureContext": {"failedStep": "LaunchBuildInstance"}}
    assert "the image is FAILED: LaunchBuildInstance: no capacity" in world.run(code=1)
    # the one that failed stays, and each run begins another
    assert world.made == [1, 1, 1, 1, 2]


def test_a_new_instance_profile_is_waited_for(world: World) -> None:
    seen = world.builder.profiles
    looks: list[str] = []

    def late(name: str) -> bool:
        looks.append(name)
        return len(looks) > 3 and seen(name)

    world.builder.profiles = late
    assert world.run().count("does not see it yet") == 3
    assert world.made == [1, 1, 1, 1, 1]


def test_who_cannot_look_for_a_while_goes_on_looking(
    world: World, clients: EngineerClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engineer_clients, "_ATTEMPTS", 1)
    monkeypatch.setattr(engineer_clients, "_ANSWER_SECONDS", 2)
    impatient = EngineerClients(REGION)["imagebuilder"]
    kept = {name: clients[name] for name in ("ec2", "iam", "s3")}
    monkeypatch.setattr(command, "clients_of", lambda _: {**kept, "imagebuilder": impatient})
    world.builder.fault("GetImage", "hang")
    world.builder.fault("GetImage", "ServiceUnavailableException", times=3)
    said = world.run()
    # on a machine that is busy other answers take too long as well
    assert said.count("cannot look just now") >= 4
    assert "ami-00000000000000001" in said


def test_who_can_never_look_gives_up(world: World) -> None:
    world.builder.fault("GetImage", "ServiceUnavailableException", times=100)
    assert "on the side of AWS" in world.run(code=1)


def test_what_is_forbidden_is_said_at_once(world: World) -> None:
    world.builder.fault("CreateComponent", "ForbiddenException")
    assert "imagebuilder:CreateComponent" in world.run(code=1)
    assert world.builder.calls.count("CreateComponent") == 1


def test_a_role_of_somebody_else_is_left_alone(world: World) -> None:
    world.iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument="{}")
    assert "is none of ours" in world.run(code=1)
    assert world.iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"] == []
    assert world.made == [0, 0, 0, 0, 0]


class PaperVpc:
    """EC2, as far as a subnet wants it."""

    def __init__(self, groups: Sequence[str]) -> None:
        self.groups = groups

    def describe_subnets(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401
        assert problems_of_request("ec2", "DescribeSubnets", request) == []
        return {"Subnets": [{"SubnetId": request["SubnetIds"][0], "VpcId": "vpc-1"}]}

    def describe_security_groups(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401
        assert problems_of_request("ec2", "DescribeSecurityGroups", request) == []
        assert {"Name": "vpc-id", "Values": ["vpc-1"]} in request["Filters"]
        return {"SecurityGroups": [{"GroupId": group} for group in self.groups]}


def test_a_subnet_of_ones_own(world: World, clients: EngineerClients, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {name: clients[name] for name in ("iam", "imagebuilder", "s3")}
    monkeypatch.setattr(command, "clients_of", lambda _: {**kept, "ec2": PaperVpc(["sg-1"])})
    world.run("--no-wait", "--subnet", "subnet-1")
    built = next(iter(world.builder.infrastructures.values()))
    assert (built["subnetId"], built["securityGroupIds"]) == ("subnet-1", ["sg-1"])
    monkeypatch.setattr(command, "clients_of", lambda _: {**kept, "ec2": PaperVpc([])})
    assert "the answer about its VPC is not whole" in world.run("--subnet", "subnet-1", code=1)


@pytest.mark.parametrize("system", ["ubuntu", "windows"])
def test_a_dry_run_asks_nothing(world: World, system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(command, "clients_of")
    said = world.run("--dry-run", "--os", system)
    assert world.builder.calls == []
    assert "name: DownloadBundle" in said
    assert f'"name": "{STACK}-desktop-{system}-x86-64"' in said
    assert "nothing was asked of AWS" in said


def test_without_the_agent_nothing_begins(world: World) -> None:
    (world.folder / "build/agent/elephant-agent.pyz").unlink()
    assert "run `make package`" in world.run(code=1)
    assert "there is no windows for arm64" in world.run("--os", "windows", "--arch", "arm64", code=1)
    assert world.builder.calls == []
