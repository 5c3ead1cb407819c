"""Fixtures of the tests that need something that answers as AWS does; imported where a conftest offers them."""

import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from elephant.adapters.aws.table import table_definition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_scheduler.client import EventBridgeSchedulerClient

    from tests.support.aws_server import AwsServer
    from tests.support.lambda_stand_in import LambdaStandIn


@pytest.fixture(scope="session")
def aws_server() -> Iterator["AwsServer"]:
    # moto takes a second to import, which only those who use it should pay.
    from tests.support.aws_server import AwsServer  # noqa: PLC0415

    with AwsServer() as server:
        yield server


@pytest.fixture(scope="session")
def dynamodb(aws_server: "AwsServer") -> "DynamoDBClient":
    return aws_server.dynamodb()


@pytest.fixture
def table_name(dynamodb: "DynamoDBClient") -> str:
    """A new, empty table of its own for each test."""
    name = f"elephant-meetings-{secrets.token_hex(4)}"
    dynamodb.create_table(**table_definition(name))
    return name


@pytest.fixture(scope="session")
def scheduler(aws_server: "AwsServer") -> "EventBridgeSchedulerClient":
    client: EventBridgeSchedulerClient = aws_server.client("scheduler")
    return client


@pytest.fixture
def schedule_group(scheduler: "EventBridgeSchedulerClient") -> str:
    """A new, empty group of schedules of its own for each test."""
    name = f"elephant-{secrets.token_hex(4)}"
    scheduler.create_schedule_group(Name=name)
    return name


@pytest.fixture
def lambda_stand_in() -> Iterator["LambdaStandIn"]:
    from tests.support.lambda_stand_in import LambdaStandIn  # noqa: PLC0415  it needs botocore

    with LambdaStandIn() as stand_in:
        yield stand_in
