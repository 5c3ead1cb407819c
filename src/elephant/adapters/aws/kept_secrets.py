"""Secrets of Secrets Manager as an engineer's commands make, change and remove them. No message repeats a content."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from elephant.adapters.aws.errors import code_of, translating
from elephant.ports.errors import Permanent, Temporary

RECOVERY_DAYS = 7
"""For so long a secret that was removed can be brought back (DeleteSecret, RecoveryWindowInDays: 7 to 30)."""
_MISSING = "ResourceNotFoundException"
_MARK = {"Key": "Project", "Value": "Elephant"}


@dataclass(frozen=True, slots=True)
class KeptSecret:
    """The secret of this name; every method may raise Temporary, and Permanent where one of that name is not ours."""

    client: Any
    name: str
    description: str

    def make(self) -> str:
        """The ARN of the secret, which is made without a value, or brought back, where it is not there."""
        found = self._described()
        if found is None:
            return self._create()
        if "DeletedDate" in found:
            with translating("secretsmanager", self._secret):
                self.client.restore_secret(SecretId=self.name)
        return str(found["ARN"])

    def text(self) -> str:
        """What it holds now; "" where it holds nothing, or is not there or removed."""
        found = self._described()
        if found is None or "DeletedDate" in found or not found.get("VersionIdsToStages"):
            return ""
        with translating("secretsmanager", self._secret):
            answer = self.client.get_secret_value(SecretId=self.name)
        return str(answer.get("SecretString", ""))

    def keep(self, text: str) -> tuple[str, bool]:
        """Make sure that it holds this; its ARN, and whether anything had to change."""
        arn = self.make()
        if self.text() == text:
            return arn, False
        with translating("secretsmanager", self._secret):
            answer = self.client.put_secret_value(SecretId=self.name, SecretString=text)
        if "VersionId" not in answer:
            raise Temporary(f"{self._secret}: the answer to writing it is not whole")
        return arn, True

    def remove(self) -> bool:
        """Schedule it for deletion; False where it is gone, or going, already."""
        found = self._described()
        if found is None or "DeletedDate" in found:
            return False
        with translating("secretsmanager", self._secret):
            self.client.delete_secret(SecretId=self.name, RecoveryWindowInDays=RECOVERY_DAYS)
        return True

    def _described(self) -> Mapping[str, Any] | None:
        with translating("secretsmanager", self._secret):
            try:
                answer: Mapping[str, Any] = self.client.describe_secret(SecretId=self.name)
            except ClientError as error:
                if code_of(error) == _MISSING:
                    return None
                raise
        if "ARN" not in answer:
            raise Temporary(f"{self._secret}: the answer to describing it is not whole")
        if _MARK not in answer.get("Tags", []):
            raise Permanent(
                f"there is {self._secret} already that is none of Elephant's (it lacks the tag Project=Elephant),"
                " and it stays as it is: choose another name for the stack, or tag it so if it shall be used"
            )
        return answer

    def _create(self) -> str:
        with translating("secretsmanager", self._secret):
            try:
                answer = self.client.create_secret(
                    Name=self.name,
                    Description=self.description,
                    Tags=[_MARK],
                )
            except ClientError as error:
                # by an attempt whose answer was lost; botocore repeats the same token, so this is rare
                if code_of(error) == "ResourceExistsException":
                    raise Temporary(f"{self._secret} was made just now; ask again") from error
                raise
        if "ARN" not in answer:
            raise Temporary(f"{self._secret}: the answer to making it is not whole")
        return str(answer["ARN"])

    @property
    def _secret(self) -> str:
        return f"the secret {self.name}"
