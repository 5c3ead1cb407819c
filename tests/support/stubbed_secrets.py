"""A client of Secrets Manager and what it is answered; both are imported where they are asked for."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import botocore.session
import pytest
from botocore.stub import Stubber

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient


@pytest.fixture
def client() -> "SecretsManagerClient":
    client: SecretsManagerClient = botocore.session.get_session().create_client(  # type: ignore[assignment]
        "secretsmanager", region_name="eu-central-1", aws_access_key_id="nobody", aws_secret_access_key="nothing"
    )
    return client


@pytest.fixture
def stub(client: "SecretsManagerClient") -> Iterator[Stubber]:
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()
