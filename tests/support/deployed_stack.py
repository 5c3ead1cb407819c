"""An installation that is well, on moto, with a stack that tells of it: what `elephant doctor --aws` looks at.

It has the parameters of the real template, with their defaults, and those of its resources that are looked at.
"""

import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.awslambda.models import lambda_backends
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.ec2.models import ec2_backends

from elephant.adapters.aws.certificate_secret import CertificateSecret
from elephant.adapters.aws.dynamodb import DynamoMeetings
from elephant.adapters.aws.table import table_definition
from elephant.domain.timetable import Policy
from tests.support.builders import a_certificate
from tests.support.cloudflare_stand_in import TOKEN, CloudflareStandIn
from tests.support.cloudformation_stacks import Stack
from tests.support.cloudformation_stand_in import CloudFormationStandIn
from tests.support.stack import template

if TYPE_CHECKING:
    from tests.support.aws_server import AwsServer


EMPTY_ZIP = b"PK\x05\x06" + bytes(18)


def _no_template(_bucket: str, _key: str) -> bytes:
    raise AssertionError("nobody deploys here")


class DeployedStack:
    """New at each test. What a test breaks, it breaks through the clients, or in what is given at the start."""

    def __init__(self, server: "AwsServer", cloudflare: CloudflareStandIn) -> None:
        self.server, self.cloudflare = server, cloudflare
        self.name = f"elephant-{secrets.token_hex(4)}"
        self.table_name = f"{self.name}-meetings"
        self.ec2 = server.client("ec2")
        self.secrets = server.client("secretsmanager")
        self.metrics = server.client("cloudwatch")
        self.sqs = server.client("sqs")
        self.functions = server.client("lambda")
        self.dynamodb = server.dynamodb()
        self.domain_root = f"{self.name}.example.test"
        self.zone_id = cloudflare.add_zone(self.domain_root)
        self.dns_secret = self._secret(f"{self.name}/dns", json.dumps({"CLOUDFLARE_TOKEN": TOKEN}))
        self.certificate = CertificateSecret(self.secrets, self._secret(f"{self.name}/certificate", "{}"))
        self.certificate.keep(a_certificate(days_left=200, now=datetime.now(UTC)))
        self._make_network()
        self.image_id: str = self.ec2.register_image(Name=self.name)["ImageId"]
        # RegisterImage takes it, and moto drops it
        self.image.architecture = "x86_64"
        given = {
            "VpcId": self.vpc_id,
            "SubnetIds": self.subnet_id,
            "ImageId": self.image_id,
            "InstanceTypes": "m5.large,m5a.large",
            "DomainRoot": self.domain_root,
            "ZoneId": self.zone_id,
            "DnsSecretArn": self.dns_secret,
            "CertificateSecretArn": self.certificate.arn,
        }
        defaults = {key: str(each["Default"]) for key, each in template()["Parameters"].items() if "Default" in each}
        self.formation = CloudFormationStandIn(_no_template)
        self.stack = self.formation.stacks[self.name] = Stack(
            f"arn:aws:cloudformation:eu-central-1:123456789012:stack/{self.name}/1-2-3-4-5",
            self.name,
            "CREATE_COMPLETE",
            parameters={**defaults, **given},
            resources=self._make_resources(),
        )
        self.meetings = DynamoMeetings(self.dynamodb, self.table_name, policy=Policy())
        self.sweep(datetime.now(UTC) - timedelta(minutes=1))

    @property
    def image(self) -> Any:  # noqa: ANN401  moto's
        """The image, in moto itself."""
        return ec2_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].amis[self.image_id]

    @property
    def environment(self) -> dict[str, str]:
        """What an engineer's shell has."""
        return {
            "AWS_ENDPOINT_URL": self.server.url,
            "AWS_ENDPOINT_URL_CLOUDFORMATION": self.formation.url,
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "CLOUDFLARE_API_URL": f"http://127.0.0.1:{self.cloudflare.port}/client/v4",
        }

    def resource(self, logical: str) -> str:
        """The physical id of a resource."""
        return self.stack.resources[logical]

    def sweep(self, when: datetime) -> None:
        """As if a sweep had written its figures then."""
        dimensions = [{"Name": "Installation", "Value": self.name}]
        figure = {"MetricName": "ActionsFailed", "Dimensions": dimensions, "Value": 0.0, "Timestamp": when}
        self.metrics.put_metric_data(Namespace="Elephant", MetricData=[figure])

    @property
    def stream_reader(self) -> Any:  # noqa: ANN401  moto's
        """What reads the table's stream for the terminator, in moto itself."""
        return lambda_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].get_event_source_mapping(self.reader_id)

    def make_function(self, name: str) -> str:
        """A function of the stack, which does nothing."""
        role = self.server.client("iam").create_role(RoleName=f"{self.name}-{name}", AssumeRolePolicyDocument="{}")
        full_name = f"{self.name}-{name}"
        self.functions.create_function(
            FunctionName=full_name,
            Runtime="python3.13",
            Role=role["Role"]["Arn"],
            Handler="a.b",
            Code={"ZipFile": EMPTY_ZIP},
        )
        return full_name

    def _secret(self, name: str, text: str) -> str:
        arn: str = self.secrets.create_secret(Name=name, SecretString=text)["ARN"]
        return arn

    def _make_network(self) -> None:
        """A VPC of its own with eleven free addresses and a way out."""
        self.vpc_id: str = self.ec2.create_vpc(CidrBlock="10.7.0.0/24")["Vpc"]["VpcId"]
        subnet = self.ec2.create_subnet(VpcId=self.vpc_id, CidrBlock="10.7.0.0/28")["Subnet"]
        self.subnet_id: str = subnet["SubnetId"]
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc_id)
        tables = self.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [self.vpc_id]}])["RouteTables"]
        self.main_routes: str = tables[0]["RouteTableId"]
        self.ec2.create_route(RouteTableId=self.main_routes, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)

    def _make_resources(self) -> dict[str, str]:
        """The physical names of those that are looked at, by their logical names in the template."""
        made = self.dynamodb.create_table(**table_definition(self.table_name))
        terminator = self.make_function("terminator")
        self.reader_id: str = self.functions.create_event_source_mapping(
            FunctionName=terminator, EventSourceArn=made["TableDescription"]["LatestStreamArn"]
        )["UUID"]
        # moto would run the function at each change of the table, in Docker
        tables = dynamodb_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].tables
        tables[self.table_name].lambda_event_source_mappings.clear()
        link_secret = self._secret(f"LinkSecret-{secrets.token_hex(6)}", secrets.token_urlsafe(48))
        group = self.ec2.create_security_group(GroupName=self.name, Description="desktops", VpcId=self.vpc_id)
        self.security_group: str = group["GroupId"]
        for protocol in ("tcp", "udp"):
            self.ec2.authorize_security_group_ingress(
                GroupId=self.security_group, IpProtocol=protocol, FromPort=8443, ToPort=8443, CidrIp="0.0.0.0/0"
            )
        self.metrics.put_metric_alarm(
            AlarmName=f"{self.name}-sweep-silent",
            Namespace="AWS/Lambda",
            MetricName="Invocations",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=5,
            ComparisonOperator="LessThanThreshold",
            Threshold=1,
        )
        return {
            "Meetings": self.table_name,
            "Terminator": terminator,
            "TerminatorWritten": self.reader_id,
            "LinkSecret": link_secret,
            "DesktopSecurityGroup": self.security_group,
            **{
                name: self.sqs.create_queue(QueueName=f"{self.name}-{name}")["QueueUrl"]
                for name in ("DeadLetters", "StreamFailures")
            },
            "SweepSilentAlarm": f"{self.name}-sweep-silent",
        }
