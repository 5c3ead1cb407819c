"""docs/run-it.md knows every alarm of the stack, and no other; its commands work, as far as moto has what they want."""

import json
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name

from elephant.adapters.aws.table import table_definition
from tests.support.aws_cli import call_of
from tests.support.documents import DOCS, commands_in_blocks
from tests.support.stack import Stack

if TYPE_CHECKING:
    from tests.support.aws_server import AwsServer

PAGE = DOCS / "run-it.md"
MEETING = "abcdefghijklmnop"
NAME = f"elephant{secrets.token_hex(4)}"
"""The stack's name: one of its own, since moto keeps one account for all tests of a process."""
TABLE = f"{NAME}-meetings"


def alarms() -> dict[str, str]:
    """Each alarm's name without the stack's, and what it says of itself."""
    stack = Stack("STACK")
    return {
        each["Properties"]["AlarmName"].removeprefix("STACK-"): each["Properties"]["AlarmDescription"]
        for each in stack.resources.values()
        if each["Type"] == "AWS::CloudWatch::Alarm"
    }


def test_every_alarm_has_its_part_and_there_is_no_other() -> None:
    _, _, text = PAGE.read_text().partition("\n## The alarms\n")
    text, _, _ = text.partition("\n## ")
    assert sorted(re.findall(r"^### (\S+)$", text, re.MULTILINE)) == sorted(alarms())


def test_every_alarm_is_in_the_table_with_its_link() -> None:
    row = r"^\| \[`([a-z-]+)`\]\(#([a-z-]+)\) \| [^|]+ \| (at once|the same day) \|$"
    rows = re.findall(row, PAGE.read_text(), re.MULTILINE)
    assert sorted(name for name, _, _ in rows) == sorted(alarms())
    assert all(name == anchor for name, anchor, _ in rows)


def test_what_is_to_be_done_is_said_for_each() -> None:
    for name in alarms():
        _, _, part = PAGE.read_text().partition(f"\n### {name}\n")
        part = re.split(r"\n##", part)[0]
        assert len(part.split()) > 40, name


class Account:
    """What the commands find in an account with a stack `elephant`, and what they have done to it."""

    def __init__(self, server: "AwsServer") -> None:
        self._server = server
        self.values = {"elephant": NAME, "MEETING_ID": MEETING, "NEW_VALUE": "x" * 64}
        dynamodb = self.client("dynamodb")
        dynamodb.create_table(**table_definition(TABLE))
        point_in_time = {"PointInTimeRecoveryEnabled": True}
        dynamodb.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification=point_in_time)
        dynamodb.put_item(TableName=TABLE, Item={"id": {"S": MEETING}})
        backup = dynamodb.create_backup(TableName=TABLE, BackupName=NAME)["BackupDetails"]
        sqs = self.client("sqs")
        queue = sqs.create_queue(QueueName=f"{NAME}-dead-letters")["QueueUrl"]
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"requestPayload": {"meeting_id": MEETING}}))
        self.client("events").put_rule(Name=f"{NAME}-sweep", ScheduleExpression="rate(1 minute)", State="DISABLED")
        self.client("logs").create_log_group(logGroupName=f"/aws/lambda/{NAME}-launch-ec2")
        ec2 = self.client("ec2")
        image = ec2.describe_images()["Images"][0]["ImageId"]
        tags = [{"Key": "Project", "Value": "Elephant"}, {"Key": "Installation", "Value": NAME}]
        machine = ec2.run_instances(
            ImageId=image, MinCount=1, MaxCount=1, TagSpecifications=[{"ResourceType": "instance", "Tags": tags}]
        )["Instances"][0]["InstanceId"]
        secret = self.client("secretsmanager").create_secret(Name=NAME, SecretString="old")["ARN"]
        self.values |= {
            "QUEUE_URL": queue,
            "BACKUP_ARN": backup["BackupArn"],
            "INSTANCE_ID": machine,
            "LINK_SECRET_ARN": secret,
            "DNS_SECRET_ARN": secret,
        }

    def client(self, service: str) -> Any:  # noqa: ANN401  a client of any service
        return self._server.client(service)

    def run(self, words: list[str], folder: Path) -> Any:  # noqa: ANN401  an operation's own answer
        """What AWS answers to `aws WORDS...`; None for a waiter that has waited."""
        for name, value in self.values.items():
            words = [word.replace(name, value) for word in words]
        call = call_of(words, folder)
        client = self.client(call.service)
        if call.waiter:
            return client.get_waiter(call.waiter).wait(**call.parameters, WaiterConfig={"Delay": 1, "MaxAttempts": 5})
        return getattr(client, xform_name(call.operation))(**call.parameters)


@pytest.mark.integration
def test_its_commands_do_what_they_say(aws_server: "AwsServer", tmp_path: Path) -> None:
    """In the order of the page, as somebody would who goes through it from top to bottom."""
    account = Account(aws_server)
    answers: dict[str, Any] = {}
    for command in commands_in_blocks(PAGE):
        words = list(command.words[1:])
        if command.words[0] != "aws":
            continue
        if words[0] in {"lambda", "cloudformation"} or words[:2] == ["logs", "tail"]:
            continue  # on the checklist: moto has no functions and no stacks here, and the last is no operation
        if "restore-table-from-backup" in words:
            account.client("dynamodb").delete_table(TableName=TABLE)  # what the page is about there
        answer = account.run(words, tmp_path)
        answers[str(command)] = answer
        if "elephant-restored" in words and "get-item" in words:
            (tmp_path / "item.json").write_text(json.dumps(answer["Item"]))
            # as if it had been lost
            account.client("dynamodb").delete_item(TableName=TABLE, Key={"id": {"S": MEETING}})
    assert len(answers) > 15

    def answer_to(words: str) -> Any:  # noqa: ANN401
        return next(answer for command, answer in answers.items() if words in command)

    assert answer_to("get-item --table-name elephant-meetings")["Item"] == {"id": {"S": MEETING}}
    machines = answer_to("describe-instances")["Reservations"]
    assert [each["InstanceId"] for part in machines for each in part["Instances"]] == [account.values["INSTANCE_ID"]]
    assert MEETING in answer_to("receive-message")["Messages"][0]["Body"]
    queue = account.client("sqs").get_queue_attributes(
        QueueUrl=account.values["QUEUE_URL"], AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert queue["Attributes"]["ApproximateNumberOfMessages"] == "0"
    assert account.client("events").describe_rule(Name=f"{NAME}-sweep")["State"] == "ENABLED"
    ended = account.client("ec2").describe_instances(InstanceIds=[account.values["INSTANCE_ID"]])
    assert ended["Reservations"][0]["Instances"][0]["State"]["Name"] in {"shutting-down", "terminated"}
    put_back = account.client("dynamodb").get_item(TableName=TABLE, Key={"id": {"S": MEETING}})
    assert put_back["Item"] == {"id": {"S": MEETING}}
