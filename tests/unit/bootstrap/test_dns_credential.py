"""A DNS provider's credential, as it is given and as it is kept."""

import json

import pytest

from elephant.adapters.dns.cloudflare_token import token_of
from elephant.bootstrap.dns_credential import secret_text
from elephant.ports.errors import InvalidField


def test_a_bare_token_is_kept_as_the_functions_read_it() -> None:
    assert token_of(secret_text("cloudflare", " token \n")) == "token"


def test_a_key_as_nsupdate_takes_it() -> None:
    assert json.loads(secret_text("rfc2136", "key:c2VjcmV0")) == {"TSIG_KEY_NAME": "key", "TSIG_SECRET": "c2VjcmV0"}
    whole = json.loads(secret_text("rfc2136", "hmac-sha512:key:c2VjcmV0"))
    assert whole["TSIG_ALGORITHM"] == "hmac-sha512"


def test_json_is_kept_as_it_is() -> None:
    assert secret_text("cloudflare", '{"CLOUDFLARE_API_TOKEN": "x"}') == '{"CLOUDFLARE_API_TOKEN": "x"}'


@pytest.mark.parametrize(
    ("provider", "given"),
    [
        ("cloudflare", ""),
        ("cloudflare", "two words"),
        ("rfc2136", "secretalone"),
        ("rfc2136", "a:b:c:d"),
        ("rfc2136", ":b"),
    ],
)
def test_what_cannot_be_one_is_refused_without_being_repeated(provider: str, given: str) -> None:
    with pytest.raises(InvalidField, match="dns_token must be") as refused:
        secret_text(provider, given)
    assert not given or given not in str(refused.value)
