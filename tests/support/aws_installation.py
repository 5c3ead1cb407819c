"""One installation of the functions on moto: its table, its secrets, its zone, and the environment that names them."""

import json
import secrets
from typing import TYPE_CHECKING

from elephant.adapters.aws.certificate_secret import CertificateSecret
from elephant.adapters.aws.table import table_definition
from tests.support.cloudflare_stand_in import TOKEN, CloudflareStandIn
from tests.support.watched_schedules import LAUNCHER_ARN, ROLE_ARN, SAFETY_NET_ARN

if TYPE_CHECKING:
    from tests.support.aws_server import AwsServer
    from tests.support.lambda_stand_in import LambdaStandIn

DOMAIN_ROOT = "desks.example.test"
FRONTEND = "https://school.example.test/app"
API_URL = "https://api.example.test"
HOST_TOKEN = "the-token-of-the-host-of-this-test"


class AwsInstallation:
    """New at each test. `environment` is that of every function; `clients` reach moto without being looked at."""

    def __init__(
        self, server: "AwsServer", cloudflare: CloudflareStandIn, functions: "LambdaStandIn", image_id: str
    ) -> None:
        self.server, self.cloudflare, self.functions = server, cloudflare, functions
        # each its own, so that whoever sees one of them in a request knows which setting it comes from
        self.name = f"elephant-{secrets.token_hex(4)}"
        self.table_name, self.schedule_group = f"{self.name}-meetings", f"{self.name}-alarms"
        self.dynamodb = server.dynamodb()
        self.scheduler = server.client("scheduler")
        self.ec2 = server.client("ec2")
        self.secrets = server.client("secretsmanager")
        self.dynamodb.create_table(**table_definition(self.table_name))
        self.scheduler.create_schedule_group(Name=self.schedule_group)
        self.zone_id = cloudflare.add_zone(DOMAIN_ROOT)
        self.environment = {
            "AWS_ENDPOINT_URL": server.url,
            "AWS_ENDPOINT_URL_LAMBDA": functions.url,
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "INSTALLATION": self.name,
            "TABLE_NAME": self.table_name,
            "DOMAIN_ROOT": DOMAIN_ROOT,
            "DNS_PROVIDER": "cloudflare",
            "ZONE_ID": self.zone_id,
            "CLOUDFLARE_API_URL": f"http://127.0.0.1:{cloudflare.port}/client/v4",
            "SECRET_ARN": self._secret(json.dumps({"CLOUDFLARE_TOKEN": TOKEN})),
            "LINK_SECRET_ARN": self._secret(secrets.token_urlsafe(32)),
            "AMI_ID": image_id,
            "INSTANCE_TYPE": "m5.large,m5a.large",
            "LAUNCHER_ARN": LAUNCHER_ARN,
            "SAFETY_NET_ARN": SAFETY_NET_ARN,
            "SCHEDULER_ROLE_ARN": ROLE_ARN,
            "SCHEDULE_GROUP": self.schedule_group,
            "JITSI_DOMAIN": "call.example.test",
            "FRONTEND_BASE_URLS": FRONTEND,
            "API_URL": API_URL,
            "RECORDINGS_BUCKET": f"{self.name}-recordings",
            "ELEPHANT_HOST_TOKEN": HOST_TOKEN,
        }
        # given to the functions where a test wants the sweep to look at it
        self.certificate = CertificateSecret(self.secrets, self._secret("{}"))

    def _secret(self, text: str) -> str:
        arn: str = self.secrets.create_secret(Name=f"elephant-{secrets.token_hex(4)}", SecretString=text)["ARN"]
        return arn

    def records(self) -> set[str]:
        """The names that stand in the zone."""
        return {each["name"] for each in self.cloudflare.zones[self.zone_id][1].values()}
