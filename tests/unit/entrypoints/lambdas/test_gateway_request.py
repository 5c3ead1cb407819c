"""What API Gateway sends, as a request: both formats, and whatever stands before the path."""

import contextlib
from typing import Any

import pytest
from hypothesis import given

from elephant.entrypoints.lambdas.gateway_request import GatewayRequest, NotARequest
from tests.support.gateway_events import ANYTHING, CLAIMS, PATHS, damaged_events, http_event, rest_event

FORMATS = [http_event, rest_event]


def path_of(event: dict[str, Any]) -> str:
    return GatewayRequest.parse(event).path


@pytest.mark.parametrize("path", PATHS)
def test_a_stage_or_a_base_path_is_not_a_part_of_the_path(path: str) -> None:
    assert path_of(http_event("GET", path)) == path
    assert path_of(http_event("GET", path, stage="prod")) == path
    assert path_of(http_event("GET", path, stage="prod", is_default_route=True)) == path
    assert path_of(http_event("GET", path, is_default_route=True)) == path
    assert path_of(rest_event("GET", path)) == path
    assert path_of(rest_event("GET", path, base_path="elephant")) == path
    # an HTTP API that was told to use format 1.0 leaves the stage in it
    assert path_of(rest_event("GET", path, base_path="prod")) == path
    for default in ("$default", "/$default"):
        assert path_of({**rest_event("GET", path, base_path="prod"), "resource": default}) == path


def test_a_stage_that_is_called_like_a_route_is_taken_off_once() -> None:
    assert path_of(http_event("GET", "/meetings", stage="meetings")) == "/meetings"
    assert path_of(http_event("GET", "/meetings", stage="meetings", is_default_route=True)) == "/meetings"


@pytest.mark.parametrize("raw_path", ["/", "", "//", "/prod", "/prod/"])
def test_the_root(raw_path: str) -> None:
    event = http_event("GET", "/", stage="prod", is_default_route=True)
    assert path_of({**event, "rawPath": raw_path}) == "/"


def test_a_path_is_decoded() -> None:
    assert path_of(rest_event("GET", "/join/m%20%C3%A9/host")) == "/join/m \u00e9/host"
    assert path_of(http_event("GET", "/join/m%ff/host")) == "/join/m\ufffd/host"


@pytest.mark.parametrize("event_of", FORMATS)
def test_methods_queries_and_headers(event_of: Any) -> None:  # noqa: ANN401  either format
    event = event_of("PATCH", "/meetings/m", query="a=1&a=2&b=%26+c&d=", headers={"X-Any": "\u00e9, b"})
    request = GatewayRequest.parse(event)
    assert request.method == "PATCH"
    assert request.query == b"a=1&a=2&b=%26+c&d="
    assert (b"x-any", "\u00e9, b".encode()) in request.headers


def test_cookies_of_an_http_api_stand_beside_its_headers() -> None:
    request = GatewayRequest.parse(http_event("GET", "/meetings", cookies=["a=1", "b=2"]))
    assert (b"cookie", b"a=1; b=2") in request.headers


def test_every_value_of_a_header_and_of_a_query_of_a_rest_api() -> None:
    event = rest_event("GET", "/meetings")
    event["multiValueHeaders"]["X-Any"] = ["a", "b"]
    event["headers"]["X-Any"] = "b"
    request = GatewayRequest.parse(event)
    assert [value for name, value in request.headers if name == b"x-any"] == [b"a", b"b"]
    single = {**event, "multiValueHeaders": None, "queryStringParameters": {"c": "3"}}
    request = GatewayRequest.parse(single)
    assert [value for name, value in request.headers if name == b"x-any"] == [b"b"]
    assert request.query == b"c=3"


@pytest.mark.parametrize("event_of", FORMATS)
def test_bodies(event_of: Any) -> None:  # noqa: ANN401  either format
    assert GatewayRequest.parse(event_of("POST", "/schedule")).body == b""
    assert (
        GatewayRequest.parse(event_of("POST", "/schedule", body='{"a": "\u00e9"}')).body == '{"a": "\u00e9"}'.encode()
    )
    assert GatewayRequest.parse(event_of("POST", "/schedule", body=b"\xff\x00")).body == b"\xff\x00"
    null = {**event_of("POST", "/schedule", body=b"a"), "body": None}
    assert GatewayRequest.parse(null).body == b""


@pytest.mark.parametrize("body", ["?", "YQ", "YQ=\u00e9", 1, {}])
def test_a_body_that_is_not_what_it_says(body: object) -> None:
    with pytest.raises(NotARequest, match="body"):
        GatewayRequest.parse({**http_event("POST", "/schedule", body=b"a"), "body": body})


@pytest.mark.parametrize("event_of", FORMATS)
def test_who_an_authorizer_let_in(event_of: Any) -> None:  # noqa: ANN401  either format
    assert GatewayRequest.parse(event_of("GET", "/meetings", claims=CLAIMS)).claims == CLAIMS


AUTHORIZERS: list[object] = [
    None,
    {},
    [],
    "claims",
    {"claims": None, "scopes": None},
    {"claims": {}},
    {"claims": "sub"},
    {"claims": ["sub"]},
    {"principalId": "user", "claims": '{"sub": "a"}'},
    {"jwt": None},
    {"jwt": {"claims": None}},
    {"jwt": {"claims": {}}},
    {"jwt": {"claims": "sub"}},
    {"lambda": {"claims": {"sub": "a"}}},
    {"iam": {"userId": "a"}},
]


@pytest.mark.parametrize("authorizer", AUTHORIZERS)
@pytest.mark.parametrize("event_of", FORMATS)
def test_what_is_no_authorizer_s_claims(event_of: Any, authorizer: object) -> None:  # noqa: ANN401  either format
    event = event_of("GET", "/meetings")
    event["requestContext"]["authorizer"] = authorizer
    assert GatewayRequest.parse(event).claims == {}


def test_the_claims_of_one_format_count_in_no_other() -> None:
    event = http_event("GET", "/meetings")
    event["requestContext"]["authorizer"] = {"claims": CLAIMS}
    assert GatewayRequest.parse(event).claims == {}
    event = rest_event("GET", "/meetings")
    event["requestContext"]["authorizer"] = {"jwt": {"claims": CLAIMS}}
    assert GatewayRequest.parse(event).claims == {}


@pytest.mark.parametrize("event", [None, [], "", 1, {}, {"version": "2.0"}, {"meeting_id": "m"}, {"Records": []}])
def test_events_of_others(event: object) -> None:
    with pytest.raises(NotARequest):
        GatewayRequest.parse(event)


@given(damaged_events() | ANYTHING)
def test_any_event_is_a_request_or_none(event: object) -> None:
    with contextlib.suppress(NotARequest):
        assert GatewayRequest.parse(event).path.startswith("/")
