"""The functions of the stack, each out of its package, under Lambda's own client, with the stack's environment."""

import contextlib
import queue
import threading
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.package_lambdas import here, package
from tests.rehearsal.timeline import Timeline
from tests.support.cold_start import BUNDLE_OF
from tests.support.lambda_runtime import FunctionError, FunctionGone, LambdaRuntime, copy_runtime_client
from tests.support.stack import FUNCTIONS, Stack

Event = dict[str, Any]
ASYNC_ATTEMPTS = 3
RETRIES_AFTER_SECONDS = 2.0


class Functions:
    """A context manager around every function's process; `dead_letters` are the events that were given up.

    As on Lambda with one instance each: an event waits while its function is at another.
    """

    def __init__(self, folder: Path, timeline: Timeline) -> None:
        self.dead_letters: list[tuple[str, Event]] = []
        self._folder, self._timeline = folder, timeline
        self._runtimes: dict[str, LambdaRuntime] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._later: queue.SimpleQueue[tuple[str, Event] | None] = queue.SimpleQueue()
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Functions":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(self, stack: Stack, environments: Mapping[str, Mapping[str, str]]) -> None:
        """Package, unpack and start every function of the stack."""
        zips = package(here(), self._folder / "packages")
        for bundle, path in zips.items():
            with zipfile.ZipFile(path) as archive:
                archive.extractall(self._folder / bundle)
        sizes = ", ".join(f"{path.name} {path.stat().st_size / 1e6:.1f} MB" for path in zips.values())
        self._timeline.say("make package", sizes)
        client = copy_runtime_client(self._folder / "runtime-client")
        for name, resource in FUNCTIONS.items():
            module = stack.properties(resource)["Handler"].split(".")[-2]
            runtime = LambdaRuntime(
                module,
                package=self._folder / BUNDLE_OF[module],
                runtime_client=client,
                settings=environments[name],
                output=self._folder / f"{name}.log",
            )
            self._runtimes[name] = self._stack.enter_context(runtime)
            self._locks[name] = threading.Lock()

    def invoke(self, name: str, event: object) -> Any:  # noqa: ANN401  whatever the function returns
        """The function's result. Raises FunctionError and FunctionGone."""
        with self._locks[name]:
            return self._runtimes[name].invoke(event)

    def invoke_later(self, name: str, event: Event) -> None:
        """An asynchronous invocation: tried again twice, then a dead letter."""
        threading.Thread(target=self._try, args=(name, event), name=f"event for {name}", daemon=True).start()

    def output(self, name: str) -> str:
        """What a function has printed."""
        return self._runtimes[name].output()

    def _try(self, name: str, event: Event) -> None:
        for attempt in range(1, ASYNC_ATTEMPTS + 1):
            try:
                self.invoke(name, event)
            except (FunctionError, FunctionGone, TimeoutError) as error:
                self._timeline.say(name, f"failed, attempt {attempt}: {error}")
                time.sleep(RETRIES_AFTER_SECONDS)
            else:
                return
        self.dead_letters.append((name, event))
