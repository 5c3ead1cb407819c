"""An OpenID Connect issuer: discovery, a sign-in page that remembers people, codes with PKCE, RS256 tokens, sign-out.

Shapes: OpenID Connect Core 1.0 (3.1.2, 3.1.3), Discovery 1.0 (4), RP-Initiated Logout 1.0 (2), RFC 7636.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.support.https_servers import Asked, HttpsServer, Told

CLIENT_ID = "the-pages"
EMAIL = "host@school.example"
_COOKIE = "signed-in=yes"
_SIGN_IN_PAGE = (
    "<!doctype html><title>Sign in</title><form method=post><h1>The issuer</h1><button>I am {email}</button></form>"
)


@dataclass
class IssuerStandIn:
    """Answers at a server. `life_seconds` is that of its tokens; `claims` win over those that a token should have.

    `redirect_uris` are those that the client is registered with; `complaints` is what nobody should have asked.
    """

    server: HttpsServer
    redirect_uris: set[str] = field(default_factory=set)
    life_seconds: float = 3600.0
    claims: dict[str, Any] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    sign_ins: int = 0
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def __post_init__(self) -> None:
        self.server.answer = self.answer

    @property
    def url(self) -> str:
        """What it calls itself."""
        return f"{self.server.url}/pool"

    def answer(self, asked: Asked) -> Told:
        """See HttpsServer."""
        match asked.method, asked.path:
            case "GET", "/pool/.well-known/openid-configuration":
                return _json(self._description())
            case "GET", "/authorize" if _COOKIE in asked.headers.get("cookie", ""):
                return self._authorized(asked.query)
            case "GET", "/authorize":
                page = _SIGN_IN_PAGE.format(email=EMAIL).encode()
                return Told(headers={"Content-Type": "text/html"}, body=page)
            case "POST", "/authorize":
                return self._authorized(asked.query, {"Set-Cookie": f"{_COOKIE}; Secure; HttpOnly; Path=/"})
            case "POST", "/token":
                return self._token(asked.form)
            case "GET", "/sign-out":
                self._complain(
                    asked.query["post_logout_redirect_uri"] not in self.redirect_uris, "signed out to where?"
                )
                back = asked.query["post_logout_redirect_uri"]
                return Told(status=302, headers={"Location": back, "Set-Cookie": "signed-in=; Max-Age=0; Path=/"})
            case _:
                return Told(status=404)

    def renew_its_key(self) -> None:
        """No token that was given out so far is worth anything from now on."""
        self._key = rsa.generate_private_key(65537, 2048)

    def claims_of(self, token: str) -> dict[str, Any] | None:
        """What an authorizer makes of a token: its claims, or None for one that is forged, another's or over."""
        try:
            head, body, signature = token.split(".")
            self._key.public_key().verify(
                _from_base64(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256()
            )
            claims: dict[str, Any] = json.loads(_from_base64(body))
        except (ValueError, InvalidSignature):
            return None
        is_ours = claims["iss"] == self.url and claims["aud"] == CLIENT_ID
        return claims if is_ours and claims["exp"] > time.time() else None

    def _description(self) -> dict[str, Any]:
        endpoints = {"authorization": "authorize", "token": "token", "end_session": "sign-out"}
        return {"issuer": self.url} | {
            f"{name}_endpoint": f"{self.server.url}/{path}" for name, path in endpoints.items()
        }

    def _authorized(self, asked: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Told:
        self._complain(asked.get("redirect_uri") not in self.redirect_uris, f"back to {asked.get('redirect_uri')}")
        self._complain(asked.get("client_id") != CLIENT_ID, "another client")
        self._complain(asked.get("response_type") != "code", "no code asked for")
        self._complain(asked.get("code_challenge_method") != "S256", "no PKCE")
        self._complain("openid" not in asked.get("scope", "").split(), "no openid scope")
        code = secrets.token_urlsafe(16)
        self._codes[code] = dict(asked)
        self.sign_ins += 1
        back = {"code": code, "state": asked["state"], "iss": self.url}
        location = f"{asked['redirect_uri']}?{urlencode(back)}"
        return Told(status=302, headers={"Location": location, **(headers or {})})

    def _token(self, form: Mapping[str, str]) -> Told:
        asked = self._codes.pop(form.get("code", ""), None)
        if asked is None:
            return _json({"error": "invalid_grant"}, 400)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        self._complain(_base64(digest) != asked["code_challenge"], "the verifier is another's")
        self._complain(form["redirect_uri"] != asked["redirect_uri"], "another redirect_uri")
        self._complain(form["client_id"] != CLIENT_ID, "another client")
        self._complain(form["grant_type"] != "authorization_code", "another grant")
        now = time.time()
        claims = {
            "iss": self.url, "aud": CLIENT_ID, "sub": "2e1a5c3b", "email": EMAIL, "email_verified": True,
            "nonce": asked["nonce"], "iat": now, "exp": now + self.life_seconds,
        } | self.claims  # fmt: skip
        return _json({"id_token": self._signed(claims), "access_token": "not for us", "token_type": "Bearer"})

    def _signed(self, claims: Mapping[str, Any]) -> str:
        text = ".".join(_base64(json.dumps(each).encode()) for each in ({"alg": "RS256", "typ": "JWT"}, claims))
        return f"{text}.{_base64(self._key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def _complain(self, is_wrong: bool, what: str) -> None:
        if is_wrong:
            self.complaints.append(what)


def _json(content: object, status: int = 200) -> Told:
    headers = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}
    return Told(status=status, headers=headers, body=json.dumps(content).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _from_base64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
