"""The instance metadata service, version 2: a token first, then what it opens (EC2 User Guide, "Use IMDSv2")."""

import http.client
from dataclasses import dataclass
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 2.0
_LIFE_SECONDS = "300"
_MOST_BYTES = 64 * 1024  # user data has at most 16 KiB
_OK, _NOT_FOUND = 200, 404


class NotThereError(Exception):
    """The service answers, and has nothing by that name."""


@dataclass(frozen=True, slots=True)
class Imds:
    """Where the service is; no proxy is ever asked."""

    url: str

    def instance_id(self) -> str:
        """This machine's id; raises as `text` does."""
        return self.text("/latest/meta-data/instance-id")

    def user_data(self) -> str:
        """What the machine was launched with; raises as `text` does."""
        return self.text("/latest/user-data")

    def text(self, path: str) -> str:
        """What is kept at a path.

        Raises NotThereError where the service has nothing there, OSError where it fails or is away, ValueError for an
        answer that is no UTF-8 text.
        """
        token = self._ask("PUT", "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": _LIFE_SECONDS})
        return self._ask("GET", path, {"X-aws-ec2-metadata-token": token.decode("ascii")}).decode("utf-8")

    def _ask(self, method: str, path: str, headers: dict[str, str]) -> bytes:
        where = urlsplit(self.url)
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            content = answer.read(_MOST_BYTES)
        except http.client.HTTPException as error:
            raise OSError(f"{path}: no HTTP answer: {error!r}") from error
        finally:
            connection.close()
        if answer.status == _NOT_FOUND:
            raise NotThereError(path)
        if answer.status != _OK or answer.length:
            raise OSError(f"{path}: answered with {answer.status}{', cut off' if answer.length else ''}")
        if not content:
            # what http.client makes of an answer that was cut off in its head
            raise OSError(f"{path}: an empty answer")
        return content
