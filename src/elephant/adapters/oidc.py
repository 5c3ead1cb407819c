"""An OpenID Connect issuer's discovery document (OpenID Connect Discovery 1.0, section 4)."""

from collections.abc import Mapping
from typing import Any

import httpx

from elephant.ports.errors import InvalidField, Temporary

_PATH = "/.well-known/openid-configuration"
_TIMEOUT_SECONDS = 10.0
_SERVER_ERROR = 500


def open_client() -> httpx.Client:
    """A client that asks whoever is named, and nobody to whom that one points."""
    return httpx.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=False)


def discover(issuer: str) -> Mapping[str, Any]:
    """The document. Raises InvalidField where there is none or it is another issuer's, Temporary where it may pass.

    The issuer's own name has to be the very text that is set: tokens carry it, and API Gateway compares it.
    """
    url = issuer.rstrip("/") + _PATH
    try:
        with open_client() as client:
            answer = client.get(url)
    except httpx.RequestError as error:
        raise Temporary(f"oidc_issuer: {url} cannot be reached: {type(error).__name__} {error}") from error
    if answer.status_code >= _SERVER_ERROR:
        raise Temporary(f"oidc_issuer: {url} answers {answer.status_code}")
    try:
        document = answer.json() if answer.is_success else None
    except ValueError:
        document = None
    if not isinstance(document, dict) or "issuer" not in document:
        raise InvalidField(
            "oidc_issuer", f"has no discovery document at {url} ({answer.status_code}): check the issuer"
        )
    if document["issuer"] != issuer:
        raise InvalidField("oidc_issuer", f"calls itself {document['issuer']}: write it just so")
    if not isinstance(document.get("jwks_uri"), str):
        raise InvalidField("oidc_issuer", "names no keys (jwks_uri): API Gateway cannot check its tokens")
    return document
