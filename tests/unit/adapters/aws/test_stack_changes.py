"""What changes and events of a stack mean."""

from datetime import UTC, datetime

import pytest

from elephant.adapters.aws.stack_changes import Change, ChangeSet, Event, failures_of_deletion, first_failure


def event(name: str, status: str, reason: str = "", kind: str = "AWS::SQS::Queue") -> Event:
    return Event("id", datetime(2026, 11, 1, tzinfo=UTC), name, kind, status, reason, "")


@pytest.mark.parametrize(
    ("action", "replacement", "kind", "is_loss"),
    [
        ("Modify", "True", "AWS::DynamoDB::Table", True),
        ("Modify", "Conditional", "AWS::S3::Bucket", True),
        ("Remove", "False", "AWS::Cognito::UserPool", True),
        ("Modify", "True", "AWS::SecretsManager::Secret", True),
        ("Dynamic", "False", "AWS::DynamoDB::Table", True),
        ("Modify", "False", "AWS::DynamoDB::Table", False),
        ("Add", "True", "AWS::DynamoDB::Table", False),
        ("Modify", "True", "AWS::IAM::Role", False),
        ("Remove", "False", "AWS::Lambda::Version", False),
    ],
)
def test_a_loss_is_what_no_deployment_brings_back(action: str, replacement: str, kind: str, is_loss: bool) -> None:
    assert Change(action, "Name", kind, replacement).is_loss is is_loss


def test_a_change_without_a_word_about_replacement_replaces_nothing() -> None:
    told = {"Action": "Add", "LogicalResourceId": "Meetings", "ResourceType": "AWS::DynamoDB::Table"}
    assert Change.of(told).replacement == "False"


@pytest.mark.parametrize(
    ("reason", "changes_nothing"),
    [
        ("The submitted information didn't contain changes. Submit different information.", True),
        ("No updates are to be performed.", True),
        ("Requires capabilities : [CAPABILITY_NAMED_IAM]", False),
        ("", False),
    ],
)
def test_nothing_to_do_is_told_from_a_failure_by_words_alone(reason: str, changes_nothing: bool) -> None:
    assert ChangeSet("FAILED", reason, ()).changes_nothing is changes_nothing
    assert ChangeSet("FAILED", reason, ()).has_failed
    assert not ChangeSet("CREATE_COMPLETE", reason, ()).changes_nothing


def test_the_first_failure_is_none_that_was_only_stopped() -> None:
    stopped = event("A", "CREATE_FAILED", "Resource creation cancelled")
    cause = event("B", "CREATE_FAILED", "quota exceeded")
    well = event("C", "CREATE_COMPLETE")
    assert first_failure([well, stopped, cause, event("D", "DELETE_FAILED", "later")]) is cause
    assert first_failure([well, stopped]) is stopped
    assert first_failure([well]) is None


def test_what_could_not_be_deleted_is_named_once_and_without_the_stack() -> None:
    events = [
        event("Pages", "DELETE_FAILED", "first"),
        event("Pages", "DELETE_FAILED", "in use"),
        event("stack", "DELETE_FAILED", "The following resource(s) failed", "AWS::CloudFormation::Stack"),
    ]
    assert [(each.logical_id, each.reason) for each in failures_of_deletion(events)] == [("Pages", "in use")]
