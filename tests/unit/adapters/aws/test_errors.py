import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from elephant.adapters.aws.errors import translated, translating, was_retried
from elephant.ports.errors import Permanent, Temporary

TABLE = "the table elephant-meetings (TABLE_NAME)"


def refusal(code: str, *, status: int = 400, message: str = "as it says", retries: int = 0) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "RetryAttempts": retries,
                "RequestId": "",
                "HTTPHeaders": {},
                "HostId": "",
            },
        },
        "UpdateItem",
    )


def meaning(error: Exception) -> Temporary | Permanent:
    return translated(error, "dynamodb", TABLE)


def _codes(checker: object) -> list[str]:
    return next(value for name, value in vars(checker).items() if name.endswith("_error_codes"))


@pytest.mark.parametrize(
    "code",
    sorted({*_codes(ThrottledRetryableChecker()), *_codes(TransientRetryableChecker())}),
)
def test_whatever_botocore_tries_again_is_temporary(code: str) -> None:
    assert isinstance(meaning(refusal(code)), Temporary)


@pytest.mark.parametrize("code", ["InternalServerError", "ServiceUnavailable", "Unavailable", "InternalError"])
def test_what_broke_there_is_temporary(code: str) -> None:
    assert isinstance(meaning(refusal(code)), Temporary)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_unknown_word_with_a_servers_error_is_temporary(status: int) -> None:
    assert isinstance(meaning(refusal("Whatever", status=status)), Temporary)


@pytest.mark.parametrize(
    "error",
    [
        ConnectTimeoutError(endpoint_url="https://x"),
        ReadTimeoutError(endpoint_url="https://x"),
        EndpointConnectionError(endpoint_url="https://x"),
        ResponseParserError("half an answer"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_could_not_be_reached_is_temporary(error: Exception) -> None:
    found = meaning(error)
    assert isinstance(found, Temporary)
    assert TABLE in str(found)


def test_throttling_says_when_to_come_back() -> None:
    found = meaning(refusal("ProvisionedThroughputExceededException"))
    assert isinstance(found, Temporary)
    assert 0 < found.retry_after_seconds < 5


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (refusal("ResourceNotFoundException"), ["elephant-meetings", "TABLE_NAME", "region"]),
        (refusal("AccessDeniedException"), ["dynamodb:UpdateItem", "policy"]),
        (refusal("UnauthorizedOperation", status=403), ["dynamodb:UpdateItem", "policy"]),
        (refusal("ValidationException", message="Item size is too large"), ["Item size is too large"]),
        (refusal("ExpiredTokenException"), ["credentials"]),
        (NoCredentialsError(), ["credentials"]),
        (ParamValidationError(report="Key is missing"), ["Key is missing"]),
    ],
    ids=lambda case: getattr(case, "fmt", None) or str(case)[:60],
)
def test_what_somebody_has_to_mend_says_what(error: Exception, words: list[str]) -> None:
    found = meaning(error)
    assert isinstance(found, Permanent)
    for word in words:
        assert word in str(found)


def test_a_long_refusal_is_cut() -> None:
    assert len(str(meaning(refusal("UnauthorizedOperation", message="x" * 9000)))) < 700


@pytest.mark.parametrize("error", [refusal("AccessDenied"), BotoCoreError(), ResponseParserError("x")])
def test_the_cause_is_kept(error: Exception) -> None:
    with pytest.raises((Temporary, Permanent)) as caught, translating("dynamodb", TABLE):
        raise error
    assert caught.value.__cause__ is error


def test_errors_of_ours_and_of_python_pass() -> None:
    for error in (Temporary("busy"), KeyError("x")):
        with pytest.raises(type(error)) as caught, translating("dynamodb", TABLE):
            raise error
        assert caught.value is error


def test_an_answer_says_whether_it_is_the_first() -> None:
    assert not was_retried(refusal("ConditionalCheckFailedException"))
    assert was_retried(refusal("ConditionalCheckFailedException", retries=1))
