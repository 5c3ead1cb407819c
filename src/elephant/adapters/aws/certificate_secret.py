"""The machines' certificate in one secret of Secrets Manager, as JSON.

Version stages are the two places: AWSCURRENT is what machines fetch, AWSPENDING a request that was begun. Writing a
version and moving the stages to it is one step (Secrets Manager API, PutSecretValue), and botocore sends the same
ClientRequestToken with each of its attempts, so a version is there wholly or not at all, and once.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from elephant.adapters.aws.errors import code_of, translating
from elephant.domain.certificate import Certificate, CertificateRequest
from elephant.ports.errors import Permanent, Temporary

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

_CURRENT, _PENDING = "AWSCURRENT", "AWSPENDING"
_TIMES = ("not_before", "not_after")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CertificateSecret:
    """The port CertificateStore over a secret that exists already; the client brings time limits and attempts."""

    client: "SecretsManagerClient"
    arn: str

    def current(self) -> Certificate | None:
        """See CertificateStore.current."""
        content = self._read_stages({_CURRENT}).get(_CURRENT)
        return None if content is None else _certificate(content, self._secret)

    def pending(self) -> CertificateRequest | None:
        """See CertificateStore.pending. A request whose key is the current certificate's is finished."""
        stages = self._read_stages({_CURRENT, _PENDING})
        # the first version of a secret becomes the current one, whatever its stages
        content = stages.get(_PENDING) or stages.get(_CURRENT)
        if content is None or "certificate" in content:
            return None
        request = _request(content, self._secret)
        held = stages.get(_CURRENT, {})
        return None if held.get("certificate") and held.get("private_key") == request.private_key else request

    def keep_request(self, request: CertificateRequest) -> None:
        """See CertificateStore.keep_request."""
        self._put(asdict(request), [_PENDING])

    def keep(self, certificate: Certificate) -> None:
        """See CertificateStore.keep."""
        content = asdict(certificate) | {name: getattr(certificate, name).isoformat() for name in _TIMES}
        self._put(content, [_CURRENT, _PENDING])

    def read_current(self) -> Certificate | None:
        """The current certificate by one call; None also where nothing was ever written into the secret."""
        try:
            content = self._value(VersionStage=_CURRENT)
        except Permanent as error:
            if not _is_of_an_empty_secret(error.__cause__):
                raise
            return None
        return _certificate(content, self._secret)

    @property
    def _secret(self) -> str:
        return f"the secret {self.arn} (CERTIFICATE_SECRET_ARN)"

    def _read_stages(self, wanted: set[str]) -> dict[str, dict[str, Any]]:
        """What these stages hold, as far as there are such: a stage that is missing is no error, a secret is."""
        with translating("secretsmanager", self._secret):
            answer: Mapping[str, Any] = self.client.describe_secret(SecretId=self.arn)
        # botocore takes an answer that was cut off in its headers for an empty one
        if "ARN" not in answer:
            raise Temporary(f"{self._secret}: the answer to describing it is not whole")
        versions: Mapping[str, list[str]] = answer.get("VersionIdsToStages") or {}
        return {
            stage: self._value(VersionId=version)
            for version, stages in versions.items()
            for stage in wanted.intersection(stages)
        }

    def _value(self, **which: str) -> dict[str, Any]:
        with translating("secretsmanager", self._secret):
            answer: Mapping[str, Any] = self.client.get_secret_value(SecretId=self.arn, **which)
        if "SecretString" not in answer:
            raise Temporary(f"{self._secret}: the answer to reading it is not whole")
        try:
            content = json.loads(answer["SecretString"])
        except ValueError:
            content = None  # from None: the error's text would show a part of the secret
        if not isinstance(content, dict):
            raise Permanent(f"{self._secret} holds something that is no certificate of ours; empty or replace it")
        return content

    def _put(self, content: Mapping[str, Any], stages: list[str]) -> None:
        with translating("secretsmanager", self._secret):
            answer: Mapping[str, Any] = self.client.put_secret_value(
                SecretId=self.arn, SecretString=json.dumps(content), VersionStages=stages
            )
        if "VersionId" not in answer:
            raise Temporary(f"{self._secret}: the answer to writing it is not whole")


def _is_of_an_empty_secret(error: BaseException | None) -> bool:
    """Secrets Manager has one code for a secret that is missing and for one without a value; its words differ."""
    return (
        isinstance(error, ClientError)
        and code_of(error) == "ResourceNotFoundException"
        and f"staging label: {_CURRENT}" in str(error)
    )


def _certificate(content: Mapping[str, Any], secret: str) -> Certificate | None:
    """None for a request that became the current version because it was the first."""
    if "csr" in content:
        return None
    try:
        times = {name: datetime.fromisoformat(content[name]) for name in _TIMES}
    except (KeyError, TypeError, ValueError):
        times = {}
    return _made(Certificate, {**content, **times}, secret)


def _request(content: Mapping[str, Any], secret: str) -> CertificateRequest:
    texts = content.get("texts")
    return _made(CertificateRequest, {**content, "texts": tuple(texts) if isinstance(texts, list) else None}, secret)


def _made(kind: type[T], content: Mapping[str, Any], secret: str) -> T:
    """A dataclass of texts, tuples of texts and times with a zone; raises Permanent, which repeats nothing of it."""
    values: dict[str, Any] = {each.name: content.get(each.name) for each in fields(kind)}  # type: ignore[arg-type]
    values["names"] = tuple(values["names"]) if isinstance(values["names"], list) else None
    for name, value in values.items():
        is_well = isinstance(value, str)
        if name in {"names", "texts"}:
            is_well = isinstance(value, tuple) and all(isinstance(each, str) for each in value)
        if name in _TIMES:
            is_well = isinstance(value, datetime) and value.tzinfo is not None
        if not is_well:
            raise Permanent(f"{secret} holds something that is no certificate of ours ({name}); empty or replace it")
    return kind(**values)
