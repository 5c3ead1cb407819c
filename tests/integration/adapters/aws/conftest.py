"""A store on a table of its own, and a look at the calls that it makes."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

from elephant.adapters.aws.dynamodb import DynamoMeetings
from tests.support.aws_fixtures import aws_server, dynamodb, lambda_stand_in, schedule_group, scheduler, table_name
from tests.support.builders import POLICY
from tests.support.ec2_fixtures import desktop_image, ec2, ec2_machines, ec2_rules, ec2_settings, ec2_wire, foreign

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

__all__ = [
    "aws_server",
    "desktop_image",
    "dynamodb",
    "ec2",
    "ec2_machines",
    "ec2_rules",
    "ec2_settings",
    "ec2_wire",
    "foreign",
    "lambda_stand_in",
    "schedule_group",
    "scheduler",
    "table_name",
]


@pytest.fixture
def meetings(dynamodb: "DynamoDBClient", table_name: str) -> DynamoMeetings:
    return DynamoMeetings(dynamodb, table_name, policy=POLICY)


class Wire:
    """What goes over the wire from now on, and what happens to it."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client
        self._hooks: list[tuple[str, Callable[..., None]]] = []
        self.calls: list[str] = []
        self._hook("before-call.dynamodb.*", self._note)

    def lose_answer(self, operation: str) -> None:
        """The next such request is carried out, and its answer never arrives."""
        left = [True]

        def lose(request: Any, **_: object) -> None:  # noqa: ANN401  botocore's
            if left and left.pop():
                session = URLLib3Session()
                session.send(request)
                session.close()
                raise ReadTimeoutError(endpoint_url=request.url)

        self._hook(f"before-send.dynamodb.{operation}", lose)

    def before(self, operation: str, number: int, act: Callable[[], object]) -> None:
        """Do something just before the such request of that number is sent, from one."""
        seen: list[int] = []

        def interrupt(**_: object) -> None:
            seen.append(1)
            if len(seen) == number:
                act()

        self._hook(f"before-send.dynamodb.{operation}", interrupt)

    def close(self) -> None:
        """Leave the client as it was."""
        for event, hook in self._hooks:
            self._client.meta.events.unregister(event, hook)

    def _hook(self, event: str, hook: Callable[..., None]) -> None:
        self._client.meta.events.register(event, hook)
        self._hooks.append((event, hook))

    def _note(self, model: Any, **_: object) -> None:  # noqa: ANN401  botocore's
        self.calls.append(model.name)


@pytest.fixture
def wire(dynamodb: "DynamoDBClient", table_name: str, meetings: DynamoMeetings) -> Iterator[Wire]:
    """After the table was made, so that only the store's own calls are seen."""
    wire = Wire(dynamodb)
    yield wire
    wire.close()


class FieldTable:
    """The table as those write into it who know nothing of us."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def put(self, **row: str) -> None:
        """A whole row of text, as the seeds' function writes it."""
        self._client.put_item(TableName=self._table_name, Item={name: {"S": value} for name, value in row.items()})

    def set(self, meeting_id: str, **values: str) -> None:
        """What an image in the field does: some attributes, without a condition."""
        self._client.update_item(
            TableName=self._table_name,
            Key={"id": {"S": meeting_id}},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
            ExpressionAttributeNames={f"#{name}": name for name in values},
            ExpressionAttributeValues={f":{name}": {"S": value} for name, value in values.items()},
        )

    def warm(self, meeting_id: str, machine_id: str) -> None:
        """The desktop is ready."""
        self.set(meeting_id, status="HEALTHY", instance_id=machine_id)

    def row(self, meeting_id: str) -> dict[str, Any]:
        """The row with the types that DynamoDB carries."""
        return dict(
            self._client.get_item(TableName=self._table_name, Key={"id": {"S": meeting_id}}, ConsistentRead=True)[
                "Item"
            ]
        )

    def text(self, meeting_id: str, name: str) -> str | None:
        """One text of a row, None where it has none."""
        value = self.row(meeting_id).get(name)
        return None if value is None else str(value["S"])


@pytest.fixture
def field(dynamodb: "DynamoDBClient", table_name: str) -> FieldTable:
    return FieldTable(dynamodb, table_name)
