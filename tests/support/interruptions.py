"""A process that dies before any one of its outside calls: AWS, HTTP by httpx and by requests, DNS."""

import contextlib
from collections.abc import Callable
from typing import Any

import dns.query
import httpx
import pytest
import requests
from botocore.client import BaseClient

from tests.support.frail_ports import Crash


class Interruptions:
    """A context manager. After the death no call is made any more, however the code goes on.

    Calls of threads for which `is_of_others` says so, such as those of a stand-in in this process, are none of ours.
    """

    def __init__(self, is_of_others: Callable[[], bool] = lambda: False) -> None:
        self._is_of_others = is_of_others
        self.calls = 0
        # the operations of AWS among the calls since the last plan, by their number
        self.operations: dict[int, str] = {}
        self._before: int | None = None
        self._patches = contextlib.ExitStack()

    def plan(self, before: int | None) -> None:
        """Count from one again, and die before this call; None lets every call be made."""
        self.calls, self._before, self.operations = 0, before, {}

    def __enter__(self) -> "Interruptions":
        self._api_call = getattr(BaseClient, "_make_api_call")  # noqa: B009  the stubs have no such name
        patch = self._patches.enter_context(pytest.MonkeyPatch.context())
        for owner, name in [
            (BaseClient, "_make_api_call"),
            (httpx.Client, "send"),
            (requests.Session, "send"),
            (dns.query, "tcp"),
        ]:
            patch.setattr(owner, name, self._watched(getattr(owner, name)))
        return self

    def __exit__(self, *_: object) -> None:
        self._patches.close()

    def _watched(self, make: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:  # noqa: ANN401  any client's
            if self._is_of_others():
                return make(*args, **options)
            self.calls += 1
            if self._before is not None and self.calls >= self._before:
                raise Crash
            if make is self._api_call:
                self.operations[self.calls] = args[1]
            return make(*args, **options)

        return call
