import logging
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from botocore.stub import Stubber

from elephant.adapters.aws.secrets import Secrets
from elephant.ports.errors import Permanent, Temporary
from tests.support.stubbed_secrets import client, stub

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

__all__ = ["client", "stub"]

ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/elephant/cloudflare-AbCdEf"
OTHER_ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/elephant/links-AbCdEf"
SECRET = '{"CLOUDFLARE_TOKEN": "the-very-secret"}'


def answer(stub: Stubber, response: dict[str, object], arn: str = ARN) -> None:
    stub.add_response("get_secret_value", response, {"SecretId": arn})


def refuse(stub: Stubber, code: str, status: int = 400) -> None:
    stub.add_client_error("get_secret_value", code, "as it says", status, expected_params={"SecretId": ARN})


def test_a_secret_is_read_once(client: "SecretsManagerClient", stub: Stubber) -> None:
    answer(stub, {"ARN": ARN, "SecretString": SECRET})
    secrets = Secrets(client)
    assert [secrets.text(ARN) for _ in range(3)] == [SECRET] * 3


def test_secrets_are_apart(client: "SecretsManagerClient", stub: Stubber) -> None:
    answer(stub, {"ARN": ARN, "SecretString": SECRET})
    answer(stub, {"ARN": OTHER_ARN, "SecretString": " with spaces as it is "}, OTHER_ARN)
    secrets = Secrets(client)
    assert [secrets.text(arn) for arn in (ARN, OTHER_ARN, ARN)] == [SECRET, " with spaces as it is ", SECRET]


@pytest.mark.parametrize(
    ("code", "status"),
    [("ThrottlingException", 400), ("InternalServiceError", 500), ("ServiceUnavailable", 503), ("Whatever", 502)],
)
def test_what_passes_is_temporary_and_asked_for_again(
    client: "SecretsManagerClient", stub: Stubber, code: str, status: int
) -> None:
    refuse(stub, code, status)
    answer(stub, {"ARN": ARN, "SecretString": SECRET})
    secrets = Secrets(client)
    with pytest.raises(Temporary, match="prod/elephant/cloudflare"):
        secrets.text(ARN)
    assert secrets.text(ARN) == SECRET


@pytest.mark.parametrize(
    "code",
    [
        "ResourceNotFoundException",
        "InvalidRequestException",  # marked for deletion
        "InvalidParameterException",
        "DecryptionFailure",
        "AccessDeniedException",
    ],
)
def test_what_somebody_has_to_mend_names_the_secret_and_the_setting(
    client: "SecretsManagerClient", stub: Stubber, code: str
) -> None:
    refuse(stub, code)
    with pytest.raises(Permanent) as refused:
        Secrets(client).text(ARN, setting="SECRET_ARN")
    assert f"the secret {ARN} (SECRET_ARN)" in str(refused.value)
    assert "as it says" in str(refused.value)


@pytest.mark.parametrize(
    ("response", "problem"),
    [({"SecretBinary": SECRET.encode()}, "holds bytes"), ({"SecretString": " \n"}, "is empty")],
)
def test_a_secret_without_text_is_permanent_and_not_kept(
    client: "SecretsManagerClient", stub: Stubber, response: dict[str, object], problem: str
) -> None:
    answer(stub, {"ARN": ARN, **response})
    answer(stub, {"ARN": ARN, "SecretString": SECRET})
    secrets = Secrets(client)
    with pytest.raises(Permanent, match=problem) as refused:
        secrets.text(ARN)
    assert "SECRET_ARN" in str(refused.value)
    assert "the-very-secret" not in str(refused.value)
    assert secrets.text(ARN) == SECRET


def test_an_answer_that_was_cut_off_is_temporary(client: "SecretsManagerClient", stub: Stubber) -> None:
    answer(stub, {})
    with pytest.raises(Temporary, match="not whole"):
        Secrets(client).text(ARN)


@pytest.mark.parametrize("error", [ReadTimeoutError(endpoint_url="x"), ConnectTimeoutError(endpoint_url="x")])
def test_silence_is_temporary(client: "SecretsManagerClient", error: Exception) -> None:
    def silent(**_: object) -> None:
        raise error

    client.meta.events.register("before-call.secrets-manager.GetSecretValue", silent)
    with pytest.raises(Temporary, match="could not be reached"):
        Secrets(client).text(ARN)


def test_no_arn_is_permanent(client: "SecretsManagerClient") -> None:
    with pytest.raises(Permanent, match="SECRET_ARN"):
        Secrets(client).text("")


def test_a_secret_is_in_no_log_and_no_picture_of_the_object(
    client: "SecretsManagerClient", stub: Stubber, caplog: pytest.LogCaptureFixture
) -> None:
    answer(stub, {"ARN": ARN, "SecretString": SECRET})
    with caplog.at_level(logging.DEBUG, logger="elephant"):
        secrets = Secrets(client)
        secrets.text(ARN)
    assert "the-very-secret" not in repr(secrets) + str(secrets) + caplog.text
