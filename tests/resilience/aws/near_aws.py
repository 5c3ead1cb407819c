"""An installation whose AWS and Cloudflare are in this process, reached without a socket, so that it can be forked.

botocore's own retries, and ours around httpx, take part as ever: they are cut off one layer below, where bytes would be
sent. `wire` sees each attempt there and may refuse it, lose it or cut its answer. Waits between attempts take no time.
"""

import functools
import json
import random
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import moto.backends
import moto.core.responses
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.httpsession import URLLib3Session
from botocore.useragent import UserAgentString
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult
from moto.core.utils import method_names_from_class
from moto.dynamodb.models import dynamodb_backends
from moto.ec2.models import ec2_backends
from moto.moto_api._internal import mock_random
from moto.scheduler.models import scheduler_backends
from moto.secretsmanager.models import secretsmanager_backends
from werkzeug.test import EnvironBuilder, run_wsgi_app

from elephant.adapters import threads
from elephant.adapters.aws import dynamodb_index, ec2, scheduler
from elephant.adapters.dns.retries import Retries
from elephant.bootstrap.aws_clients import Clients
from elephant.usecases import schedule_meeting
from tests.support.aws_driver import AwsDriver
from tests.support.aws_installation import AwsInstallation
from tests.support.aws_server import AwsServer
from tests.support.builders import at
from tests.support.cloudflare_stand_in import CloudflareStandIn
from tests.support.ec2_fixtures import ROOT_DEVICE_NAME
from tests.support.ec2_rules import REGION, Ec2Rules, ec2_rules, name_root_device
from tests.support.lambda_stand_in import LambdaStandIn, Refusal
from tests.support.outside_calls import OutsideCalls

Wire = Callable[[Callable[[], Any], bool], Any]
"""Makes an attempt, or not; True where it is one of httpx's."""

SHORT_MEETINGS = {
    "ELEPHANT_LAUNCH_LEAD_MINUTES": "2",
    "ELEPHANT_SAFETY_NET_MINUTES": "3",
    "ELEPHANT_REARM_MINUTES": "1",
    "ELEPHANT_GRACE_MINUTES": "2",
    "ELEPHANT_MAX_MINUTES": "20",
    "ELEPHANT_PRESENCE_SECONDS": "90",
}


def aws_answer(status: int, headers: Mapping[str, str], content: bytes) -> AWSResponse:
    """An answer as botocore gets it from the wire."""
    held = HTTPHeaders()
    for name, value in headers.items():
        held[name] = value
    return AWSResponse("", status, held, MockRawResponse(content))


class InTurn(Executor):
    """One call after the other, so that the same case goes the same way each time."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":  # noqa: ANN401  any work
        """Do the work now."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001  as a pool does
            future.set_exception(error)
        return future


class NearAws:
    """The services; `wire` is told of every attempt to reach one."""

    def __init__(self) -> None:
        self.server, self.functions, self.cloudflare = AwsServer(), LambdaStandIn(), CloudflareStandIn()
        self.wire: Wire = lambda attempt, _is_http: attempt()
        self._app = self.server._server.app
        # one request after the other, as for the server: moto is not safe for threads
        self._lock = threading.Lock()

    def patch(self, patch: pytest.MonkeyPatch) -> None:
        """Have botocore and httpx talk to these services."""
        patch.setattr(URLLib3Session, "send", lambda _session, request: self.wire(lambda: self._aws(request), False))
        patch.setattr(
            httpx.HTTPTransport,
            "handle_request",
            lambda _transport, request: self.wire(lambda: self._cloudflare(request), True),
        )

    def _aws(self, request: Any) -> AWSResponse:  # noqa: ANN401  botocore's
        url = urlsplit(request.url)
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        headers = {name: each if isinstance(each, str) else each.decode() for name, each in request.headers.items()}
        if request.url.startswith(self.functions.url):
            return self._lambda(request.url, url.path, headers, body)
        builder = EnvironBuilder(
            method=request.method,
            path=url.path,
            base_url=f"{url.scheme}://{url.netloc}",
            query_string=url.query,
            headers=list(headers.items()),
            data=body,
        )
        with self._lock:
            chunks, status, answered = run_wsgi_app(self._app, builder.get_environ(), buffered=True)
        return aws_answer(int(status.split()[0]), dict(answered), b"".join(chunks))

    def _lambda(self, url: str, path: str, headers: dict[str, str], body: bytes) -> AWSResponse:
        try:
            assert self.functions.answer(path, headers.get("X-Amz-Invocation-Type"), body)
        except Refusal as refused:
            return aws_answer(refused.status, {"x-amzn-ErrorType": refused.code}, b"{}")
        return aws_answer(202, {}, b"")

    def _cloudflare(self, request: httpx.Request) -> httpx.Response:
        headers = {"Authorization": request.headers["authorization"]}
        if "content-type" in request.headers:
            headers["Content-Type"] = request.headers["content-type"]
        answer = self.cloudflare.answer(request.method, request.url.raw_path.decode(), headers, request.read())
        return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body)


@contextmanager
def near_aws() -> Iterator[NearAws]:
    """The services, and nothing that takes time without need."""
    near = NearAws()
    with pytest.MonkeyPatch.context() as patch:
        near.patch(patch)
        _wait_for_nothing(patch)
        for module in (threads, ec2, dynamodb_index, scheduler):
            patch.setattr(module, "ThreadPoolExecutor", InTurn)
        _make_once(patch)
        yield near


@contextmanager
def near_driver(near: NearAws) -> Iterator[AwsDriver]:
    """A driver over a new installation, four minutes before the ordinary meeting, with meetings that are short.

    Of an earlier installation these services know nothing any more.
    """
    with pytest.MonkeyPatch.context() as patch, ec2_rules() as rules, OutsideCalls() as calls:
        for each in (dynamodb_backends, ec2_backends, scheduler_backends, secretsmanager_backends):
            each[DEFAULT_ACCOUNT_ID][REGION].reset()
        _same_ids_each_time(rules, patch)
        client = near.server.client("ec2")
        image_id: str = client.register_image(Name="desktop")["ImageId"]
        name_root_device(image_id, ROOT_DEVICE_NAME)
        installation = AwsInstallation(near.server, near.cloudflare, near.functions, image_id)
        installation.environment.update(SHORT_MEETINGS)
        yield AwsDriver(installation, rules, calls, patch, now=at(-4))


def _same_ids_each_time(rules: Ec2Rules, patch: pytest.MonkeyPatch) -> None:
    """The n-th machine has the id and the address of the n-th machine of every other case, the n-th meeting its id."""
    patch.setattr(schedule_meeting, "secrets", random.Random(7))
    run = rules.run

    def seeded(*args: Any, **request: Any) -> Any:  # noqa: ANN401  moto's
        mock_random.seed(len(rules.instances))
        return run(*args, **request)

    rules.run = seeded  # type: ignore[method-assign]


def _wait_for_nothing(patch: pytest.MonkeyPatch) -> None:
    """Waits between two attempts, botocore's and ours, take no time."""
    defaults = Retries.__init__.__defaults__ or ()
    patch.setattr(
        Retries.__init__, "__defaults__", tuple(_no_pause if each is time.sleep else each for each in defaults)
    )
    patch.setattr(ec2.Ec2Machines.__init__, "__kwdefaults__", {"pause": _no_pause})
    patch.setattr("botocore.endpoint.time", _Clock())


def _make_once(patch: pytest.MonkeyPatch) -> None:
    """What most of the time would go into, and no case depends on: clients after each cold start, moto's lookups."""
    make: Any = Clients._make
    made: dict[object, Any] = {}

    def made_once(clients: Clients, *how: object) -> Any:  # noqa: ANN401  a client of any service
        if how not in made:
            made[how] = make(clients, *how)
        return made[how]

    modules = [*moto.backends.list_of_moto_modules()]
    patch.setattr(Clients, "_make", made_once)
    patch.setattr(moto.backends, "list_of_moto_modules", lambda: modules)
    patch.setattr(moto.core.responses, "method_names_from_class", functools.cache(method_names_from_class))
    patch.setattr(UserAgentString, "to_string", lambda _agent: "functions")
    patch.setattr(ssl, "create_default_context", functools.cache(ssl.create_default_context))
    patch.setattr(ActionResult, "execute_result", _written_as_it_is(ActionResult.execute_result))


def _written_as_it_is(execute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """What moto answers for DynamoDB has the names and types of the wire already: its model need not be asked."""

    def written(result: Any, context: Any) -> Any:  # noqa: ANN401  moto's
        if context.service_model.service_name not in {"dynamodb", "dynamodbstreams"}:
            return execute(result, context)
        return (
            200,
            {"Content-Type": "application/x-amz-json-1.0"},
            json.dumps(result.result, default=datetime.timestamp),
        )

    return written


class _Clock:
    """`time` where botocore waits between two attempts."""

    sleep = staticmethod(lambda _seconds: None)
    time = staticmethod(time.time)


def _no_pause(_seconds: float) -> None:
    """Waits for nothing."""
