"""One stack of CloudFormation: what state it is in, change sets, and what happens to it.

The words are the API's own (CloudFormation API reference: DescribeStacks, CreateChangeSet, ExecuteChangeSet,
ListStackResources,
DescribeStackEvents, DeleteStack). The client brings time limits and repeated attempts; its services answer in XML, so
an answer without what it must hold was cut off, and is Temporary.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from elephant.adapters.aws.errors import code_of, translating
from elephant.adapters.aws.stack_changes import Change, ChangeSet, Event
from elephant.ports.errors import Permanent, Temporary

_CAPABILITIES = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
"""The template makes roles, and SAM is a macro; nothing less is taken."""
_REVIEW = "REVIEW_IN_PROGRESS"
_GONE = "DELETE_COMPLETE"
_OUR_PARAMETERS = frozenset({"DnsProvider", "DomainRoot", "ZoneId"})
"""Every version of the template has had them, whoever deployed it; CloudFormation tells them with their defaults."""


@dataclass(frozen=True, slots=True)
class StackState:
    """A stack as it is now; `status` is CloudFormation's word."""

    stack_id: str
    status: str
    reason: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_moving(self) -> bool:
        """True while CloudFormation works on it."""
        return self.status.endswith("_IN_PROGRESS") and self.status != _REVIEW

    @property
    def is_empty(self) -> bool:
        """True where it is a name only, for change sets of a stack that is not made yet."""
        return self.status == _REVIEW

    @property
    def is_ours(self) -> bool:
        """False where another template made it: somebody else's stack may have the name that an engineer chose."""
        return self.is_empty or self.parameters.keys() >= _OUR_PARAMETERS


@dataclass(frozen=True, slots=True)
class Stacks:
    """The stack of this name; every method may raise Temporary and Permanent."""

    client: Any
    name: str

    def state(self, stack_id: str = "") -> StackState | None:
        """None where there is none, or no more. By its id one that was deleted is told from another of its name."""
        with translating("cloudformation", self._stack):
            try:
                answer = self.client.describe_stacks(StackName=stack_id or self.name)
            except ClientError as error:
                if _says_missing(error):
                    return None
                raise
        found = _part(answer, "Stacks", self._stack)
        if not found:
            raise Temporary(f"{self._stack}: the answer to describing it is not whole")
        if _part(found[0], "StackStatus", self._stack) == _GONE:
            return None
        return StackState(
            stack_id=_part(found[0], "StackId", self._stack),
            status=found[0]["StackStatus"],
            reason=found[0].get("StackStatusReason", ""),
            outputs={each["OutputKey"]: each["OutputValue"] for each in found[0].get("Outputs", [])},
            parameters={each["ParameterKey"]: each["ParameterValue"] for each in found[0].get("Parameters", [])},
        )

    def resources(self) -> Mapping[str, str]:
        """The physical name of every resource that is there, by its logical one; {} where there is no stack."""
        found: dict[str, str] = {}
        try:
            for page in self._pages("list_stack_resources", StackName=self.name):
                for each in _part(page, "StackResourceSummaries", self._stack):
                    if each["ResourceStatus"] != _GONE and each.get("PhysicalResourceId"):
                        found[each["LogicalResourceId"]] = each["PhysicalResourceId"]
        except Permanent as error:
            if not _is_about_missing(error):
                raise
        return found

    def create_change_set(
        self, name: str, template_url: str, parameters: Mapping[str, str], *, makes_stack: bool
    ) -> None:
        """Begin to make one. Its name is new, so one that has it already was made by an attempt of ours."""
        with translating("cloudformation", f"a change set of {self._stack}"):
            try:
                self.client.create_change_set(
                    StackName=self.name,
                    ChangeSetName=name,
                    ChangeSetType="CREATE" if makes_stack else "UPDATE",
                    ClientToken=name,
                    TemplateURL=template_url,
                    Parameters=[
                        {"ParameterKey": key, "ParameterValue": value} for key, value in sorted(parameters.items())
                    ],
                    Capabilities=_CAPABILITIES,
                    Tags=[{"Key": "Project", "Value": "Elephant"}, {"Key": "Installation", "Value": self.name}],
                )
            except ClientError as error:
                if code_of(error) != "AlreadyExistsException":
                    raise

    def change_set(self, name: str) -> ChangeSet:
        """The change set, with all its changes once it is made."""
        pages = list(self._pages("describe_change_set", ChangeSetName=name, StackName=self.name))
        return ChangeSet(
            status=_part(pages[0], "Status", self._stack),
            reason=pages[0].get("StatusReason", ""),
            changes=tuple(
                Change.of(each["ResourceChange"])
                for page in pages
                for each in page.get("Changes", [])
                if "ResourceChange" in each
            ),
        )

    def execute(self, name: str, token: str) -> None:
        """Begin to carry it out; `token` marks what happens because of it.

        What a creation that fails has made goes again, buckets that are to stay included.
        """
        with translating("cloudformation", f"the change set {name} of {self._stack}"):
            try:
                self.client.execute_change_set(
                    ChangeSetName=name, StackName=self.name, ClientRequestToken=token, RetainExceptOnCreate=True
                )
            except ClientError as error:
                # it is being carried out, or was: by an attempt of ours whose answer was lost
                if code_of(error) not in {"TokenAlreadyExistsException", "InvalidChangeSetStatus"}:
                    raise
                state = self.state()
                if state is None or not (state.is_moving or self._happened_by(token)):
                    raise

    def drop_change_set(self, name: str) -> None:
        """Delete it; one that is gone is fine."""
        with translating("cloudformation", f"the change set {name} of {self._stack}"):
            try:
                self.client.delete_change_set(ChangeSetName=name, StackName=self.name)
            except ClientError as error:
                if code_of(error) not in {"ChangeSetNotFound", "ChangeSetNotFoundException"} and not _says_missing(
                    error
                ):
                    raise

    def has_change_sets(self) -> bool:
        """True while anybody's change set waits to be carried out."""
        return bool(self._summaries())

    def has_begun(self) -> bool:
        """True while a change set is being carried out, maybe before the stack shows it."""
        return any(each.get("ExecutionStatus") == "EXECUTE_IN_PROGRESS" for each in self._summaries())

    def _summaries(self) -> Sequence[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        try:
            for page in self._pages("list_change_sets", StackName=self.name):
                found += _part(page, "Summaries", self._stack)
        except Permanent as error:
            if not _is_about_missing(error):
                raise
        return found

    def delete(self, stack_id: str, token: str) -> None:
        """Begin to delete the stack; one that is gone is fine. `token` marks what happens because of it."""
        with translating("cloudformation", self._stack):
            try:
                self.client.delete_stack(StackName=stack_id, ClientRequestToken=token)
            except ClientError as error:
                if code_of(error) != "TokenAlreadyExistsException":  # an attempt of ours whose answer was lost
                    raise

    def events_after(self, event_id: str, stack_id: str = "") -> Sequence[Event]:
        """What happened after this event, the oldest first; everything where it is "" or not among what is kept.

        Nothing where there is no such stack.
        """
        found: list[Event] = []
        try:
            for page in self._pages("describe_stack_events", StackName=stack_id or self.name):
                for each in _part(page, "StackEvents", self._stack):
                    if each["EventId"] == event_id:
                        return found[::-1]
                    found.append(Event.of(each))
        except Permanent as error:
            if not _is_about_missing(error):
                raise
        return found[::-1]

    def newest_event(self) -> str:
        """The id of the last thing that happened to the stack; "" where nothing did, or there is none."""
        with translating("cloudformation", self._stack):
            try:
                answer = self.client.describe_stack_events(StackName=self.name)
            except ClientError as error:
                if _says_missing(error):
                    return ""
                raise
        events = _part(answer, "StackEvents", self._stack)
        return str(events[0]["EventId"]) if events else ""

    def _happened_by(self, token: str) -> bool:
        return any(event.token == token for event in self.events_after(""))

    def _pages(self, operation: str, **request: str) -> Iterator[Mapping[str, Any]]:
        while True:
            with translating("cloudformation", self._stack):
                page = getattr(self.client, operation)(**request)
            yield page
            if not page.get("NextToken"):
                return
            request["NextToken"] = page["NextToken"]

    @property
    def _stack(self) -> str:
        return f"the stack {self.name} (stack)"


def _says_missing(error: ClientError) -> bool:
    """CloudFormation has no code of its own for a stack that does not exist."""
    return code_of(error) == "ValidationError" and "does not exist" in error.response["Error"].get("Message", "")


def _is_about_missing(error: Permanent) -> bool:
    return isinstance(error.__cause__, ClientError) and _says_missing(error.__cause__)


def _part(answer: Mapping[str, Any], name: str, what: str) -> Any:  # noqa: ANN401  whatever the answer holds there
    if name not in answer:
        raise Temporary(f"{what}: the answer lacks {name}, it is not whole")
    return answer[name]
