"""Which groups a token names, where API Gateway's words for them can mean others."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from elephant.bootstrap.host_claims import HostClaims
from elephant.domain.hours import Host
from elephant.entrypoints.lambdas.gateway import answer
from elephant.entrypoints.lambdas.token_claims import with_lists
from elephant.entrypoints.web.access import AUTHORIZED
from tests.support.gateway_events import http_event, rest_event

ISSUER, GROUPS = "https://issuer.example", "groups"
CLAIMED = HostClaims(name="email", hours="hours", groups=GROUPS, admin_group="admins", hours_per_month=None)
WORDS = {"iss": ISSUER, "sub": "ana", GROUPS: "[school admins]"}
EventOf = Callable[..., dict[str, Any]]


def token(payload: object) -> str:
    encoded = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJSUzI1NiJ9.{encoded}.c2lnbmF0dXJl"


def headers(value: str) -> tuple[tuple[bytes, bytes], ...]:
    return ((b"authorization", value.encode()),)


@pytest.mark.parametrize("event_of", [http_event, rest_event])
@pytest.mark.parametrize(("groups", "sees_all"), [(["school admins"], False), (["school", "admins"], True)])
def test_a_group_whose_name_has_a_space_is_one_group(event_of: EventOf, groups: list[str], sees_all: bool) -> None:
    heard: list[Host | None] = []

    async def app(scope: Any, _receive: Any, send: Any) -> None:  # noqa: ANN401
        heard.append(scope[AUTHORIZED])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    sent = f"Bearer {token({'iss': ISSUER, 'sub': 'ana', GROUPS: groups})}"
    answer(event_of("GET", "/meetings", headers={"Authorization": sent}, claims=WORDS), app, CLAIMED.host)
    assert heard == [Host(name="ana", sees_all=sees_all)]


def test_only_lists_are_taken_and_of_claims_that_the_authorizer_names() -> None:
    sent = token({"iss": ISSUER, "sub": "ana", GROUPS: ["a b"], "email": "eve@example.org", "other": ["x"]})
    for value in (sent, f"Bearer {sent}", f"bearer  {sent} "):
        assert with_lists(WORDS, headers(value)) == {**WORDS, GROUPS: ["a b"]}


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "Bearer ",
        "Bearer of.the.authorizer",
        "Basic YTpi",
        f"Bearer {token(['iss'])}",
        f"Bearer {token({'iss': ISSUER, 'sub': 'eve', GROUPS: ['admins']})}",
        f"Bearer {token({'iss': 'https://elsewhere.example', 'sub': 'ana', GROUPS: ['admins']})}",
        f"Bearer {token({GROUPS: ['admins']})}",
        f"Bearer {token({'iss': ISSUER, 'sub': 'ana', GROUPS: 'admins'})}",
    ],
)
def test_any_other_token_changes_nothing(sent: str) -> None:
    assert with_lists(WORDS, headers(sent)) == WORDS
    assert with_lists({GROUPS: "[a]"}, headers(sent)) == {GROUPS: "[a]"}


def test_of_two_headers_none_counts() -> None:
    both = headers(f"Bearer {token({'iss': ISSUER, 'sub': 'ana', GROUPS: ['admins']})}") * 2
    assert with_lists(WORDS, both) == WORDS
