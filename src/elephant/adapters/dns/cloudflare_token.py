"""Cloudflare's API token, out of a secret."""

import json

from elephant.ports.errors import Permanent

# the first is what the guides say, the second what installations also use
KEYS = ("CLOUDFLARE_TOKEN", "CLOUDFLARE_API_TOKEN")


def token_of(secret: str) -> str:
    """The token in a secret's JSON object; raises Permanent, which never repeats the secret."""
    try:
        content = json.loads(secret)
    except ValueError:
        content = None  # from None: the error's text would show a part of the secret
    if not isinstance(content, dict):
        raise Permanent(f"the secret of Cloudflare must be a JSON object with the key {KEYS[0]}")
    for key in KEYS:
        token = content.get(key)
        if isinstance(token, str) and token.strip():
            return token.strip()
    raise Permanent(f"the secret of Cloudflare has neither of the keys {' and '.join(KEYS)}, or no text there")
