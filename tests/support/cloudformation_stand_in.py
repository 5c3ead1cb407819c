"""A stand-in for CloudFormation on loopback, with SAM's own translator in it; moto's knows no macros.

Requests and answers are checked against botocore's service model. It reads the template out of the bucket, as
CloudFormation does, and refuses what is not there: the template, the packages, a parameter that the template does not
know or whose value it does not allow, capabilities that were not acknowledged. Nothing is made of the resources, and
nothing takes time: each look at a stack (DescribeStacks) is a step of what goes on with it.

Known: a stack that does not exist is a ValidationError; a first change set makes a stack in REVIEW_IN_PROGRESS; one
without changes fails with words and no code; carrying one out deletes all the others; a creation that fails is rolled
back to ROLLBACK_COMPLETE, from which it can only be deleted (CloudFormation User Guide, "Stack statuses").
"""
# ruff: noqa: N803  arguments have the names that the API gives them

import copy
import functools
import json
import re
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from moto.core.parse import QueryParser
from moto.core.serialize import QuerySerializer
from moto.core.utils import get_service_model
from samtranslator.translator.transform import transform  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]
from werkzeug.datastructures import MultiDict

from tests.support.service_model import problems_of_answer, problems_of_request

REGION, ACCOUNT = "eu-central-1", "123456789012"
_SERVICE = get_service_model("cloudformation")
_PAGE = 20
EXPANDS = "CAPABILITY_AUTO_EXPAND"
CHANGEABLE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
_URL = re.compile(r"https://([a-z0-9.-]+)\.s3\.[a-z0-9-]+\.amazonaws\.com/(\S+)")
_NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


class Refusal(Exception):
    """One of CloudFormation's errors."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


@dataclass
class ChangeSet:
    """One that was asked for."""

    change_set_id: str
    name: str
    kind: str
    token: str
    template: str
    parameters: dict[str, str]
    status: str = "CREATE_COMPLETE"
    reason: str = ""
    execution_status: str = "AVAILABLE"
    changes: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Stack:
    """`steps` is what the next looks at it find: each carries out one."""

    stack_id: str
    name: str
    status: str = "REVIEW_IN_PROGRESS"
    reason: str = ""
    template: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    resources: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    change_sets: dict[str, ChangeSet] = field(default_factory=dict)
    steps: deque[Callable[[], None]] = field(default_factory=deque)
    used: dict[str, str] = field(default_factory=dict)


class CloudFormationStandIn:
    """A context manager; `url` is its endpoint, for AWS_ENDPOINT_URL_CLOUDFORMATION.

    `make` and `unmake` are told of a stack's coming and going, so that a test can have its resources in moto; `make`
    returns the physical names. `fails` is a resource that the next operation fails at, with the reason; `stays` are
    resources that cannot be deleted; `replaced` are those that an update replaces.
    """

    def __init__(self, read: Callable[[str, str], bytes]) -> None:
        self.read = read
        self.reset()
        self._seconds = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="cloudformation", daemon=True
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def reset(self) -> None:
        """Nothing is there, and nothing out of the ordinary will happen."""
        self.stacks: dict[str, Stack] = {}
        self.deleted: list[Stack] = []
        self.make: Callable[[Stack], Mapping[str, str]] = lambda _: {}
        self.unmake: Callable[[Stack], None] = lambda _: None
        self.outputs: Callable[[Stack], Mapping[str, str]] = lambda _: {}
        self.fails: tuple[str, str] | None = None
        self.stays: Callable[[Stack], Mapping[str, str]] = lambda _: {}
        self.replaced: set[str] = set()
        self.calls: list[str] = []
        self.complaints: list[str] = []
        self._faults: dict[str, deque[str]] = {}

    def __enter__(self) -> "CloudFormationStandIn":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def fault(self, operation: str, kind: str, *, times: int = 1) -> None:
        """`throttle`, `broken`, `hang`, `lose` (carried out, without an answer), or a code of an error."""
        self._faults.setdefault(operation, deque()).extend([kind] * times)

    def answer(self, body: bytes) -> tuple[int, bytes] | None:
        """Carry out a request; None where it is to get no answer."""
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        operation = form["Action"]
        with self._lock:
            self.calls.append(operation)
            faults = self._faults.get(operation)
            fault = faults.popleft() if faults else ""
        if fault == "hang":
            self._closing.wait(120)
            return None
        with self._lock:
            try:
                if fault not in {"", "lose"}:
                    raise {
                        "throttle": Refusal("Throttling", "Rate exceeded"),
                        "broken": Refusal("InternalFailure", "told to", 500),
                    }.get(fault, Refusal(fault, "the stand-in was told to"))
                content = self._carry_out(operation, form)
            except Refusal as refusal:
                return refusal.status, _error(refusal)
        return None if fault == "lose" else (200, content)

    # --- one operation each ---------------------------------------------------------------------------------------

    def _carry_out(self, operation: str, form: dict[str, str]) -> bytes:
        model = _SERVICE.operation_model(operation)
        wire: Any = {"values": MultiDict(form)}
        request: dict[str, Any] = QueryParser(model).parse(wire)
        self._complain(problems_of_request("cloudformation", operation, request))
        answer = getattr(self, f"_{_snake(operation)}")(**request)
        problems = problems_of_answer("cloudformation", operation, answer)
        # a stack's first event says so (User Guide, "Stack statuses"); the model has it among the stacks' words alone
        self._complain([each for each in problems if "ResourceStatus: 'REVIEW_IN_PROGRESS'" not in each])
        return str(QuerySerializer(model).serialize(answer)["body"]).encode()

    def _create_change_set(
        self,
        StackName: str,
        ChangeSetName: str,
        ChangeSetType: str,
        TemplateURL: str,
        Parameters: list[dict[str, str]],
        Capabilities: list[str],
        ClientToken: str = "",
        **_: object,
    ) -> dict[str, Any]:
        stack = self.stacks.get(StackName)
        self._require_changeable(stack, StackName, ChangeSetType)
        # roles, and a macro
        if not {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"} & set(Capabilities) or EXPANDS not in Capabilities:
            raise Refusal("InsufficientCapabilitiesException", "Requires capabilities")
        template = self._template(TemplateURL)
        parameters = self._checked(template, {each["ParameterKey"]: each["ParameterValue"] for each in Parameters})
        if stack is None:
            stack = self.stacks[StackName] = Stack(_id_of("stack", StackName), StackName)
            self._happens(stack, StackName, "REVIEW_IN_PROGRESS", "User Initiated", ClientToken)
        standing = stack.change_sets.get(ChangeSetName)
        if standing is not None:
            if not ClientToken or standing.token != ClientToken:
                raise Refusal("AlreadyExistsException", f"ChangeSet {ChangeSetName} already exists")
            return {"Id": standing.change_set_id, "StackId": stack.stack_id}
        made = ChangeSet(
            _id_of("changeSet", ChangeSetName), ChangeSetName, ChangeSetType, ClientToken, template, parameters
        )
        made.changes = list(self._changes(stack, made))
        if not made.changes:
            made.status, made.reason = "FAILED", _NO_CHANGES
        elif self.fails and self.fails[0] == "ChangeSet":
            made.status, made.reason, self.fails = "FAILED", self.fails[1], None
        stack.change_sets[ChangeSetName] = made
        return {"Id": made.change_set_id, "StackId": stack.stack_id}

    def _require_changeable(self, stack: Stack | None, name: str, kind: str) -> None:
        is_there = stack is not None and stack.status != "REVIEW_IN_PROGRESS"
        if kind == "CREATE" and is_there:
            raise Refusal("ValidationError", f"Stack [{name}] already exists and cannot be created again")
        if kind == "UPDATE" and (stack is None or not is_there):
            raise Refusal("ValidationError", f"Stack [{name}] does not exist")
        if stack is not None and is_there and stack.status not in CHANGEABLE:
            raise Refusal("ValidationError", f"Stack:{name} is in {stack.status} state and can not be updated")

    def _describe_change_set(
        self,
        ChangeSetName: str,
        StackName: str,
        NextToken: str = "0",
        **_: object,
    ) -> dict[str, Any]:
        stack = self._stack(StackName)
        found = stack.change_sets.get(ChangeSetName)
        if found is None:
            raise Refusal("ChangeSetNotFound", f"ChangeSet [{ChangeSetName}] does not exist", 404)
        start = int(NextToken)
        answer: dict[str, Any] = {
            "ChangeSetName": found.name,
            "ChangeSetId": found.change_set_id,
            "StackId": stack.stack_id,
            "StackName": stack.name,
            "Status": found.status,
            "ExecutionStatus": "AVAILABLE" if found.status == "CREATE_COMPLETE" else "UNAVAILABLE",
            "Changes": found.changes[start : start + _PAGE],
        }
        if found.reason:
            answer["StatusReason"] = found.reason
        if start + _PAGE < len(found.changes):
            answer["NextToken"] = str(start + _PAGE)
        return answer

    def _list_change_sets(self, StackName: str, **_: object) -> dict[str, Any]:
        stack = self._stack(StackName)
        return {
            "Summaries": [
                {
                    "ChangeSetName": each.name,
                    "ChangeSetId": each.change_set_id,
                    "Status": each.status,
                    "ExecutionStatus": each.execution_status,
                }
                for each in stack.change_sets.values()
            ]
        }

    def _delete_change_set(self, ChangeSetName: str, StackName: str) -> dict[str, Any]:
        self._stack(StackName).change_sets.pop(ChangeSetName, None)
        return {}

    def _execute_change_set(
        self,
        ChangeSetName: str,
        StackName: str,
        ClientRequestToken: str = "",
        **_: object,
    ) -> dict[str, Any]:
        stack = self._stack(StackName)
        if stack.used.get(ClientRequestToken) == "execute":
            raise Refusal("TokenAlreadyExistsException", "this token was used")
        found = stack.change_sets.get(ChangeSetName)
        if found is None:
            raise Refusal("ChangeSetNotFound", f"ChangeSet [{ChangeSetName}] does not exist", 404)
        if found.status != "CREATE_COMPLETE" or stack.steps:
            raise Refusal("InvalidChangeSetStatus", f"ChangeSet [{ChangeSetName}] cannot be executed in its status")
        stack.used[ClientRequestToken] = "execute"
        # it is there until the stack shows that it is carried out
        stack.change_sets = {found.name: found}
        found.execution_status = "EXECUTE_IN_PROGRESS"
        self._begin(stack, found, ClientRequestToken)
        return {}

    def _describe_stacks(self, StackName: str) -> dict[str, Any]:
        stack = self._stack(StackName, also_deleted=True)
        answer = {
            "StackId": stack.stack_id,
            "StackName": stack.name,
            "CreationTime": datetime(2026, 11, 1, tzinfo=UTC),
            "StackStatus": stack.status,
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in stack.parameters.items()],
            "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in self._outputs_of(stack).items()],
        }
        if stack.reason:
            answer["StackStatusReason"] = stack.reason
        if stack.steps:
            self._step(stack)
        return {"Stacks": [answer]}

    def _describe_stack_events(self, StackName: str, NextToken: str = "0") -> dict[str, Any]:
        stack = self._stack(StackName, also_deleted=True)
        newest_first, start = stack.events[::-1], int(NextToken)
        answer: dict[str, Any] = {"StackEvents": newest_first[start : start + _PAGE]}
        if start + _PAGE < len(newest_first):
            answer["NextToken"] = str(start + _PAGE)
        return answer

    def _list_stack_resources(self, StackName: str, NextToken: str = "0") -> dict[str, Any]:
        stack = self._stack(StackName)
        summaries = [
            {
                "LogicalResourceId": name,
                "PhysicalResourceId": physical,
                "ResourceType": "AWS::Made::Up",
                "ResourceStatus": "CREATE_COMPLETE",
                "LastUpdatedTimestamp": datetime(2026, 11, 1, tzinfo=UTC),
            }
            for name, physical in stack.resources.items()
        ]
        start = int(NextToken)
        answer: dict[str, Any] = {"StackResourceSummaries": summaries[start : start + _PAGE]}
        if start + _PAGE < len(summaries):
            answer["NextToken"] = str(start + _PAGE)
        return answer

    def _delete_stack(self, StackName: str, ClientRequestToken: str = "") -> dict[str, Any]:
        try:
            stack = self._stack(StackName)
        except Refusal:
            return {}
        if stack.status == "REVIEW_IN_PROGRESS":
            self._gone(stack)
            return {}
        if stack.status == "DELETE_IN_PROGRESS":
            return {}
        token = ClientRequestToken
        # as CloudFormation, it shows its old state for a moment
        stack.steps = deque(
            [
                lambda: self._becomes(stack, "DELETE_IN_PROGRESS", "User Initiated", token),
                lambda: self._end_of_deletion(stack, token),
            ]
        )
        return {}

    # --- what goes on ----------------------------------------------------------------------------------------------

    def _step(self, stack: Stack) -> None:
        try:
            stack.steps.popleft()()
        except (AttributeError, BotoCoreError, ClientError, LookupError, TypeError) as error:
            # else it would be waited for without end
            self.complaints.append(repr(error))
            stack.steps.clear()
            self._becomes(stack, "UPDATE_ROLLBACK_FAILED", repr(error), "")

    def _begin(self, stack: Stack, made: ChangeSet, token: str) -> None:
        word = "CREATE" if made.kind == "CREATE" else "UPDATE"

        def begin() -> None:
            stack.change_sets.clear()
            if word == "CREATE":
                stack.parameters = made.parameters  # told from now on, also of a creation that fails
            self._becomes(stack, f"{word}_IN_PROGRESS", "User Initiated", token)

        stack.steps.append(begin)
        failing, self.fails = self.fails, None
        if failing is None:
            stack.steps.append(lambda: self._succeed(stack, made, word, token))
            return
        logical_id, reason = failing
        back = "ROLLBACK" if word == "CREATE" else "UPDATE_ROLLBACK"

        def fail() -> None:
            self._happens(stack, logical_id, f"{word}_FAILED", reason, token)
            self._happens(stack, "Sweep", f"{word}_FAILED", "Resource creation cancelled", token)
            self._becomes(stack, f"{back}_IN_PROGRESS", f"The following resource(s) failed: [{logical_id}].", token)

        stack.steps.append(fail)
        stack.steps.append(lambda: self._becomes(stack, f"{back}_COMPLETE", "", token))

    def _succeed(self, stack: Stack, made: ChangeSet, word: str, token: str) -> None:
        stack.template, stack.parameters = made.template, made.parameters
        names = dict(self.make(stack))
        stack.resources = {name: names.get(name, f"{stack.name}-{name}") for name in translated(made.template)}
        for name in stack.resources:
            self._happens(stack, name, f"{word}_COMPLETE", "", token)
        self._becomes(stack, f"{word}_COMPLETE", "", token)

    def _end_of_deletion(self, stack: Stack, token: str) -> None:
        staying = {name: why for name, why in self.stays(stack).items() if name in stack.resources}
        if staying:
            for name, why in staying.items():
                self._happens(stack, name, "DELETE_FAILED", why, token)
            stack.resources = {name: each for name, each in stack.resources.items() if name in staying}
            self._becomes(stack, "DELETE_FAILED", f"The following resource(s) failed to delete: {[*staying]}.", token)
            return
        if stack.resources:
            self.unmake(stack)
        stack.resources.clear()
        self._becomes(stack, "DELETE_COMPLETE", "", token)
        self._gone(stack)

    def _gone(self, stack: Stack) -> None:
        stack.status = "DELETE_COMPLETE"
        self.deleted.append(self.stacks.pop(stack.name))

    def _becomes(self, stack: Stack, status: str, reason: str, token: str) -> None:
        stack.status, stack.reason = status, reason
        self._happens(stack, stack.name, status, reason, token, "AWS::CloudFormation::Stack")

    def _happens(
        self, stack: Stack, name: str, status: str, reason: str, token: str, kind: str = "AWS::Made::Up"
    ) -> None:
        self._seconds += 1
        event = {
            "StackId": stack.stack_id,
            "EventId": secrets.token_hex(8),
            "StackName": stack.name,
            "LogicalResourceId": name,
            "ResourceType": kind,
            "Timestamp": datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=self._seconds),
            "ResourceStatus": status,
        }
        event |= {"ResourceStatusReason": reason} if reason else {}
        event |= {"ClientRequestToken": token} if token else {}
        stack.events.append(event)

    # --- templates -------------------------------------------------------------------------------------------------

    def _template(self, url: str) -> str:
        match = _URL.fullmatch(url)
        if match is None:
            raise Refusal("ValidationError", f"TemplateURL must be a supported URL: {url}")
        template = self._object(match[1], match[2]).decode()
        for bucket, key in re.findall(r"CodeUri: s3://([a-z0-9.-]+)/(\S+)", template):
            self._object(bucket, key)
        if re.search(r"CodeUri: (?!s3://)", template):
            raise Refusal("ValidationError", "'CodeUri' is not a valid S3 Uri of the form 's3://bucket/key'")
        return template

    def _object(self, bucket: str, key: str) -> bytes:
        try:
            return self.read(bucket, key)
        except LookupError as error:
            raise Refusal("ValidationError", f"S3 error: the specified key does not exist: {bucket}/{key}") from error

    def _checked(self, template: str, given: dict[str, str]) -> dict[str, str]:
        known = _parameters_of(re.sub(r"s3://[a-z0-9.-]+/", "s3://packages/", template))
        if unknown := sorted(given.keys() - known.keys()):
            raise Refusal("ValidationError", f"Parameters: {unknown} do not exist in the template")
        missing = [name for name, each in known.items() if "Default" not in each and name not in given]
        if missing:
            raise Refusal("ValidationError", f"Parameters: {missing} must have values")
        for name, value in given.items():
            allowed, pattern = known[name].get("AllowedValues"), known[name].get("AllowedPattern")
            is_allowed = allowed is None or value in map(str, allowed)
            if not is_allowed or (pattern and not re.fullmatch(pattern, value)):
                raise Refusal("ValidationError", f"Parameter '{name}' must match pattern {pattern or allowed}")
        return {name: given.get(name, str(each.get("Default", ""))) for name, each in known.items()}

    def _changes(self, stack: Stack, made: ChangeSet) -> Iterator[dict[str, Any]]:
        before = translated(stack.template) if stack.template else {}
        after = translated(made.template)
        for name in sorted(before.keys() | after.keys()):
            kind = (after.get(name) or before[name])["Type"]
            change: dict[str, Any] = {"LogicalResourceId": name, "ResourceType": kind}
            if name not in before:
                change["Action"] = "Add"
            elif name not in after:
                change["Action"] = "Remove"
            elif before[name] != after[name] or made.parameters != stack.parameters or name in self.replaced:
                change |= {"Action": "Modify", "Replacement": "True" if name in self.replaced else "False"}
            else:
                continue
            yield {"Type": "Resource", "ResourceChange": change}

    def _stack(self, name: str, *, also_deleted: bool = False) -> Stack:
        for stack in [*self.stacks.values(), *(self.deleted if also_deleted else [])]:
            if name == stack.stack_id or (name == stack.name and stack.status != "DELETE_COMPLETE"):
                return stack
        raise Refusal("ValidationError", f"Stack with id {name} does not exist")

    def _outputs_of(self, stack: Stack) -> Mapping[str, str]:
        return self.outputs(stack) if stack.resources and not stack.status.startswith("DELETE") else {}

    def _complain(self, problems: list[str]) -> None:
        self.complaints += problems
        if problems:
            raise Refusal("ValidationError", "; ".join(problems))


def translated(template: str) -> dict[str, dict[str, Any]]:
    """The resources that SAM makes of a template; raises what SAM says against it."""
    return _translated(re.sub(r"s3://[a-z0-9.-]+/", "s3://packages/", template))


@functools.cache
def _parameters_of(template: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml_parse(template)["Parameters"]
    return found


@functools.cache
def _translated(template: str) -> dict[str, dict[str, Any]]:
    """Once for all buckets, since it takes two seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        content = transform(copy.deepcopy(yaml_parse(template)), {}, dict)
    resources: dict[str, dict[str, Any]] = json.loads(json.dumps(content))["Resources"]
    return resources


def _id_of(kind: str, name: str) -> str:
    return f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:{kind}/{name}/{secrets.token_hex(16)}"


def _snake(operation: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", operation).lower()


def _error(refusal: Refusal) -> bytes:
    return (
        '<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>'
        f"<Code>{refusal.code}</Code><Message>{escape(str(refusal))}</Message></Error>"
        f"<RequestId>{secrets.token_hex(8)}</RequestId></ErrorResponse>"
    ).encode()


def _handler_of(stand_in: CloudFormationStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # head and body in one piece: else each answer waits for the other side's delayed acknowledgement
        wbufsize = -1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = stand_in.answer(body)
            if answer is None:
                self.close_connection = True
                return
            status, content = answer
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Every request would be a line."""

    return Handler
