"""Secrets out of Secrets Manager. Their content is in no message and no log of ours."""

from typing import TYPE_CHECKING, Any

from elephant.adapters.aws.errors import translating
from elephant.ports.errors import Permanent, Temporary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_secretsmanager.client import SecretsManagerClient


class Secrets:
    """The current version of each secret, read once and then kept for as long as the process lives.

    So one that is changed is seen by the functions that start afterwards; deploying starts all of them anew.
    The client brings the time limits and the repeated attempts.
    """

    def __init__(self, client: "SecretsManagerClient") -> None:
        self._client = client
        self._texts: dict[str, str] = {}

    def text(self, arn: str, *, setting: str = "SECRET_ARN or LINK_SECRET_ARN") -> str:
        """The text of a secret, as it is; `setting` is where its ARN comes from, for messages.

        Raises Temporary, and Permanent for one that is missing, marked for deletion, forbidden, binary or empty.
        What was refused is asked for again the next time.
        """
        if arn not in self._texts:
            self._texts[arn] = self._read(arn, f"the secret {arn} ({setting})")
        return self._texts[arn]

    def _read(self, arn: str, secret: str) -> str:
        with translating("secretsmanager", secret):
            answer: Mapping[str, Any] = self._client.get_secret_value(SecretId=arn)
        if "SecretBinary" in answer:
            raise Permanent(f"{secret} holds bytes: store its value as text (SecretString)")
        # botocore takes an answer that was cut off in its headers for an empty one
        if "SecretString" not in answer:
            raise Temporary(f"{secret}: the answer to reading it is not whole")
        text: str = answer["SecretString"]
        if not text.strip():
            raise Permanent(f"{secret} is empty: store its value in it")
        return text
