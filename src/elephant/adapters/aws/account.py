"""Whose credentials these are."""

from typing import Any

from elephant.adapters.aws.errors import translating
from elephant.ports.errors import Temporary


def account_of(sts: Any) -> tuple[str, str]:  # noqa: ANN401  a client
    """The account's number and the ARN of whoever asks. Raises Temporary, and Permanent for bad credentials."""
    with translating("sts", "the account (your AWS credentials)"):
        answer = sts.get_caller_identity()
    if "Account" not in answer:
        raise Temporary("STS: the answer is not whole")
    return str(answer["Account"]), str(answer.get("Arn", ""))
