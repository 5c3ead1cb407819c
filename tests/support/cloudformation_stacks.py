"""The stacks of the stand-in for CloudFormation: their change sets and events, and what goes on with them.

A creation that fails is rolled back to ROLLBACK_COMPLETE, from which a stack can only be deleted; an update that fails
is rolled back to UPDATE_ROLLBACK_COMPLETE (CloudFormation User Guide, "Stack statuses").
"""

import secrets
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.cloudformation_templates import translated
from tests.support.cloudformation_wire import Refusal

BEGINNING = datetime(2026, 11, 1, tzinfo=UTC)


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

    def becomes(self, status: str, reason: str, token: str) -> None:
        """It is in this state, and an event says so."""
        self.status, self.reason = status, reason
        self.happens(self.name, status, reason, token, "AWS::CloudFormation::Stack")

    def happens(self, name: str, status: str, reason: str, token: str, kind: str = "AWS::Made::Up") -> None:
        """An event, a second after the one before."""
        event = {
            "StackId": self.stack_id,
            "EventId": secrets.token_hex(8),
            "StackName": self.name,
            "LogicalResourceId": name,
            "ResourceType": kind,
            "Timestamp": BEGINNING + timedelta(seconds=len(self.events) + 1),
            "ResourceStatus": status,
        }
        event |= {"ResourceStatusReason": reason} if reason else {}
        event |= {"ClientRequestToken": token} if token else {}
        self.events.append(event)

    def change_set(self, name: str) -> ChangeSet:
        """The one of that name; raises Refusal."""
        if name not in self.change_sets:
            raise Refusal("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)
        return self.change_sets[name]

    def changes_by(self, made: ChangeSet, replaced: set[str]) -> Iterator[dict[str, Any]]:
        """What carrying it out would change, when these resources have to be replaced."""
        before = translated(self.template) if self.template else {}
        after = translated(made.template)
        for name in sorted(before.keys() | after.keys()):
            kind = (after.get(name) or before[name])["Type"]
            change: dict[str, Any] = {"LogicalResourceId": name, "ResourceType": kind}
            if name not in before:
                change["Action"] = "Add"
            elif name not in after:
                change["Action"] = "Remove"
            elif before[name] != after[name] or made.parameters != self.parameters or name in replaced:
                change |= {"Action": "Modify", "Replacement": "True" if name in replaced else "False"}
            else:
                continue
            yield {"Type": "Resource", "ResourceChange": change}


class Stacks:
    """`stacks` by name, and the `deleted` ones.

    `make` and `unmake` are told of a stack's coming and going, so that a test can have its resources in moto; `make`
    returns the physical names. `fails` is a resource that the next operation fails at, with the reason; `stays` are
    resources that cannot be deleted; `replaced` are those that an update replaces.
    """

    def forget_stacks(self) -> None:
        """None is there, and nothing out of the ordinary will happen to one."""
        self.stacks: dict[str, Stack] = {}
        self.deleted: list[Stack] = []
        self.make: Callable[[Stack], Mapping[str, str]] = lambda _: {}
        self.unmake: Callable[[Stack], None] = lambda _: None
        self.outputs: Callable[[Stack], Mapping[str, str]] = lambda _: {}
        self.fails: tuple[str, str] | None = None
        self.stays: Callable[[Stack], Mapping[str, str]] = lambda _: {}
        self.replaced: set[str] = set()

    def _stack(self, name: str, *, also_deleted: bool = False) -> Stack:
        for stack in [*self.stacks.values(), *(self.deleted if also_deleted else [])]:
            if name == stack.stack_id or (name == stack.name and stack.status != "DELETE_COMPLETE"):
                return stack
        raise Refusal("ValidationError", f"Stack with id {name} does not exist")

    def _outputs_of(self, stack: Stack) -> Mapping[str, str]:
        return self.outputs(stack) if stack.resources and not stack.status.startswith("DELETE") else {}

    def _begin(self, stack: Stack, made: ChangeSet, token: str) -> None:
        word = "CREATE" if made.kind == "CREATE" else "UPDATE"

        def begin() -> None:
            stack.change_sets.clear()
            if word == "CREATE":
                stack.parameters = made.parameters  # told from now on, also of a creation that fails
            stack.becomes(f"{word}_IN_PROGRESS", "User Initiated", token)

        stack.steps.append(begin)
        failing, self.fails = self.fails, None
        if failing is None:
            stack.steps.append(lambda: self._succeed(stack, made, word, token))
            return
        logical_id, reason = failing
        back = "ROLLBACK" if word == "CREATE" else "UPDATE_ROLLBACK"

        def fail() -> None:
            stack.happens(logical_id, f"{word}_FAILED", reason, token)
            stack.happens("Sweep", f"{word}_FAILED", "Resource creation cancelled", token)
            stack.becomes(f"{back}_IN_PROGRESS", f"The following resource(s) failed: [{logical_id}].", token)

        stack.steps.append(fail)
        stack.steps.append(lambda: stack.becomes(f"{back}_COMPLETE", "", token))

    def _succeed(self, stack: Stack, made: ChangeSet, word: str, token: str) -> None:
        stack.template, stack.parameters = made.template, made.parameters
        names = dict(self.make(stack))
        stack.resources = {name: names.get(name, f"{stack.name}-{name}") for name in translated(made.template)}
        for name in stack.resources:
            stack.happens(name, f"{word}_COMPLETE", "", token)
        stack.becomes(f"{word}_COMPLETE", "", token)

    def _begin_deletion(self, stack: Stack, token: str) -> None:
        # as CloudFormation, it shows its old state for a moment
        stack.steps = deque(
            [
                lambda: stack.becomes("DELETE_IN_PROGRESS", "User Initiated", token),
                lambda: self._end_of_deletion(stack, token),
            ]
        )

    def _end_of_deletion(self, stack: Stack, token: str) -> None:
        staying = {name: why for name, why in self.stays(stack).items() if name in stack.resources}
        if staying:
            for name, why in staying.items():
                stack.happens(name, "DELETE_FAILED", why, token)
            stack.resources = {name: each for name, each in stack.resources.items() if name in staying}
            stack.becomes("DELETE_FAILED", f"The following resource(s) failed to delete: {[*staying]}.", token)
            return
        if stack.resources:
            self.unmake(stack)
        stack.resources.clear()
        stack.becomes("DELETE_COMPLETE", "", token)
        self._gone(stack)

    def _gone(self, stack: Stack) -> None:
        stack.status = "DELETE_COMPLETE"
        self.deleted.append(self.stacks.pop(stack.name))
