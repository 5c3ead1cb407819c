"""Claims as a token has them, where API Gateway's words for them say less.

It writes a list as `[a b]` (see bootstrap/host_claims.py), in which one group "school admins" is the two groups
"school" and "admins", and whoever is in the second one sees every host's meetings.
"""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from elephant.entrypoints.lambdas.gateway_request import Headers

_TOKEN = re.compile(rb"(?:[Bb]earer +)?[\w-]+\.([\w-]+)\.[\w-]*", re.ASCII)
_WHOSE = ("iss", "sub")


def with_lists(claims: Mapping[str, Any], headers: Headers) -> Mapping[str, Any]:
    """An authorizer's claims, with the lists of the token in the Authorization header that it let in.

    No signature is checked here: the authorizer did. A token of somebody else than the claims tell of changes nothing.
    """
    token = _payload(headers)
    if not all(name in claims and token.get(name) == claims[name] for name in _WHOSE):
        return claims
    return {**claims, **{name: value for name, value in token.items() if name in claims and isinstance(value, list)}}


def _payload(headers: Headers) -> Mapping[str, Any]:
    """What the token says; nothing where there is none, or more than one."""
    found = [_TOKEN.fullmatch(value.strip()) for name, value in headers if name == b"authorization"]
    match = found[0] if len(found) == 1 else None
    if match is None:
        return {}
    try:
        payload = json.loads(base64.urlsafe_b64decode(match[1] + b"=="))
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}
