"""What an error of ACME means to a caller; the kinds are those of RFC 8555, section 6.7."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from acme import errors, messages
from josepy.errors import DeserializationError

from elephant.ports.errors import ElephantError, Permanent, Temporary

# Authorities count by the hour or by the week, and say in words when it is over.
_RATE_LIMITED_SECONDS = 3600.0
_PASSES = frozenset({"badNonce", "serverInternal"})
_TOO_MANY_REQUESTS, _SERVER_ERROR = 429, 500
_LONGEST_TEXT = 600
# what a check of the zone's texts can come to
_ABOUT_THE_ZONE = frozenset({"connection", "dns", "incorrectResponse", "unauthorized"})
_ADVICE = {
    "rejectedIdentifier": "the authority gives no certificates for DOMAIN_ROOT",
    "externalAccountRequired": "an authority that wants accounts of its own cannot be used",
    "invalidContact": "ACME_EMAIL does not suit the authority",
    "caa": "a CAA record of the zone names other authorities",
}


class Passing(Temporary):
    """It may work if it is asked again at once."""


_OURS = (
    messages.Error,
    errors.Error,
    requests.exceptions.RequestException,
    # an answer that is JSON of another shape, or none
    DeserializationError,
    KeyError,
    ValueError,
)


@contextmanager
def meanings(authority: str) -> Iterator[None]:
    """Raise Passing, Temporary or Permanent for every error of the library acme and of the connection."""
    try:
        yield
    except _OURS as error:
        raise _meaning(authority, error) from error


def why_given_up(error: messages.Error | None) -> str:
    """What an authority did that gave an order up; about the zone as if it had said so while we waited."""
    if error is not None and error.code in _ABOUT_THE_ZONE:
        return f"did not see that the zone is ours: {_cut(error)}"
    return f"gave the order up: {_cut(error) if error else 'no reason given'}"


def _meaning(authority: str, error: Exception) -> ElephantError:
    match error:
        case messages.Error():
            return _refused(authority, error)
        case errors.IssuanceError():
            return _refused(authority, error.error)
        case errors.ValidationError():
            return Permanent(f"{authority} did not see that the zone is ours: {_cut(error)}")
        case errors.TimeoutError():
            return Temporary(f"{authority} is not through with it yet; run it again")
        case requests.exceptions.SSLError() if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return Permanent(f"this machine does not trust {authority}; REQUESTS_CA_BUNDLE names more roots")
        case requests.exceptions.RequestException():
            return Passing(f"{authority} could not be reached: {_cut(error)}")
        case errors.NonceError():
            return Passing(f"{authority}: {_cut(error)}")
        case errors.ClientError():
            return _odd(authority, error)
        case _:
            return Permanent(f"{authority} does not speak ACME: {type(error).__name__} {_cut(error)}")


def _refused(authority: str, error: messages.Error) -> ElephantError:
    text = f"{authority}: {_cut(error)}"
    if error.code == "rateLimited":
        return Temporary(text, retry_after_seconds=_RATE_LIMITED_SECONDS)
    if error.code in _PASSES:
        return Passing(text)
    advice = _ADVICE.get(error.code or "")
    return Permanent(f"{text}: {advice}" if advice else text)


def _odd(authority: str, error: errors.ClientError) -> ElephantError:
    """An answer without a problem that ACME knows: from something that stands before the authority, mostly."""
    answers = [each for each in _flat(error.args) if isinstance(each, requests.Response)]
    text = f"{authority} answered {answers[0].status_code}" if answers else f"{authority}: {_cut(error)}"
    if not answers or answers[0].status_code == _TOO_MANY_REQUESTS or answers[0].status_code >= _SERVER_ERROR:
        return Passing(text)
    return Permanent(text)


def _flat(arguments: tuple[object, ...]) -> Iterator[object]:
    for each in arguments:
        yield from each if isinstance(each, tuple) else (each,)


def _cut(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
