"""The credential of a DNS provider as a person gives it, and as its secret holds it. No message repeats any of it."""

import json

from elephant.bootstrap.aws_zone import KEY_ALGORITHM, KEY_NAME, KEY_SECRET
from elephant.ports.errors import InvalidField

_TOKEN = "CLOUDFLARE_TOKEN"  # noqa: S105  the key of the secret's JSON
_NAME_AND_SECRET, _ALL_THREE = 2, 3


def secret_text(dns_provider: str, given: str) -> str:
    """What the secret shall hold, as JSON, for what was given: that JSON itself, or the bare credential.

    A bare credential is Cloudflare's token, or a TSIG key as `nsupdate -y` takes it: `[algorithm:]name:secret`.
    Raises InvalidField.
    """
    text = given.strip()
    if text.startswith("{"):
        return text
    if not text or any(character.isspace() for character in text):
        raise InvalidField("dns_token", "must be one word, or the JSON object that the secret is to hold")
    if dns_provider == "cloudflare":
        return json.dumps({_TOKEN: text})
    parts = text.split(":")
    if len(parts) not in {_NAME_AND_SECRET, _ALL_THREE} or not all(parts):
        raise InvalidField("dns_token", "must be a TSIG key, [algorithm:]name:secret, with the secret in base64")
    algorithm = {KEY_ALGORITHM: parts[0]} if len(parts) == _ALL_THREE else {}
    return json.dumps({KEY_NAME: parts[-2], KEY_SECRET: parts[-1], **algorithm})
