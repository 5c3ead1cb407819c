"""Fixtures of the tests that need something that answers as AWS does; imported where a conftest offers them."""

import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from elephant.adapters.aws.table import table_definition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from tests.support.aws_server import AwsServer


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
