"""What a change set would do, what happened to a stack, and what both mean. No call is made here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

STATEFUL_TYPES = frozenset(
    {
        "AWS::Cognito::UserPool",
        "AWS::DynamoDB::Table",
        "AWS::S3::Bucket",
        "AWS::SecretsManager::Secret",
    }
)
"""What holds something that no deployment brings back: meetings, recordings, hosts, the key of every link."""
# CloudFormation's words for a change set that would change nothing; there is no code for it
_NOTHING_TO_DO = ("didn't contain changes", "no updates are to be performed")
# a resource that was stopped because of another one
_STOPPED = "cancelled"


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one resource: `action` Add, Modify, Remove or another, `replacement` True, False or Conditional.

    Dynamic is an action that CloudFormation itself does not know yet.
    """

    action: str
    logical_id: str
    resource_type: str
    replacement: str = "False"

    @classmethod
    def of(cls, change: Mapping[str, Any]) -> "Change":
        """Out of an answer."""
        return cls(
            change["Action"], change["LogicalResourceId"], change["ResourceType"], change.get("Replacement", "False")
        )

    @property
    def is_loss(self) -> bool:
        """True where it takes away, or may, what a resource holds."""
        takes_away = self.action in {"Remove", "Dynamic"} or (
            self.action != "Add" and self.replacement in {"True", "Conditional"}
        )
        return takes_away and self.resource_type in STATEFUL_TYPES


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A change set as it is now."""

    status: str
    reason: str
    changes: Sequence[Change]

    @property
    def is_made(self) -> bool:
        """True once it can be carried out."""
        return self.status == "CREATE_COMPLETE"

    @property
    def has_failed(self) -> bool:
        """True where it cannot be carried out, for one reason or another."""
        return self.status in {"FAILED", "DELETE_COMPLETE", "DELETE_FAILED"}

    @property
    def changes_nothing(self) -> bool:
        """True where it failed because everything is as it should be."""
        return self.status == "FAILED" and any(words in self.reason.lower() for words in _NOTHING_TO_DO)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one resource of a stack."""

    event_id: str
    at: datetime
    logical_id: str
    resource_type: str
    status: str
    reason: str
    token: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "Event":
        """Out of an answer."""
        return cls(
            event_id=event["EventId"],
            at=event["Timestamp"],
            logical_id=event.get("LogicalResourceId", ""),
            resource_type=event.get("ResourceType", ""),
            status=event.get("ResourceStatus", ""),
            reason=event.get("ResourceStatusReason", ""),
            token=event.get("ClientRequestToken", ""),
        )

    @property
    def is_failure(self) -> bool:
        """True where something could not be done."""
        return self.status.endswith("_FAILED")


def first_failure(events: Iterable[Event]) -> Event | None:
    """What went wrong first, of events in order: what follows is mostly CloudFormation stopping all the others."""
    failures = [event for event in events if event.is_failure]
    causes = [event for event in failures if _STOPPED not in event.reason.lower()]
    return next(iter(causes or failures), None)


def failures_of_deletion(events: Iterable[Event]) -> list[Event]:
    """The resources that could not be deleted, each with its last reason."""
    found = {event.logical_id: event for event in events if event.status == "DELETE_FAILED"}
    return [event for event in found.values() if event.resource_type != "AWS::CloudFormation::Stack"]
