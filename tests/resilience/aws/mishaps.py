"""What can befall one outside call of a function: its process dies, AWS or the provider fails, a second copy runs."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any, NamedTuple

import httpx
from botocore.exceptions import ReadTimeoutError

from tests.resilience.aws.near_aws import NearAws, aws_answer
from tests.support.aws_driver import AwsDriver
from tests.support.frail_ports import Crash
from tests.support.outside_calls import Call


class Mishap(Enum):
    """What befalls one call; each value is how the table puts it."""

    KILLED = "it dies after {}"
    THROTTLED = "{} is throttled, at every attempt"
    BROKEN = "{} gets a 5xx, at every attempt"
    NOT_DONE = "{} times out, at every attempt"
    LOST_ONCE = "{} is carried out, and the answer lost once"
    LOST_EACH = "{} is carried out, and every answer lost"
    CUT = "{} is carried out, and the answer cut off"
    SECOND_COPY = "a second copy runs from start to end before {}"


AT_EVERY_ATTEMPT = {Mishap.THROTTLED, Mishap.BROKEN, Mishap.NOT_DONE, Mishap.LOST_EACH}
_THROTTLED = {
    "dynamodb": ("ThrottlingException", 400),
    "ec2": ("RequestLimitExceeded", 503),
    "lambda": ("TooManyRequestsException", 429),
    "scheduler": ("ThrottlingException", 429),
    "secretsmanager": ("ThrottlingException", 400),
}
_BROKEN = {"ec2": ("InternalError", 500), "lambda": ("ServiceException", 500)}


class Place(NamedTuple):
    """One of the calls of an invocation: the `number`-th of this name, counted from one, of `of`."""

    name: str
    number: int
    of: int

    def __str__(self) -> str:
        name = self.name.replace("http:", "Cloudflare ").replace(":", " ")
        return name if self.of == 1 else f"{name} ({self.number} of {self.of})"


def places(calls: list[Call]) -> list[Place]:
    """Where something can happen, in the order of the calls; an index's shards are alike, so one stands for all."""
    total, seen = Counter(map(str, calls)), Counter[str]()
    found = []
    for call in calls:
        name = str(call)
        seen[name] += 1
        if name != "dynamodb:Query" or seen[name] == 1:
            found.append(Place(name, seen[name], total[name]))
    return found


class Injector:
    """Lets the mishap befall the place in one invocation; `second_copy` is run for SECOND_COPY."""

    def __init__(
        self, driver: AwsDriver, near: NearAws, place: Place, mishap: Mishap, second_copy: Callable[[], object]
    ) -> None:
        self._driver, self._near = driver, near
        self._place, self._mishap, self._second_copy = place, mishap, second_copy
        self._seen = Counter[str]()
        self._lock = threading.Lock()
        self._here = threading.local()
        self.befell = False

    @contextmanager
    def armed(self) -> Iterator[None]:
        """For the calls of the block."""
        calls = self._driver.calls
        calls.before_call, calls.after_call, self._near.wire = self._before, self._after, self._at_the_wire
        try:
            yield
        finally:
            self._disarm()

    def _disarm(self) -> None:
        self._driver.calls.before_call = self._driver.calls.after_call = None
        self._near.wire = lambda attempt, _is_http: attempt()

    def _before(self, call: Call) -> None:
        with self._lock:
            self._seen[str(call)] += 1
            number = self._seen[str(call)]
        is_here = str(call) == self._place.name and number == self._place.number
        # what we ourselves try again over HTTP is another call
        is_again = self._place.name.startswith("http:") and self._mishap in AT_EVERY_ATTEMPT
        is_again = is_again and str(call) == self._place.name and number > self._place.number
        self._here.service = call.service if is_here or is_again else None
        self._here.attempts = 0
        if not is_here:
            return
        self.befell = True
        if self._mishap is Mishap.SECOND_COPY:
            self._disarm()
            self._second_copy()

    def _after(self, _call: Call) -> None:
        if self._here.service is not None and self._mishap is Mishap.KILLED:
            raise Crash

    def _at_the_wire(self, attempt: Callable[[], Any], is_http: bool) -> Any:  # noqa: ANN401  an answer of either library
        service = getattr(self._here, "service", None)
        if service is None:
            return attempt()
        self._here.attempts += 1
        match self._mishap:
            case Mishap.THROTTLED:
                return _refused(service, *_THROTTLED.get(service, ("10000", 429)))
            case Mishap.BROKEN:
                return _refused(service, *_BROKEN.get(service, ("InternalServerError", 500)))
            case Mishap.NOT_DONE:
                raise _time_out(is_http)
            case Mishap.LOST_EACH:
                attempt()
                raise _time_out(is_http)
            case Mishap.LOST_ONCE if self._here.attempts == 1:
                attempt()
                raise _time_out(is_http)
            case Mishap.CUT:
                return _cut(attempt())
            case _:
                return attempt()


def _time_out(is_http: bool) -> Exception:
    return httpx.ReadTimeout("no answer") if is_http else ReadTimeoutError(endpoint_url="an endpoint")


def _refused(service: str, code: str, status: int) -> Any:  # noqa: ANN401  an answer of either library
    if service == "http":
        headers = {"Retry-After": "300"} if status == 429 else {}
        return httpx.Response(status, headers=headers, text="<html>not now</html>")
    if service == "ec2":
        body = f"<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors></Response>"
        return aws_answer(status, {}, body.encode())
    headers = {"x-amzn-ErrorType": code, "Content-Type": "application/json"}
    return aws_answer(status, headers, json.dumps({"__type": code, "message": "no"}).encode())


def _cut(answer: Any) -> Any:  # noqa: ANN401  an answer of either library
    """httpx tells of an answer that ends early; botocore takes one that ends in its headers for an empty 200."""
    if isinstance(answer, httpx.Response):
        raise httpx.RemoteProtocolError("peer closed connection")
    return aws_answer(200, {}, b"")
