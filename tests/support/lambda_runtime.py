"""A packaged function run as Lambda runs it: awslambdaric in a bare Python, against a Runtime API of our own.

The API is version 2018-06-01 as AWS documents it: `invocation/next` hands out one event at a time with its headers,
`invocation/{id}/response` and `.../error` take what came of it, `init/error` what kept the function from starting.
With SnapStart's AWS_LAMBDA_INITIALIZATION_TYPE the client asks `restore/next` in between, where a snapshot would be
taken. What Lambda has and this lacks: a read-only disk, limits of memory and time, a process frozen between events.
"""

import contextlib
import json
import os
import queue
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from importlib.metadata import files
from pathlib import Path
from typing import Any, Self

from tests.support.loopback_server import LoopbackServer

# What the managed runtime brings itself; everything else has to be in the package.
RUNTIME_CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")
# Neither site-packages nor the current folder: what is not in the package is not there.
BARE_PYTHON = (str(Path(sys.executable).resolve()), "-S", "-s", "-P")
REGION = "eu-central-1"
ACCOUNT = "123456789012"
FUNCTION_SECONDS = 100


@dataclass(frozen=True)
class FunctionError(Exception):
    """What a function reported instead of a result; `kind` is the name of the exception's class."""

    kind: str
    message: str
    stack_trace: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"


class FunctionGone(Exception):
    """The process ended without a report; the message is its output."""


def copy_runtime_client(folder: Path) -> Path:
    """The distributions that Lambda's own Python has, and no other, copied from the developers' environment."""
    for name in RUNTIME_CLIENT:
        for file in files(name) or []:
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), folder / file)
    return folder


def run_bare(code: str, package: Path, settings: Mapping[str, str]) -> str:
    """What these lines print in a fresh process that has the package and Python's own library, and nothing else."""
    done = subprocess.run(
        [*BARE_PYTHON, "-c", code],
        env={"PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(package), **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=FUNCTION_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class LambdaRuntime(LoopbackServer):
    """A context manager around one function's process; `output` is the file that takes what it prints."""

    def __init__(
        self, function: str, *, package: Path, runtime_client: Path, settings: Mapping[str, str], output: Path
    ) -> None:
        self.function, self._package, self._output = function, package, output
        self._events: queue.SimpleQueue[tuple[str, bytes] | None] = queue.SimpleQueue()
        # (path below runtime/, body): in the order in which the function posted them
        self._reports: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        super().__init__("runtime", _handler_of(self._events, self._reports, function))
        self._environment = {
            **_what_lambda_sets(function, package),
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.port}",
            "PYTHONPATH": f"{package}{os.pathsep}{runtime_client}",
            # the package's folder is read-only in Lambda
            "PYTHONDONTWRITEBYTECODE": "1",
            **settings,
        }

    def __enter__(self) -> Self:
        super().__enter__()
        handler = f"elephant.entrypoints.lambdas.{self.function}.handler"
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [*BARE_PYTHON, "-m", "awslambdaric", handler],
                cwd=self._package,
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._events.put(None)
        super().__exit__()

    def invoke(self, event: object) -> Any:  # noqa: ANN401  whatever the function returns
        """The function's result for this event.

        Raises FunctionError with what it reported, from its start too, and FunctionGone where it just ended.
        """
        request_id = secrets.token_hex(16)
        self._events.put((request_id, json.dumps(event).encode()))
        path, body = self._report()
        if path == f"invocation/{request_id}/response":
            return json.loads(body)
        raise _error_of(body)

    def failure_of_start(self) -> FunctionError:
        """What keeps the function from starting. Raises FunctionGone where it just ended."""
        path, body = self._report()
        assert path == "init/error", f"{self.function} started: {path}"
        return _error_of(body)

    def output(self) -> str:
        """What it has printed so far, on both streams."""
        return self._output.read_text()

    def log(self) -> list[dict[str, Any]]:
        """The same as the objects that its lines are; fails on a line that is none."""
        return [json.loads(line) for line in self.output().splitlines()]

    def _report(self) -> tuple[str, bytes]:
        until = time.monotonic() + FUNCTION_SECONDS
        while time.monotonic() < until:
            with contextlib.suppress(queue.Empty):
                return self._reports.get(timeout=0.1)
            if self._process.poll() is not None and self._reports.empty():
                raise FunctionGone(self.output())
        raise TimeoutError(f"{self.function} said nothing for {FUNCTION_SECONDS} s: {self.output()}")


def _error_of(body: bytes) -> FunctionError:
    content = json.loads(body)
    return FunctionError(content["errorType"], content["errorMessage"], tuple(content["stackTrace"]))


def _what_lambda_sets(function: str, package: Path) -> dict[str, str]:
    return {
        "_HANDLER": f"elephant.entrypoints.lambdas.{function}.handler",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_REGION": REGION,
        "AWS_SECRET_ACCESS_KEY": "nothing",
        # nothing of this machine's: ~/.aws would be read
        "HOME": str(package),
        "LAMBDA_TASK_ROOT": str(package),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
    }


def _handler_of(
    events: "queue.SimpleQueue[tuple[str, bytes] | None]", reports: "queue.SimpleQueue[tuple[str, bytes]]", name: str
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        _base = "/2018-06-01/runtime/"

        def do_GET(self) -> None:
            if self.path == f"{self._base}restore/next":
                self._answer(200, b"", {})
                return
            assert self.path == f"{self._base}invocation/next", self.path
            event = events.get()
            if event is None:  # the process is gone
                self.close_connection = True
                return
            request_id, body = event
            deadline = (time.time() + FUNCTION_SECONDS) * 1000
            self._answer(
                200,
                body,
                {
                    "Lambda-Runtime-Aws-Request-Id": request_id,
                    "Lambda-Runtime-Deadline-Ms": str(int(deadline)),
                    "Lambda-Runtime-Invoked-Function-Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}",
                    "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
                },
            )

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(202, b'{"status":"OK"}', {})
            reports.put((self.path.removeprefix(self._base), body))

        def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for header, value in {**headers, "Content-Type": "application/json"}.items():
                self.send_header(header, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Every request would be a line."""

    return Handler
