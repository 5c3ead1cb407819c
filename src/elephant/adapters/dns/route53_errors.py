"""Route 53's errors, by what a caller can do about them."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004  botocore's name for it
    HTTPClientError,
    IncompleteReadError,
)
from botocore.parsers import ResponseParserError

from elephant.adapters.dns.retries import Passing
from elephant.ports.errors import ElephantError, Permanent, Temporary

# five calls a second for an account; one change of a zone at a time (Route 53 API, ChangeResourceRecordSets)
_THROTTLED = frozenset({"Throttling", "ThrottlingException", "PriorRequestNotComplete", "RequestLimitExceeded"})
# what botocore has tried again already, and what it does not try again
_UNREACHABLE = (ConnectionError, HTTPClientError)
_CUT_OFF = (IncompleteReadError, ResponseParserError)
_RETRY_AFTER_SECONDS = 5.0
_TOO_MANY_REQUESTS, _SERVER_ERROR = 429, 500


class InvalidBatch(ElephantError):
    """The batch does not fit what stands there, and nothing of it was made."""


@contextmanager
def meanings(call: str) -> Iterator[None]:
    """Raise InvalidBatch, Passing, Temporary or Permanent for every error of botocore."""
    try:
        yield
    except ClientError as error:
        raise _meaning(call, error) from error
    except _UNREACHABLE as error:
        raise Temporary(f"Route 53: {call}: {error}", retry_after_seconds=_RETRY_AFTER_SECONDS) from error
    except _CUT_OFF as error:
        raise Passing(f"Route 53: {call}: {type(error).__name__}") from error
    except BotoCoreError as error:
        raise Permanent(f"Route 53: {call}: {error}") from error


def _meaning(call: str, error: ClientError) -> ElephantError:
    code = error.response["Error"]["Code"]
    text = f"Route 53: {call}: {code}: {error.response['Error'].get('Message', '')}"
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code == "InvalidChangeBatch":
        return InvalidBatch(text)
    if code in _THROTTLED or status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR:
        return Temporary(text, retry_after_seconds=_RETRY_AFTER_SECONDS)
    return Permanent(text)
