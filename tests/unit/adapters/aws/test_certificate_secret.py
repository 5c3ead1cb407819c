"""What the secret of the certificate may hold, and what is made of it."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import ANY, Stubber

from elephant.adapters.aws.certificate_secret import CertificateSecret
from elephant.domain.certificate import CertificateRequest
from elephant.ports.errors import Permanent, Temporary
from tests.support.builders import a_certificate
from tests.support.stubbed_secrets import client, stub

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

__all__ = ["client", "stub"]

ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:certificate-AbCdEf"
OLD, NEW = "0" * 32, "1" * 32
HELD = a_certificate(days_left=60, now=datetime(2026, 11, 21, tzinfo=UTC))
REQUEST = CertificateRequest(
    private_key="another key", csr="a csr", authority="the authority", names=("desks.example",), texts=("a", "b")
)
CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"


@pytest.fixture
def secret(client: "SecretsManagerClient") -> CertificateSecret:
    return CertificateSecret(client, ARN)


def describe(stub: Stubber, stages: dict[str, list[str]]) -> None:
    stub.add_response("describe_secret", {"ARN": ARN, "VersionIdsToStages": stages}, {"SecretId": ARN})


def value(stub: Stubber, version: str, content: object) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    stub.add_response("get_secret_value", {"SecretString": text}, {"SecretId": ARN, "VersionId": version})


def written(secret: CertificateSecret, stub: Stubber, what: Any, stages: list[str]) -> dict[str, Any]:  # noqa: ANN401
    """The content that keeping this writes, with these stages."""
    texts: list[str] = []
    expected = {"SecretId": ARN, "SecretString": ANY, "VersionStages": stages}
    stub.add_response("put_secret_value", {"VersionId": NEW}, expected)
    secret.client.meta.events.register(
        "before-parameter-build.secrets-manager.PutSecretValue",
        lambda params, **_: texts.append(params["SecretString"]),
    )
    if isinstance(what, CertificateRequest):
        secret.keep_request(what)
    else:
        secret.keep(what)
    content: dict[str, Any] = json.loads(texts[0])
    return content


def test_a_certificate_comes_back_as_it_was(secret: CertificateSecret, stub: Stubber) -> None:
    content = written(secret, stub, HELD, [CURRENT, PENDING])
    assert {"private_key", "certificate", "chain", "issuer", "not_after"} <= set(content)
    describe(stub, {NEW: [CURRENT, PENDING]})
    value(stub, NEW, content)
    assert secret.current() == HELD
    describe(stub, {NEW: [CURRENT, PENDING]})
    value(stub, NEW, content)
    value(stub, NEW, content)
    assert secret.pending() is None


def test_a_request_is_pending_beside_the_certificate(secret: CertificateSecret, stub: Stubber) -> None:
    certificate = written(secret, stub, HELD, [CURRENT, PENDING])
    content = written(secret, stub, REQUEST, [PENDING])
    stages = {OLD: [CURRENT], NEW: [PENDING]}
    describe(stub, stages)
    value(stub, OLD, certificate)
    assert secret.current() == HELD
    describe(stub, stages)
    value(stub, OLD, certificate)
    value(stub, NEW, content)
    assert secret.pending() == REQUEST


def test_the_first_request_is_no_certificate_although_it_is_the_current_version(
    secret: CertificateSecret, stub: Stubber
) -> None:
    content = written(secret, stub, REQUEST, [PENDING])
    describe(stub, {NEW: [CURRENT, PENDING]})
    value(stub, NEW, content)
    assert secret.current() is None
    describe(stub, {NEW: [CURRENT, PENDING]})
    value(stub, NEW, content)
    value(stub, NEW, content)
    assert secret.pending() == REQUEST


def test_a_secret_without_a_version_holds_nothing(secret: CertificateSecret, stub: Stubber) -> None:
    for _ in range(2):
        describe(stub, {})
    assert secret.current() is None
    assert secret.pending() is None


def test_sweep_and_machines_read_by_one_call(secret: CertificateSecret, stub: Stubber) -> None:
    content = written(secret, stub, HELD, [CURRENT, PENDING])
    stub.add_response(
        "get_secret_value", {"SecretString": json.dumps(content)}, {"SecretId": ARN, "VersionStage": CURRENT}
    )
    assert secret.read_current() == HELD


@pytest.mark.parametrize(
    ("message", "is_empty"),
    [
        ("Secrets Manager can't find the specified secret value for staging label: AWSCURRENT", True),
        ("Secrets Manager can't find the specified secret.", False),
    ],
)
def test_i8_a_secret_without_a_value_has_no_certificate_and_one_that_is_missing_is_an_error(
    message: str, is_empty: bool, secret: CertificateSecret, stub: Stubber
) -> None:
    stub.add_client_error("get_secret_value", "ResourceNotFoundException", message)
    if is_empty:
        assert secret.read_current() is None
    else:
        with pytest.raises(Permanent, match="does not exist"):
            secret.read_current()


@pytest.mark.parametrize(
    "content",
    [
        "very-secret",
        [],
        {},
        {"private_key": "very-secret"},
        {"private_key": "very-secret", "certificate": "c", "names": ["a", 1]},
        {"private_key": "very-secret", "certificate": "c", "not_after": "soon"},
    ],
)
def test_what_is_no_certificate_of_ours_is_permanent_and_not_repeated(
    secret: CertificateSecret, stub: Stubber, content: object
) -> None:
    describe(stub, {NEW: [CURRENT]})
    value(stub, NEW, content)
    with pytest.raises(Permanent, match="CERTIFICATE_SECRET_ARN") as refused:
        secret.current()
    assert "very-secret" not in str(refused.value)


def test_times_without_a_zone_are_refused(secret: CertificateSecret, stub: Stubber) -> None:
    content = written(secret, stub, HELD, [CURRENT, PENDING]) | {"not_after": "2027-01-01T00:00:00"}
    describe(stub, {NEW: [CURRENT]})
    value(stub, NEW, content)
    with pytest.raises(Permanent, match="not_after"):
        secret.current()


def test_i8_answers_that_were_cut_off_are_temporary(secret: CertificateSecret, stub: Stubber) -> None:
    stub.add_response("describe_secret", {}, {"SecretId": ARN})
    with pytest.raises(Temporary, match="not whole"):
        secret.current()
    describe(stub, {NEW: [CURRENT]})
    stub.add_response("get_secret_value", {}, {"SecretId": ARN, "VersionId": NEW})
    with pytest.raises(Temporary, match="not whole"):
        secret.current()
    stub.add_response("put_secret_value", {})
    with pytest.raises(Temporary, match="not whole"):
        secret.keep(HELD)


@pytest.mark.parametrize(
    ("code", "error"), [("ResourceNotFoundException", Permanent), ("ThrottlingException", Temporary)]
)
def test_i8_a_secret_that_could_not_be_read_is_no_missing_certificate(
    secret: CertificateSecret, stub: Stubber, code: str, error: type[Exception]
) -> None:
    stub.add_client_error("describe_secret", code, "as it says")
    with pytest.raises(error, match="CERTIFICATE_SECRET_ARN"):
        secret.current()
