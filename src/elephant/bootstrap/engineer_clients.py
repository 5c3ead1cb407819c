"""The clients of AWS that an engineer's commands use: in the installation's region, with the engineer's credentials."""

import threading
from typing import TYPE_CHECKING, Any

from elephant.bootstrap.late import Late, LateClient

if TYPE_CHECKING:
    import botocore.session

_CONNECT_SECONDS, _ANSWER_SECONDS, _ATTEMPTS = 5, 30, 5
_GLOBAL_REGION = "us-east-1"
"""Where CloudFront's and the price list's API are."""
_SERVICES = (
    *("cloudformation", "dynamodb", "ec2", "iam", "imagebuilder", "lambda", "logs", "route53", "s3", "scheduler"),
    *("secretsmanager", "sts"),
)
_GLOBAL_SERVICES = ("cloudfront", "pricing")
_ALWAYS_ANSWER_WITH_A_BODY = {"dynamodb", "secretsmanager"}


class EngineerClients:
    """One client of each service, made when it is first used; AWS_ENDPOINT_URL is honoured by botocore itself.

    People wait for these calls and nothing else does, so they are tried longer than those of the functions.
    """

    def __init__(self, region: str) -> None:
        self.region = region
        # a session makes one client at a time, and keeps the descriptions of the services that it has read
        self._lock = threading.Lock()
        self._session: botocore.session.Session | None = None
        self._clients = {name: self._late(name, region) for name in _SERVICES}
        self._clients |= {name: self._late(name, _GLOBAL_REGION) for name in _GLOBAL_SERVICES}

    def __getitem__(self, service: str) -> Any:  # noqa: ANN401  a client of any service
        return self._clients[service]

    def _late(self, service: str, region: str) -> LateClient:
        return LateClient(Late(lambda: self._make(service, region)))

    def _make(self, service: str, region: str) -> Any:  # noqa: ANN401  a client of any service
        import botocore.session  # noqa: PLC0415  not before it is used
        from botocore.config import Config  # noqa: PLC0415

        from elephant.adapters.aws.empty_answers import refuse_empty_answers  # noqa: PLC0415

        config = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_ANSWER_SECONDS,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            user_agent_extra="elephant",
        )
        with self._lock:
            self._session = self._session or botocore.session.Session()
            client = self._session.create_client(service, region_name=region, config=config)
        return refuse_empty_answers(client) if service in _ALWAYS_ANSWER_WITH_A_BODY else client
