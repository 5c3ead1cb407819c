"""Functions of Lambda: stop them, and let them run again."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from elephant.adapters.aws.errors import code_of, translating

_MISSING = "ResourceNotFoundException"


@dataclass(frozen=True, slots=True)
class Functions:
    """By name; every method may raise Temporary and Permanent."""

    client: Any

    def stop(self, name: str) -> bool:
        """No invocation is begun any more (reserved concurrency 0); False where there is no such function."""
        with translating("lambda", f"the function {name}"):
            try:
                self.client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
            except ClientError as error:
                if code_of(error) == _MISSING:
                    return False
                raise
        return True

    def let_run(self, name: str) -> bool:
        """Undo `stop`; False where it was not stopped."""
        with translating("lambda", f"the function {name}"):
            answer = self.client.get_function_concurrency(FunctionName=name)
            if answer.get("ReservedConcurrentExecutions") != 0:
                return False
            self.client.delete_function_concurrency(FunctionName=name)
        return True
