"""TSIG keys."""

import pytest

from elephant.adapters.dns.name_server import tsig_key
from elephant.ports.errors import Permanent


def test_a_key() -> None:
    key = tsig_key("elephant-key", "c2VjcmV0", "hmac-sha512")
    assert (key.name.to_text(), key.secret, key.algorithm.to_text()) == ("elephant-key.", b"secret", "hmac-sha512.")


@pytest.mark.parametrize("secret", ["", "not base64!", "c2VjcmV"])
def test_a_secret_that_is_not_base64_is_told_and_not_shown(secret: str) -> None:
    with pytest.raises(Permanent, match="not base64") as caught:
        tsig_key("elephant-key", secret)
    assert not secret or secret not in str(caught.value)


def test_an_unknown_algorithm_is_told_with_those_there_are() -> None:
    with pytest.raises(Permanent, match=r"hmac-md5.*hmac-sha256"):
        tsig_key("elephant-key", "c2VjcmV0", "hmac-md5")
