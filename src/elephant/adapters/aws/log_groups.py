"""Groups of logs in CloudWatch."""

from typing import Any

from botocore.exceptions import ClientError

from elephant.adapters.aws.errors import code_of, translating


def delete_log_group(client: Any, name: str) -> None:  # noqa: ANN401  a client
    """Delete a group with all that is in it; one that is gone is fine. Raises Temporary and Permanent."""
    with translating("logs", f"the log group {name}"):
        try:
            client.delete_log_group(logGroupName=name)
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
