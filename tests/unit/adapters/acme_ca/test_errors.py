"""What ACME's refusals mean to a caller."""

import pytest
import requests
from acme import errors, messages
from josepy.errors import DeserializationError

from elephant.adapters.acme_ca.errors import Passing, meanings, why_given_up
from elephant.ports.errors import Permanent, Temporary


def meant(error: Exception) -> Exception:
    with pytest.raises((Permanent, Temporary)) as raised, meanings("https://acme.example/directory"):
        raise error
    assert raised.value.__cause__ is error
    assert str(raised.value)
    return raised.value


def problem(code: str, detail: str = "as it says") -> messages.Error:
    return messages.Error.with_code(code, detail=detail)


def answered(status: int) -> errors.ClientError:
    response = requests.Response()
    response.status_code = status
    return errors.ClientError(response)


def test_a_rate_limit_is_temporary_for_long_and_keeps_the_authority_s_words() -> None:
    limited = meant(problem("rateLimited", "too many certificates already issued, retry after 2026-11-22"))
    assert isinstance(limited, Temporary)
    assert not isinstance(limited, Passing)
    assert limited.retry_after_seconds >= 3600
    assert "retry after 2026-11-22" in str(limited)


@pytest.mark.parametrize(
    "error",
    [
        problem("badNonce"),
        problem("serverInternal"),
        requests.exceptions.ConnectTimeout(),
        requests.exceptions.ReadTimeout(),
        requests.exceptions.ConnectionError("Connection aborted."),
        requests.exceptions.ChunkedEncodingError(),
        requests.exceptions.JSONDecodeError("Expecting value", "<html>", 0),
        requests.exceptions.SSLError("EOF occurred in violation of protocol"),
        errors.BadNonce("n", ValueError()),
        answered(503),
        answered(429),
        errors.ClientError('"up" Link header missing'),
    ],
)
def test_what_may_work_at_once_is_passing(error: Exception) -> None:
    assert isinstance(meant(error), Passing)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (problem("rejectedIdentifier"), "DOMAIN_ROOT"),
        (problem("externalAccountRequired"), "accounts of its own"),
        (problem("invalidContact"), "ACME_EMAIL"),
        (problem("caa"), "CAA record"),
        (problem("unauthorized"), "as it says"),
        (errors.IssuanceError(problem("badCSR")), "badCSR"),
        (requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED]"), "REQUESTS_CA_BUNDLE"),
        (answered(404), "answered 404"),
        (KeyError("newNonce"), "does not speak ACME"),
        (DeserializationError("no order"), "does not speak ACME"),
    ],
)
def test_what_somebody_has_to_mend_is_permanent(error: Exception, said: str) -> None:
    meaning = meant(error)
    assert isinstance(meaning, Permanent)
    assert said in str(meaning)


def test_an_authority_that_takes_its_time_is_temporary() -> None:
    late = meant(errors.TimeoutError())
    assert isinstance(late, Temporary)
    assert not isinstance(late, Passing)


def test_what_is_raised_on_purpose_passes_through() -> None:
    with pytest.raises(Permanent, match="of our own"), meanings("https://acme.example/directory"):
        raise Permanent("of our own")


def test_long_answers_are_cut() -> None:
    assert len(str(meant(problem("unauthorized", "no " * 1000)))) < 800


@pytest.mark.parametrize("code", ["connection", "dns", "incorrectResponse", "unauthorized"])
def test_an_order_that_failed_on_the_zone_says_so_however_late_it_is_heard_of(code: str) -> None:
    told = why_given_up(problem(code, "no TXT record"))
    assert told.startswith("did not see that the zone is ours: ")
    assert "no TXT record" in told


@pytest.mark.parametrize(("error", "words"), [(None, "no reason given"), (problem("badCSR", "of 1024 bits"), "1024")])
def test_any_other_order_says_why_it_was_given_up(error: messages.Error | None, words: str) -> None:
    told = why_given_up(error)
    assert told.startswith("gave the order up: ")
    assert words in told
