"""An account to deploy into: moto, and stand-ins for Cloudflare and CloudFormation, whose stacks have parts in moto.

Imported where a conftest offers its fixtures. Whatever the commands print is kept, so that a test can look for secrets.
"""

import contextlib
import json
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.loaders import Loader, create_loader
from typer.testing import CliRunner, Result

from elephant.adapters.aws.table import table_definition
from elephant.bootstrap import aws_removal, image_removal, stack_watch
from elephant.bootstrap.aws_deployment import PageFile
from elephant.bootstrap.installation_file import Installation, read_installation, write_installation
from elephant.entrypoints.aws_cli import deploy, prices
from elephant.entrypoints.cli.main import app
from tests.support.cloudflare_stand_in import TOKEN, CloudflareStandIn
from tests.support.engineer_calls import asking
from tests.support.engineer_rights import policies_of, policy
from tests.support.function_rights import denied, unused
from tests.support.iam import Grant, Request
from tests.support.image_builder_stand_in import ImageBuilderStandIn
from tests.support.stack import ACCOUNT, REGION, TEMPLATE

if TYPE_CHECKING:
    from tests.support.aws_server import AwsServer
    from tests.support.cloudformation_stacks import Stack
    from tests.support.cloudformation_stand_in import CloudFormationStandIn

ROOT = "desks.example.test"
FUNCTIONS = {"ScheduleMeeting": "schedule-meeting", "LaunchEc2": "launch-ec2"}


@dataclass
class DeploymentWorld:
    """`run` is the `elephant aws` command in a folder of its own; `printed` is all that it ever said.

    `asked` is all that each command ever asked of AWS, and `denied` what the policies of infra/rights do not allow.
    """

    server: "AwsServer"
    cloudformation: "CloudFormationStandIn"
    cloudflare: CloudflareStandIn
    image_builder: ImageBuilderStandIn
    folder: Path
    environment: dict[str, str]
    zone_id: str
    stack: str
    network: Mapping[str, Any]
    images: Mapping[str, str]
    printed: list[str] = field(default_factory=list)
    asked: dict[str, list[Request]] = field(default_factory=dict)
    denied: list[str] = field(default_factory=list)
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:  # noqa: ANN401  any service
        if service not in self._clients:
            self._clients[service] = self.server.client(service)
        return self._clients[service]

    @property
    def file(self) -> Path:
        return self.folder / "elephant-aws.toml"

    def run(self, *words: str, answers: str | None = None, **more: str) -> Result:
        """Run `elephant aws` and keep what it says; `answers` are what somebody types."""
        with asking(tags_of) as asked:
            done = CliRunner().invoke(
                app, ["aws", *words, "--file", str(self.file)], env={**self.environment, **more}, input=answers
            )
        self.printed += [done.output]
        command = " ".join(["elephant aws", words[0], *(each for each in words if each in {"--images", "--prune"})])
        self.asked.setdefault(command, []).extend(asked)
        self.denied += [f"{command}: {each}" for each in denied(asked, policies_of(command, self.stack))]
        return done

    def init(self, *words: str, **more: str) -> Result:
        """Run `elephant aws init` with every answer that it needs."""
        flags = {
            "--region": REGION,
            "--stack": self.stack,
            "--domain-root": ROOT,
            "--dns-provider": "cloudflare",
            "--zone-id": self.zone_id,
            "--vpc-id": self.network["vpc"],
            "--subnet-ids": self.network["subnet"],
            "--image-id": self.images["x86_64"],
            "--instance-types": "m5.large",
        }
        given = [word for pair in flags.items() for word in pair]
        return self.run("init", "--no-input", *given, *words, **{"ELEPHANT_DNS_TOKEN": TOKEN, **more})

    def deploy(self, *words: str) -> Result:
        return self.run("deploy", "--checkout", str(self.folder / "clone"), *words)

    def unneeded(self, *files: str) -> list[Grant]:
        """What these of infra/rights allow and nothing of what was asked so far needed."""
        asked = [each for command in self.asked.values() for each in command]
        return unused(asked, [policy(name, self.stack) for name in files])

    @property
    def standing(self) -> "Stack | None":
        """The stack, if there is one."""
        return self.cloudformation.stacks.get(self.stack)

    def renew(self) -> None:
        """Another installation, from the beginning."""
        self.stack = f"elephant-{secrets.token_hex(4)}"
        self.file.unlink(missing_ok=True)

    def decide(self) -> None:
        """The file that an init leaves, without one."""
        secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{self.stack}"
        decided = Installation(
            region=REGION,
            account=ACCOUNT,
            stack=self.stack,
            domain_root=ROOT,
            dns_provider="cloudflare",
            zone_id=self.zone_id,
            dns_secret_arn=f"{secret}/dns-AbCdEf",
            certificate_secret_arn=f"{secret}/certificate-AbCdEf",
            vpc_id=self.network["vpc"],
            subnet_ids=(self.network["subnet"],),
            image_id=self.images["x86_64"],
            instance_types=("m5.large",),
        )
        write_installation(self.file, decided)

    def stand_up(self) -> None:
        """What an init and a deployment leave, without either: they take longer."""
        from tests.support.cloudformation_stacks import Stack  # noqa: PLC0415  as late as moto itself

        made = Stack(f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{self.stack}/1", self.stack, "CREATE_COMPLETE")
        made.parameters = read_installation(self.file).template_parameters()
        made.resources = dict(self.make(made))
        self.cloudformation.stacks[self.stack] = made
        for name in ("dns", "certificate"):
            self.client("secretsmanager").create_secret(
                Name=f"{self.stack}/{name}",
                SecretString=json.dumps({"CLOUDFLARE_TOKEN": TOKEN}),
                Tags=[{"Key": "Project", "Value": "Elephant"}],
            )
        self.client("s3").create_bucket(
            Bucket=f"{self.stack}-artifacts-{ACCOUNT}-{REGION}",
            CreateBucketConfiguration={"LocationConstraint": REGION},
        )

    def secrets(self) -> dict[str, bool]:
        """The secrets that are there, by the ends of their names; whether they are scheduled for deletion."""
        client, found = self.client("secretsmanager"), dict[str, bool]()
        for name in ("certificate", "dns"):
            with contextlib.suppress(client.exceptions.ResourceNotFoundException):
                found[name] = "DeletedDate" in client.describe_secret(SecretId=f"{self.stack}/{name}")
        return found

    def outputs(self, stack: "Stack") -> dict[str, str]:
        """What the stack's outputs say; the names are those of moto's resources."""
        return {
            "ApiUrl": f"https://api-{stack.name}.execute-api.{REGION}.amazonaws.com",
            "PagesUrl": "https://pages.cloudfront.example",
            "PagesBucketName": stack.resources["PagesBucket"],
            "PagesDistributionId": stack.resources["Pages"],
            "RecordingsBucketName": stack.resources["Recordings"],
            "HostsUserPoolId": f"{REGION}_Pool",
            "HostsClientId": "the-client",
            "HostsSignInUrl": f"https://elephant-1.auth.{REGION}.amazoncognito.com",
            "DashboardUrl": "https://console.aws.amazon.com/cloudwatch",
        }

    def make(self, stack: "Stack") -> dict[str, str]:
        """What CloudFormation would have made, as far as the commands touch it."""
        if stack.resources:
            return stack.resources
        s3, suffix = self.client("s3"), secrets.token_hex(4)
        names = {"PagesBucket": f"{stack.name}-pages-{suffix}", "Recordings": f"{stack.name}-recordings-{suffix}"}
        for name in names.values():
            s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.client("dynamodb").create_table(**table_definition(f"{stack.name}-meetings"))
        self.client("scheduler").create_schedule_group(Name=stack.name)
        self._make_functions(stack.name)
        return {**names, "Meetings": f"{stack.name}-meetings", "Pages": self._make_distribution(names["PagesBucket"])}

    def unmake(self, stack: "Stack") -> None:
        """What CloudFormation deletes; the recordings' bucket stays."""
        self.client("s3").delete_bucket(Bucket=stack.resources["PagesBucket"])
        self.client("dynamodb").delete_table(TableName=stack.resources["Meetings"])
        self.client("scheduler").delete_schedule_group(Name=stack.name)
        for name in FUNCTIONS.values():
            self.client("lambda").delete_function(FunctionName=f"{stack.name}-{name}")

    def _make_functions(self, stack_name: str) -> None:
        trust = '{"Version": "2012-10-17", "Statement": []}'
        role = self.client("iam").create_role(
            RoleName=f"{stack_name}-{secrets.token_hex(4)}", AssumeRolePolicyDocument=trust
        )
        for name in FUNCTIONS.values():
            self.client("lambda").create_function(
                FunctionName=f"{stack_name}-{name}",
                Runtime="python3.13",
                Role=role["Role"]["Arn"],
                Handler="a.b",
                Code={"ZipFile": EMPTY_ZIP},
            )

    def _make_distribution(self, bucket: str) -> str:
        origin = {
            "Id": "pages",
            "DomainName": f"{bucket}.s3.amazonaws.com",
            "S3OriginConfig": {"OriginAccessIdentity": ""},
        }
        answer = self.client("cloudfront").create_distribution(
            DistributionConfig={
                "CallerReference": bucket,
                "Comment": "",
                "Enabled": True,
                "Origins": {"Quantity": 1, "Items": [origin]},
                "DefaultCacheBehavior": {
                    "TargetOriginId": "pages",
                    "ViewerProtocolPolicy": "https-only",
                    "MinTTL": 0,
                    "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
                },
            }
        )
        return str(answer["Distribution"]["Id"])


def tags_of(resource_id: str) -> Mapping[str, str]:
    """The tags of something of EC2, in moto itself."""
    from moto.ec2.models import ec2_backends  # noqa: PLC0415  as late as moto itself

    found = ec2_backends[ACCOUNT][REGION].describe_tags(filters={"resource-id": [resource_id]})
    return {each["key"]: each["value"] for each in found}


EMPTY_ZIP = b"PK\x05\x06" + bytes(18)


@pytest.fixture(scope="session")
def cloudformation(aws_server: "AwsServer") -> Iterator["CloudFormationStandIn"]:
    from tests.support.cloudformation_stand_in import CloudFormationStandIn  # noqa: PLC0415  as late as moto itself

    s3 = aws_server.client("s3")

    def read(bucket: str, key: str) -> bytes:
        try:
            return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        except (s3.exceptions.NoSuchKey, s3.exceptions.NoSuchBucket) as error:
            raise LookupError(key) from error

    with CloudFormationStandIn(read) as stand_in:
        yield stand_in


@pytest.fixture(scope="session")
def image_builder() -> Iterator[ImageBuilderStandIn]:
    with ImageBuilderStandIn() as stand_in:
        yield stand_in


@pytest.fixture(scope="session")
def network(aws_server: "AwsServer") -> Mapping[str, str]:
    """A VPC with a subnet that leads out, one that does not, and one of another VPC."""
    ec2 = aws_server.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]
    private = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.2.0/24")["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    foreign = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    other = ec2.create_subnet(VpcId=foreign, CidrBlock="10.8.1.0/24")["Subnet"]["SubnetId"]
    return {"vpc": vpc, "subnet": subnet, "private": private, "other": other}


@pytest.fixture(scope="session")
def images(aws_server: "AwsServer") -> Mapping[str, str]:
    """An image for each architecture, of those that moto has; the ones that are registered have none there."""
    found: dict[str, str] = {}
    for image in aws_server.client("ec2").describe_images()["Images"]:
        if image.get("Architecture") in {"x86_64", "arm64"}:
            found.setdefault(image["Architecture"], image["ImageId"])
    return found


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a clone has after `make package`."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / "infra").mkdir()
    shutil.copy(TEMPLATE, folder / "infra/template.yaml")
    (folder / "build/lambdas").mkdir(parents=True)
    for bundle in ("events", "http"):
        (folder / f"build/lambdas/{bundle}-arm64.zip").write_bytes(EMPTY_ZIP + bundle.encode())
    return folder


@pytest.fixture
def few_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """One page: there are fifty files, and most tests are about all that is around them."""

    def one(folder: Path, *_: object) -> list[PageFile]:
        path = folder / "index.html"
        path.write_text("<p>a page</p>")
        return [PageFile(path, "index.html", "text/html; charset=utf-8", "no-cache")]

    monkeypatch.setattr(deploy, "page_files", one)


@pytest.fixture(scope="session")
def loader() -> Loader:
    """The descriptions of the services, each read once."""
    return create_loader()


@pytest.fixture
def world(  # noqa: PLR0917  what it is put together from
    aws_server: "AwsServer",
    cloudformation: "CloudFormationStandIn",
    cloudflare: CloudflareStandIn,
    image_builder: ImageBuilderStandIn,
    network: Mapping[str, str],
    images: Mapping[str, str],
    clone: Path,
    loader: Loader,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[DeploymentWorld]:
    from moto.iam.access_control import PermissionResult  # noqa: PLC0415  as late as moto itself
    from moto.s3.models import FakeBucket  # noqa: PLC0415

    # moto evaluates no conditions, and would deny everything for a policy that denies what is not encrypted
    monkeypatch.setattr(FakeBucket, "get_permission", lambda *_: PermissionResult.NEUTRAL)
    # each command reads the services' descriptions anew, which takes longer than all that is tested
    monkeypatch.setattr("botocore.session.create_loader", lambda *_: loader)
    # the waits before another attempt are botocore's own business
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr(prices, "instance_price_per_hour", lambda *_, **__: Decimal("0.1008"))
    monkeypatch.setattr(prices, "_CACHE", tmp_path / "cache" / "aws-prices.json")
    monkeypatch.setattr(stack_watch, "_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(aws_removal, "_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(image_removal, "_EVERY_SECONDS", 0.0)
    (tmp_path / "clone").symlink_to(clone)
    environment = {
        "AWS_ENDPOINT_URL": aws_server.url,
        "AWS_ENDPOINT_URL_CLOUDFORMATION": cloudformation.url,
        "AWS_ENDPOINT_URL_IMAGEBUILDER": image_builder.url,
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "the-secret-key-of-the-engineer",
        "CLOUDFLARE_API_URL": f"http://127.0.0.1:{cloudflare.port}/client/v4",
        "COLUMNS": "200",
        "HOME": str(tmp_path),
    }
    made = DeploymentWorld(
        server=aws_server,
        cloudformation=cloudformation,
        cloudflare=cloudflare,
        image_builder=image_builder,
        folder=tmp_path,
        environment=environment,
        zone_id=cloudflare.add_zone(ROOT.partition(".")[2]),
        stack="",
        network=network,
        images=images,
    )
    cloudformation.reset()
    image_builder.forget()
    cloudformation.make, cloudformation.unmake, cloudformation.outputs = made.make, made.unmake, made.outputs
    made.renew()
    yield made
    assert made.denied == []
    assert cloudformation.complaints == []
    assert image_builder.complaints == []
    assert cloudflare.complaints == []


__all__ = [
    "ACCOUNT",
    "REGION",
    "DeploymentWorld",
    "clone",
    "cloudformation",
    "few_pages",
    "image_builder",
    "images",
    "loader",
    "network",
    "world",
]
