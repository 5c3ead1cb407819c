"""A stand-in for CloudFormation on loopback, with SAM's own translator in it; moto's knows no macros.

Requests and answers are checked against botocore's service model. It reads the template out of the bucket, as
CloudFormation does, and refuses what is not there: the template, the packages, a parameter that the template does not
know or whose value it does not allow, capabilities that were not acknowledged. Nothing is made of the resources, and
nothing takes time: each look at a stack (DescribeStacks) is a step of what goes on with it.

Known: a stack that does not exist is a ValidationError; a first change set makes a stack in REVIEW_IN_PROGRESS; one
without changes fails with words and no code; carrying one out deletes all the others (CloudFormation User Guide, "Stack
statuses").
"""
# ruff: noqa: N803  arguments have the names that the API gives them

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from botocore.exceptions import BotoCoreError, ClientError

from tests.support.aws_stand_in import AwsStandIn
from tests.support.cloudformation_stacks import BEGINNING, ChangeSet, Stack, Stacks
from tests.support.cloudformation_templates import REGION, checked_parameters, template_at
from tests.support.cloudformation_wire import Refusal, content_of, handler_of, request_of, snake
from tests.support.service_model import problems_of_answer, problems_of_request

ACCOUNT = "123456789012"
_PAGE = 20
EXPANDS = "CAPABILITY_AUTO_EXPAND"
CHANGEABLE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
_NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


class CloudFormationStandIn(Stacks, AwsStandIn):
    """A context manager; `url` is its endpoint, for AWS_ENDPOINT_URL_CLOUDFORMATION.

    Its faults: `throttle`, `broken`, `hang`, `lose` (carried out, without an answer), or a code of an error.
    """

    def __init__(self, read: Callable[[str, str], bytes]) -> None:
        super().__init__("cloudformation", handler_of(self.answer))
        self.read = read
        self.reset()

    def reset(self) -> None:
        """Nothing is there, and nothing out of the ordinary will happen."""
        self.forget_stacks()
        self.forget_calls()

    def answer(self, body: bytes) -> tuple[int, bytes] | None:
        """Carry out a request; None where it is to get no answer."""
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        operation = form["Action"]
        fault = self._called(operation)
        if fault == "hang":
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
                return refusal.status, refusal.content()
        return None if fault == "lose" else (200, content)

    def _carry_out(self, operation: str, form: dict[str, str]) -> bytes:
        request = request_of(operation, form)
        self._complain(problems_of_request("cloudformation", operation, request))
        answer: dict[str, Any] = getattr(self, f"_{snake(operation)}")(**request)
        problems = problems_of_answer("cloudformation", operation, answer)
        # a stack's first event says so (User Guide, "Stack statuses"); the model has it among the stacks' words alone
        self._complain([each for each in problems if "ResourceStatus: 'REVIEW_IN_PROGRESS'" not in each])
        return content_of(operation, answer)

    def _complain(self, problems: list[str]) -> None:
        self.complaints += problems
        if problems:
            raise Refusal("ValidationError", "; ".join(problems))

    # --- one operation each ---------------------------------------------------------------------------------------

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
        template = template_at(TemplateURL, self.read)
        parameters = checked_parameters(template, {each["ParameterKey"]: each["ParameterValue"] for each in Parameters})
        if stack is None:
            stack = self.stacks[StackName] = Stack(_id_of("stack", StackName), StackName)
            stack.happens(StackName, "REVIEW_IN_PROGRESS", "User Initiated", ClientToken)
        standing = stack.change_sets.get(ChangeSetName)
        if standing is not None:
            if not ClientToken or standing.token != ClientToken:
                raise Refusal("AlreadyExistsException", f"ChangeSet {ChangeSetName} already exists")
            return {"Id": standing.change_set_id, "StackId": stack.stack_id}
        made = ChangeSet(
            _id_of("changeSet", ChangeSetName), ChangeSetName, ChangeSetType, ClientToken, template, parameters
        )
        made.changes = list(stack.changes_by(made, self.replaced))
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
        found = stack.change_set(ChangeSetName)
        answer: dict[str, Any] = {
            "ChangeSetName": found.name,
            "ChangeSetId": found.change_set_id,
            "StackId": stack.stack_id,
            "StackName": stack.name,
            "Status": found.status,
            "ExecutionStatus": "AVAILABLE" if found.status == "CREATE_COMPLETE" else "UNAVAILABLE",
            **_page("Changes", found.changes, NextToken),
        }
        if found.reason:
            answer["StatusReason"] = found.reason
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
        found = stack.change_set(ChangeSetName)
        if found.status != "CREATE_COMPLETE" or stack.steps:
            raise Refusal("InvalidChangeSetStatus", f"ChangeSet [{ChangeSetName}] cannot be executed in its status")
        stack.used[ClientRequestToken] = "execute"
        # it is there until the stack shows that it is carried out
        stack.change_sets = {found.name: found}
        found.execution_status = "EXECUTE_IN_PROGRESS"
        self._begin(stack, found, ClientRequestToken)
        return {}

    def _describe_stacks(self, StackName: str = "") -> dict[str, Any]:
        if not StackName:
            return {"Stacks": [self._describe_stacks(name)["Stacks"][0] for name in sorted(self.stacks)]}
        stack = self._stack(StackName, also_deleted=True)
        answer = {
            "StackId": stack.stack_id,
            "StackName": stack.name,
            "CreationTime": BEGINNING,
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
        return _page("StackEvents", stack.events[::-1], NextToken)

    def _list_stack_resources(self, StackName: str, NextToken: str = "0") -> dict[str, Any]:
        stack = self._stack(StackName)
        summaries = [
            {
                "LogicalResourceId": name,
                "PhysicalResourceId": physical,
                "ResourceType": "AWS::Made::Up",
                "ResourceStatus": "CREATE_COMPLETE",
                "LastUpdatedTimestamp": BEGINNING,
            }
            for name, physical in stack.resources.items()
        ]
        return _page("StackResourceSummaries", summaries, NextToken)

    def _delete_stack(self, StackName: str, ClientRequestToken: str = "") -> dict[str, Any]:
        try:
            stack = self._stack(StackName)
        except Refusal:
            return {}
        if stack.status == "REVIEW_IN_PROGRESS":
            self._gone(stack)
            return {}
        if stack.status != "DELETE_IN_PROGRESS":
            self._begin_deletion(stack, ClientRequestToken)
        return {}

    def _step(self, stack: Stack) -> None:
        try:
            stack.steps.popleft()()
        except (AttributeError, BotoCoreError, ClientError, LookupError, TypeError) as error:
            # else it would be waited for without end
            self.complaints.append(repr(error))
            stack.steps.clear()
            stack.becomes("UPDATE_ROLLBACK_FAILED", repr(error), "")


def _id_of(kind: str, name: str) -> str:
    return f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:{kind}/{name}/{secrets.token_hex(16)}"


def _page(field: str, found: list[dict[str, Any]], token: str) -> dict[str, Any]:
    start = int(token)
    more = {"NextToken": str(start + _PAGE)} if start + _PAGE < len(found) else {}
    return {field: found[start : start + _PAGE], **more}
