"""What the stand-ins for services of AWS have in common: they note what is called, and fail as they are told to."""

import threading
from collections import deque
from http.server import BaseHTTPRequestHandler

from tests.support.loopback_server import LoopbackServer


class AwsStandIn(LoopbackServer):
    """`calls` are the operations in their order, `complaints` collects what no client should send."""

    def __init__(self, name: str, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(name, handler)
        self._lock = threading.Lock()
        self.forget_calls()

    def forget_calls(self) -> None:
        """Nothing was called, and nothing out of the ordinary will happen to a call."""
        self.calls: list[str] = []
        self.complaints: list[str] = []
        self._faults: dict[str, deque[str]] = {}

    def fault(self, operation: str, kind: str, *, times: int = 1) -> None:
        """Happens to the next calls of it: `hang`, or whatever else the stand-in knows."""
        self._faults.setdefault(operation, deque()).extend([kind] * times)

    def _called(self, operation: str) -> str:
        """The fault that this call is to have, "" where there is none; after `hang` nobody waits for an answer."""
        with self._lock:
            self.calls.append(operation)
            faults = self._faults.get(operation)
            fault = faults.popleft() if faults else ""
        if fault == "hang":
            self._closing.wait(120)
        return fault
