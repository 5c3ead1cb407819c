"""What `elephant aws init` and CloudFormation would have made: a table, secrets, a bucket, subnets, an image, a zone.

The functions' environments are those of infra/template.yaml; put in their place is what only AWS could name (addresses,
ids of what moto made), and a timetable of seconds instead of minutes.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from elephant.adapters.aws.certificate_secret import CertificateSecret
from elephant.domain.certificate import Certificate
from tests.support.aws_server import AwsServer
from tests.support.bind_server import ZONE, BindServer
from tests.support.certificate_pairs import a_pair
from tests.support.ec2_rules import name_root_device
from tests.support.stack import FUNCTIONS, REGION, Stack

NAME = "rehearsal"
TIMETABLE = {
    "ELEPHANT_SAFETY_NET_MINUTES": "0.4",
    "ELEPHANT_REARM_MINUTES": "0.1",
    "ELEPHANT_LEAVE_SECONDS": "1",
    "ELEPHANT_PRESENCE_SECONDS": "6",
    "ELEPHANT_MARGIN_MINUTES": "1",
}
"""The template's defaults hold for everything else: 10 minutes ahead, 180 minutes long."""


@dataclass(frozen=True)
class Installation:
    """The stack, and what each of its functions is told, by the function's deployed name."""

    stack: Stack
    environments: Mapping[str, Mapping[str, str]]

    @property
    def table_name(self) -> str:
        """The table of the meetings."""
        return self.environments["sweep"]["TABLE_NAME"]

    @property
    def schedule_group(self) -> str:
        """The group of the schedules."""
        return self.environments["sweep"]["SCHEDULE_GROUP"]

    @property
    def recordings_bucket(self) -> str:
        """The bucket of the recordings."""
        return self.environments["schedule-meeting"]["RECORDINGS_BUCKET"]


def make_installation(server: AwsServer, name_server: BindServer, lambda_url: str, api_url: str) -> Installation:
    """Make everything, and say it to the functions."""
    keeper, ec2 = server.client("secretsmanager"), server.client("ec2")

    def secret(text: str) -> str:
        arn: str = keeper.create_secret(Name=f"{NAME}-{secrets.token_hex(4)}", SecretString=text)["ARN"]
        return arn

    dns_secret = secret(json.dumps({"TSIG_KEY_NAME": name_server.key, "TSIG_SECRET": name_server.secret}))
    certificate_secret = secret("{}")
    CertificateSecret(keeper, certificate_secret).keep(_certificate())
    image_id = ec2.register_image(Name="desktop")["ImageId"]
    name_root_device(image_id, "/dev/sda1")
    subnets = ec2.describe_subnets()["Subnets"]
    stack = Stack(
        NAME,
        VpcId=subnets[0]["VpcId"],
        SubnetIds=",".join(sorted(each["SubnetId"] for each in subnets)),
        ImageId=image_id,
        DomainRoot=ZONE,
        DnsProvider="rfc2136",
        ZoneId=ZONE,
        Rfc2136Server=f"127.0.0.1:{name_server.port}",
        DnsSecretArn=dns_secret,
        CertificateSecretArn=certificate_secret,
    )
    _make_resources(server, stack)
    (group,) = ec2.describe_security_groups(GroupNames=["default"])["SecurityGroups"]
    told = {"LINK_SECRET_ARN": secret(secrets.token_urlsafe(48)), "SECURITY_GROUP_IDS": group["GroupId"]}
    more = {"AWS_ENDPOINT_URL": server.url, "AWS_ENDPOINT_URL_LAMBDA": lambda_url, "AWS_DEFAULT_REGION": REGION}
    environments = {}
    for function in FUNCTIONS:
        environment = stack.environment(function)
        changed = {name: value for name, value in {**told, "API_URL": api_url}.items() if name in environment}
        environments[function] = {**environment, **changed, **TIMETABLE, **more}
    return Installation(stack, environments)


def _certificate() -> Certificate:
    """As `elephant certs issue` keeps it; nobody trusts this one."""
    certificate, key = a_pair(f"*.{ZONE}")
    now = datetime.now(UTC)
    return Certificate(
        names=(ZONE, f"*.{ZONE}"),
        not_before=now,
        not_after=now + timedelta(days=90),
        issuer="rehearsal",
        authority="rehearsal",
        certificate=certificate,
        chain="",
        private_key=key,
    )


def _make_resources(server: AwsServer, stack: Stack) -> None:
    (table,) = stack.of_type("AWS::DynamoDB::Table").values()
    known = {key: value for key, value in table.items() if key != "PointInTimeRecoverySpecification"}
    known["StreamSpecification"] = {**known["StreamSpecification"], "StreamEnabled": True}
    server.dynamodb().create_table(**known)
    (group,) = stack.of_type("AWS::Scheduler::ScheduleGroup").values()
    server.client("scheduler").create_schedule_group(Name=group["Name"])
    bucket = stack.environment("schedule-meeting")["RECORDINGS_BUCKET"]
    server.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    for profile in stack.of_type("AWS::IAM::InstanceProfile"):
        name = stack.arn(profile).rpartition("/")[2]
        server.client("iam").create_instance_profile(InstanceProfileName=name)
