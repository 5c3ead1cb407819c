"""The clients of AWS, each with its time limits, each made when it is first used.

botocore alone, without boto3 on top: boto3 adds a quarter to the time of importing it, and nothing that is used here.
"""

import threading
from typing import TYPE_CHECKING, Any, cast

from elephant.adapters.threads import AT_ONCE
from elephant.bootstrap.late import Late, LateClient

if TYPE_CHECKING:
    import botocore.session
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_ec2.client import EC2Client
    from mypy_boto3_lambda.client import LambdaClient
    from mypy_boto3_route53.client import Route53Client
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_scheduler.client import EventBridgeSchedulerClient
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

    from elephant.adapters.aws.limits import QuotasClient

_CONNECT_SECONDS = 2
_ATTEMPTS = 3
_ANSWER_SECONDS = 10
_ANSWER_SECONDS_OF_THE_TABLE = 3
_ANSWER_SECONDS_IN_PASSING = 1
_ANSWER_SECONDS_OF_A_LOOK = 5
# Each of the calls that overlap may make two at the same time: an end terminates machines while it looks for others,
# and deletes two schedules.
_CONNECTIONS = 2 * AT_ONCE
# Otherwise botocore signs links in a way that newer regions do not take, and for a host that sends those who follow
# them to a bucket that is new on to its region, where the signature is another's.
_LINKS_TO_S3: dict[str, Any] = {
    "signature_version": "s3v4",
    "s3": {"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
}
_ALWAYS_ANSWER_WITH_A_BODY = {"dynamodb", "s3", "secretsmanager", "service-quotas"}
"""Of S3 that is true of the operations that are called here, which all list, begin or complete something."""


class Clients:
    """One client of each service; credentials, AWS_ENDPOINT_URL and an empty region are those that botocore finds."""

    def __init__(self, region: str = "") -> None:
        self._region = region
        # a session makes one client at a time: it is not safe to be used from several threads at once
        self._lock = threading.Lock()
        self._session: botocore.session.Session | None = None
        self.dynamodb = cast("DynamoDBClient", self._late("dynamodb", _ANSWER_SECONDS_OF_THE_TABLE))
        self.ec2 = cast("EC2Client", self._late("ec2"))
        self.functions = cast("LambdaClient", self._late("lambda"))
        self.route53 = cast("Route53Client", self._late("route53"))
        self.s3 = cast("S3Client", self._late("s3"))
        self.scheduler = cast("EventBridgeSchedulerClient", self._late("scheduler"))
        self.secrets = cast("SecretsManagerClient", self._late("secretsmanager"))
        # for what nobody waits for
        self.secrets_in_passing = cast("SecretsManagerClient", self._late("secretsmanager", _CONNECT_SECONDS, 1))
        # for what somebody waits for who would rather do without than wait: two seconds in all, and once
        self.dynamodb_in_passing = cast("DynamoDBClient", self._in_passing("dynamodb"))
        self.ec2_in_passing = cast("EC2Client", self._in_passing("ec2"))
        self.quotas_in_passing = cast("QuotasClient", self._in_passing("service-quotas"))

    def for_a_look(self, service: str) -> Any:  # noqa: ANN401  a client of any service
        """A client for whoever looks at things one by one; each call makes another."""
        return self._late(service, _ANSWER_SECONDS_OF_A_LOOK, 2)

    def _in_passing(self, service: str) -> LateClient:
        return self._late(service, _ANSWER_SECONDS_IN_PASSING, 1, _ANSWER_SECONDS_IN_PASSING)

    def _late(
        self,
        service: str,
        answer_seconds: int = _ANSWER_SECONDS,
        attempts: int = _ATTEMPTS,
        connect_seconds: int = _CONNECT_SECONDS,
    ) -> LateClient:
        return LateClient(Late(lambda: self._make(service, answer_seconds, attempts, connect_seconds)))

    def _make(self, service: str, answer_seconds: int, attempts: int, connect_seconds: int) -> Any:  # noqa: ANN401  a client of any service
        import botocore.session  # noqa: PLC0415  not before it is used
        from botocore.config import Config  # noqa: PLC0415

        from elephant.adapters.aws.empty_answers import refuse_empty_answers  # noqa: PLC0415

        config = Config(
            connect_timeout=connect_seconds,
            read_timeout=answer_seconds,
            retries={"mode": "standard", "total_max_attempts": attempts},
            max_pool_connections=_CONNECTIONS,
            **(_LINKS_TO_S3 if service == "s3" else {}),
        )
        with self._lock:
            self._session = self._session or botocore.session.Session()
            if self._region:
                self._session.set_config_variable("region", self._region)
            client = self._session.create_client(service, config=config)
        return refuse_empty_answers(client) if service in _ALWAYS_ANSWER_WITH_A_BODY else client
