"""Every call that a function makes to the outside, and which one it had to wait for; and a place to let one go wrong.

A call is an operation of a client of AWS, or a request over HTTP: what botocore repeats within one is not seen here.
Which calls follow each other is told by the threads that make them: one begins after the last one of its thread, of
whoever gave that thread its work, and of all whose results were waited for. A pool that takes an idle thread although
it may start another makes nothing wait. So load on this machine changes no figure, as long as `latency_seconds` keeps
the threads of a pool that may have no more of them busy.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from tests.support.frail_ports import Crash

Answer = TypeVar("Answer")


@dataclass(kw_only=True, eq=False)
class Call:
    """One call: `number` counts those of its invocation from one, `after` is the call that it had to wait for."""

    function: str
    number: int
    service: str
    operation: str
    parameters: Mapping[str, Any]
    thread: str
    after: "Call | None"
    started_at: float
    ended_at: float = float("inf")

    @property
    def chain(self) -> list["Call"]:
        """The calls that had to be waited for, and this one."""
        return [*(self.after.chain if self.after else ()), self]

    def __str__(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass(kw_only=True, eq=False)
class Invocation:
    """One run of a function: its calls in the order in which they began, and what it raised."""

    function: str
    event: object
    calls: list[Call] = field(default_factory=list)
    raised: BaseException | None = None

    @property
    def longest_chain(self) -> list[Call]:
        """The most calls that follow each other: what somebody waits for."""
        return max((call.chain for call in self.calls), key=len, default=[])


Hook = Callable[[Call], None]


def aws_error(call: Call, code: str, status: int = 400) -> ClientError:
    """What a hook raises to have AWS refuse a call; botocore has tried often enough by then."""
    response: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, call.operation)


class OutsideCalls:
    """A context manager. `before_call` and `after_call` may raise anything, a Crash too, or sleep.

    After a Crash the process is gone: no other call of its invocation is made any more, on whatever thread.
    """

    def __init__(self) -> None:
        self.before_call: Hook | None = None
        self.after_call: Hook | None = None
        self.latency_seconds = 0.0
        self.invocations: list[Invocation] = []
        self._current: Invocation | None = None
        self._is_gone = False
        self._lock = threading.Lock()
        self._last = threading.local()
        self._patches = contextlib.ExitStack()

    def __enter__(self) -> "OutsideCalls":
        patch = self._patches.enter_context(pytest.MonkeyPatch.context())
        api_call: Any = BaseClient.__dict__["_make_api_call"]
        send, submit, result = httpx.Client.send, ThreadPoolExecutor.submit, Future.result

        def watched_api_call(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:  # noqa: ANN401
            service = client.meta.service_model.service_name
            return self._made(service, operation, parameters, lambda: api_call(client, operation, parameters))

        def watched_send(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:  # noqa: ANN401
            parameters = {"url": str(request.url)}
            return self._made("http", request.method, parameters, lambda: send(client, request, **options))

        def watched_submit(pool: ThreadPoolExecutor, work: Callable[..., Any], *args: Any, **options: Any) -> Any:  # noqa: ANN401
            before = self._last_call()
            ended: list[Call | None] = []
            is_full = len(pool._threads) >= pool._max_workers

            def watched_work() -> object:
                if not is_full:
                    self._last.call = (None, None)
                self._wait_for(before)
                try:
                    return work(*args, **options)
                finally:
                    ended.append(self._last_call())

            future = submit(pool, watched_work)
            future.__dict__["ended_with"] = ended
            return future

        def watched_result(future: "Future[Any]", timeout: float | None = None) -> Any:  # noqa: ANN401
            try:
                return result(future, timeout)
            finally:
                for call in future.__dict__.get("ended_with", ()):
                    self._wait_for(call)

        patch.setattr(BaseClient, "_make_api_call", watched_api_call)
        patch.setattr(httpx.Client, "send", watched_send)
        patch.setattr(ThreadPoolExecutor, "submit", watched_submit)
        patch.setattr(Future, "result", watched_result)
        return self

    def __exit__(self, *_: object) -> None:
        self._patches.close()

    @contextlib.contextmanager
    def of(self, function: str, event: object) -> Iterator[Invocation]:
        """Every call within the block is this invocation's; outside of all blocks calls are not looked at."""
        invocation = Invocation(function=function, event=event)
        outer, self._current, self._is_gone = self._current, invocation, False
        try:
            yield invocation
        except BaseException as error:
            invocation.raised = error
            raise
        finally:
            self._current = outer
            self.invocations.append(invocation)

    def note(self, function: str, service: str, operation: str, parameters: Mapping[str, Any]) -> None:
        """A call that somebody else made with what the function had signed: to AWS it is that function's."""
        with self.of(function, parameters):
            self._made(service, operation, parameters, lambda: None)

    def _made(self, service: str, operation: str, parameters: Mapping[str, Any], make: Callable[[], Answer]) -> Answer:
        invocation = self._current
        if invocation is None:
            return make()
        call = self._begun(invocation, service, operation, parameters)
        try:
            self._hooked(self.before_call, call)
            time.sleep(self.latency_seconds)
            answer = make()
            self._hooked(self.after_call, call)
        except Crash:
            self._is_gone = True
            raise
        finally:
            call.ended_at = time.perf_counter()
            self._last.call = (invocation, call)
        return answer

    def _hooked(self, hook: Hook | None, call: Call) -> None:
        if self._is_gone:
            raise Crash
        if hook is not None:
            hook(call)

    def _begun(self, invocation: Invocation, service: str, operation: str, parameters: Mapping[str, Any]) -> Call:
        with self._lock:
            call = Call(
                function=invocation.function,
                number=len(invocation.calls) + 1,
                service=service,
                operation=operation,
                parameters=parameters,
                thread=threading.current_thread().name,
                after=self._last_call(),
                started_at=time.perf_counter(),
            )
            invocation.calls.append(call)
            return call

    def _last_call(self) -> Call | None:
        """The last call that this thread made or waited for, in this invocation."""
        invocation, call = getattr(self._last, "call", (None, None))
        return call if invocation is self._current else None

    def _wait_for(self, call: Call | None) -> None:
        known = self._last_call()
        if call is not None and (known is None or len(known.chain) < len(call.chain)):
            self._last.call = (self._current, call)
