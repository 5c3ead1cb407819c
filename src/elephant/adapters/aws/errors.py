"""What an error of AWS means to a caller: try again later, or somebody has to mend something.

Codes: the services' "common errors" pages, DynamoDB's "Error handling", EC2's "Error codes", and botocore's own list of
what is throttling (botocore/retries/standard.py). By the time one arrives here botocore has tried again already, as
often as the client's Config says.
"""

import contextlib
from collections.abc import Iterator

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004  botocore's
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    MetadataRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.parsers import ResponseParserError

from elephant.ports.errors import Permanent, Temporary

_THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_BROKEN_THERE = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "InternalServiceError",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "Unavailable",
    }
)
_FORBIDDEN = frozenset(
    {"AccessDenied", "AccessDeniedException", "NotAuthorized", "UnauthorizedOperation", "UnauthorizedException"}
)
_BAD_CREDENTIALS = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_UNREACHABLE = (
    ConnectionError,
    HTTPClientError,
    IncompleteReadError,
    CredentialRetrievalError,
    MetadataRetrievalError,
    ResponseParserError,
)
_FIRST_SERVER_ERROR = 500
_THROTTLED_RETRY_SECONDS = 2.0
_MESSAGE_LENGTH = 400
"""A refusal of EC2 carries kilobytes of encoded policy."""


def code_of(error: ClientError) -> str:
    """The service's own word for an error, such as `ResourceNotFoundException`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def was_retried(error: ClientError) -> bool:
    """True where the answer is to a second or later attempt, so that an earlier one may have been carried out."""
    return int(error.response.get("ResponseMetadata", {}).get("RetryAttempts", 0)) > 0


@contextlib.contextmanager
def translating(service: str, resource: str) -> Iterator[None]:
    """Whatever botocore raises in the block becomes Temporary or Permanent.

    `service` is the prefix of its IAM actions, such as `dynamodb`; `resource` completes "could not reach …" and names
    the setting that it comes from, such as `the table elephant-meetings (TABLE_NAME)`.
    """
    try:
        yield
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        raise translated(error, service, resource) from error


def translated(error: Exception, service: str, resource: str) -> Temporary | Permanent:
    """The error of ours that says the same; arguments as for `translating`."""
    if isinstance(error, ClientError):
        return _refused(error, service, resource)
    if isinstance(error, _UNREACHABLE):
        return Temporary(f"{resource} could not be reached just now ({type(error).__name__}: {_cut(str(error))})")
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return Permanent(
            f"no AWS credentials to reach {resource} with: give the function a role, or set them ({error})"
        )
    return Permanent(f"the call about {resource} could not be made ({type(error).__name__}: {_cut(str(error))})")


def _refused(error: ClientError, service: str, resource: str) -> Temporary | Permanent:
    code = code_of(error)
    action = f"{service}:{error.operation_name}"
    said = f"{code}: {_cut(str(error.response.get('Error', {}).get('Message', '')))}"
    if code in _THROTTLED:
        return Temporary(f"{action} on {resource} is throttled ({said})", retry_after_seconds=_THROTTLED_RETRY_SECONDS)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _BROKEN_THERE or status >= _FIRST_SERVER_ERROR:
        return Temporary(f"{action} on {resource} failed on the side of AWS ({said})")
    if code in _FORBIDDEN:
        return Permanent(f"{action} on {resource} is not allowed; add that action to the function's policy ({said})")
    if code in _BAD_CREDENTIALS:
        return Permanent(f"AWS does not accept the credentials that {action} was signed with; renew them ({said})")
    if code == "ResourceNotFoundException":
        return Permanent(f"{resource} does not exist; check that setting, the region and the account ({said})")
    return Permanent(f"{action} on {resource} was refused ({said})")


def _cut(text: str) -> str:
    return text if len(text) <= _MESSAGE_LENGTH else f"{text[:_MESSAGE_LENGTH]}…"
