"""The web's routes behind API Gateway: answers in both formats, who is a host, whose pages may call, and any event."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp

from elephant.bootstrap.aws_settings import AwsSettings
from elephant.entrypoints.lambdas import dcv_url, schedule_meeting
from elephant.entrypoints.lambdas.gateway import answer, app_for, origin_of
from elephant.entrypoints.web.dcv_auth_routes import dcv_auth_routes
from elephant.entrypoints.web.dcv_way_in import by_dcv_token
from elephant.entrypoints.web.join_routes import join_routes
from elephant.entrypoints.web.meeting_routes import host_routes
from elephant.ports.errors import Temporary
from tests.support.builders import STUDENT, TEACHER
from tests.support.gateway_events import CLAIMS, content, damaged_events, header, http_event, rest_event
from tests.support.web_site import Site

FRONTEND = "https://school.example/app"
ORIGIN = "https://school.example"
FORMATS = [http_event, rest_event]
CLAIMED = AwsSettings().host_claims
EventOf = Callable[..., dict[str, Any]]
either_format = pytest.mark.parametrize("event_of", FORMATS)


class Functions:
    """Both functions on one installation in memory."""

    def __init__(self) -> None:
        self.site = Site()
        object.__setattr__(self.site.service, "public_url", "")
        self.hosts = app_for(host_routes(self.site.service), [FRONTEND])
        for_guests = APIRouter()
        for_guests.include_router(join_routes(self.site.service, by_dcv_token("console")))
        for_guests.include_router(dcv_auth_routes(self.site.service, "console", "elephant"))
        self.guests = app_for(for_guests, [FRONTEND])

    @property
    def booking(self) -> str:
        names = {f"{TEACHER}_name": "Ada", f"{STUDENT}_name": "Blaise"}
        return json.dumps({**names, "meet_time": self.site.now.isoformat()})


@pytest.fixture(scope="module")
def functions() -> Functions:
    return Functions()


def host(event_of: EventOf, functions: Functions, method: str, path: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A host with the token asks."""
    headers = {"Content-Type": "application/json", **functions.site.host, **more.pop("headers", {})}
    return answer(event_of(method, path, headers=headers, **more), functions.hosts)


@either_format
@pytest.mark.parametrize("as_bytes", [False, True])
def test_a_booking(event_of: EventOf, as_bytes: bool, functions: Functions) -> None:
    body = functions.booking
    booked = host(event_of, functions, "POST", "/schedule", body=body.encode() if as_bytes else body)
    assert booked["statusCode"] == 200
    assert content(booked)[f"{TEACHER}_link"].startswith(f"{FRONTEND}?id={content(booked)['id']}&role={TEACHER}&key=")
    assert header(booked, "content-type") == "application/json"
    assert header(booked, "cache-control") == "no-store"


@either_format
def test_a_host_s_other_routes(event_of: EventOf, functions: Functions) -> None:
    meeting_id = content(host(event_of, functions, "POST", "/schedule", body=functions.booking))["id"]
    listed = host(event_of, functions, "GET", "/meetings", query="open=true&limit=200")
    assert meeting_id in [each["id"] for each in content(listed)["meetings"]]
    assert content(host(event_of, functions, "GET", f"/meetings/{meeting_id}"))["id"] == meeting_id
    assert host(event_of, functions, "PATCH", f"/meetings/{meeting_id}", body="{}")["statusCode"] == 409
    extended = host(event_of, functions, "POST", f"/meetings/{meeting_id}/extend", body='{"minutes": 5}')
    assert extended["statusCode"] == 200
    assert "key=" in content(host(event_of, functions, "POST", f"/meetings/{meeting_id}/links/{TEACHER}"))["link"]
    cancelled = host(event_of, functions, "POST", f"/meetings/{meeting_id}/cancel")
    assert content(cancelled)["termination_reason"] == "CANCELLED"


@either_format
def test_who_an_authorizer_let_in_is_a_host(event_of: EventOf, functions: Functions) -> None:
    headers = {"Authorization": "Bearer of.the.authorizer", "Content-Type": "application/json"}
    event = event_of("POST", "/schedule", body=functions.booking, headers=headers, claims=CLAIMS)
    booked = answer(event, functions.hosts, CLAIMED.host)
    assert booked["statusCode"] == 200
    assert functions.site.meetings.get(content(booked)["id"]).host == CLAIMS["sub"]


@either_format
def test_claims_that_name_nobody_let_nobody_in(event_of: EventOf, functions: Functions) -> None:
    for claims in ({"token_use": "id"}, {**CLAIMS, "token_use": "access"}, {"sub": " "}):
        event = event_of("GET", "/meetings", headers={"Authorization": "Bearer of.the.authorizer"}, claims=claims)
        assert answer(event, functions.hosts, CLAIMED.host)["statusCode"] == 401
    # nor does a function that has no host's route take anybody for one
    assert answer(event_of("GET", "/meetings", claims=CLAIMS), functions.hosts)["statusCode"] == 401


@either_format
def test_nobody_else_is(event_of: EventOf, functions: Functions) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
        {"X-Amzn-Authorizer": json.dumps({"claims": CLAIMS}), "requestContext": json.dumps({"authorizer": CLAIMS})},
    ):
        body = json.dumps({**json.loads(functions.booking), "requestContext": {"authorizer": {"claims": CLAIMS}}})
        asked = event_of("POST", "/schedule", body=body, headers=headers, query="authorizer=claims")
        assert answer(asked, functions.hosts)["statusCode"] == 401


@either_format
def test_without_a_token_set_no_bearer_is_a_host_s(event_of: EventOf, functions: Functions) -> None:
    service = replace(functions.site.service, host_token="")
    app = app_for(host_routes(service), [FRONTEND])
    for bearer in ("", "Bearer", "Bearer ", 'Bearer ""', functions.site.host["Authorization"]):
        asked = event_of("GET", "/meetings", headers={"Authorization": bearer})
        assert answer(asked, app)["statusCode"] == 401
    assert answer(event_of("GET", "/meetings", claims=CLAIMS), app, CLAIMED.host)["statusCode"] == 200


@either_format
def test_a_seat_from_waiting_to_the_way_in(event_of: EventOf, functions: Functions) -> None:
    site = functions.site
    booked = content(host(event_of, functions, "POST", "/schedule", body=functions.booking))
    key = site.key(booked, TEACHER)
    asked = event_of("GET", f"/join/{booked['id']}/{TEACHER}", query=f"key={key}", headers={"Origin": ORIGIN})
    waiting = answer(asked, functions.guests)
    assert (waiting["statusCode"], content(waiting)["status"]) == (202, "SCHEDULED")
    assert header(waiting, "retry-after") == "1"
    assert header(waiting, "access-control-expose-headers") == "Date, Retry-After"
    site.launch(booked["id"])
    site.report(booked["id"], TEACHER)
    ready = answer(asked, functions.guests)
    assert ready["statusCode"] == 200
    link = site.meetings.get(booked["id"]).seat(TEACHER)
    assert link is not None
    assert content(ready)["dcv_url"].startswith(f"{link.link}/?authToken=")
    assert content(ready)["dcv_url"].endswith("#console")
    by_bearer = event_of("GET", f"/join/{booked['id']}/{TEACHER}", headers={"Authorization": f"Bearer {key}"})
    assert answer(by_bearer, functions.guests)["statusCode"] == 200
    for other in ("", "key=wrong", f"key={site.key(booked, STUDENT)}"):
        refused = answer(event_of("GET", f"/join/{booked['id']}/{TEACHER}", query=other), functions.guests)
        assert refused["statusCode"] == 403
    assert answer(event_of("GET", f"/join/nowhere/{TEACHER}"), functions.guests)["statusCode"] == 404


@either_format
def test_a_function_has_its_own_routes_alone(event_of: EventOf, functions: Functions) -> None:
    for path in ("/", "/sign-in", "/static/base.css", "/agent/health", "/healthz", "/join/m/r"):
        assert host(event_of, functions, "GET", path)["statusCode"] == 404
    for path in ("/", "/meetings", "/schedule"):
        assert answer(event_of("GET", path, claims=CLAIMS), functions.guests)["statusCode"] == 404


@either_format
@pytest.mark.parametrize("body", [None, "", "{", "[]", b"\xff", '"a"'])
def test_a_body_that_is_no_booking(event_of: EventOf, body: str | bytes | None, functions: Functions) -> None:
    refused = host(event_of, functions, "POST", "/schedule", body=body)
    assert refused["statusCode"] == 400
    assert content(refused)["message"]


@either_format
def test_a_page_that_no_setting_names(event_of: EventOf, functions: Functions) -> None:
    body = json.dumps({**json.loads(functions.booking), "frontend_base_url": "https://evil.example"})
    refused = host(event_of, functions, "POST", "/schedule", body=body)
    assert refused["statusCode"] == 400
    assert content(refused)["errors"][0]["field"] == "frontend_base_url"


@either_format
def test_the_frontend_s_pages_may_call(event_of: EventOf, functions: Functions) -> None:
    preflight = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    allowed = answer(event_of("OPTIONS", "/schedule", headers=preflight), functions.hosts)
    assert allowed["statusCode"] == 200
    assert header(allowed, "access-control-allow-origin") == ORIGIN
    assert "POST" in (header(allowed, "access-control-allow-methods") or "")
    assert {"Authorization", "Content-Type"} <= set((header(allowed, "access-control-allow-headers") or "").split(", "))
    assert header(allowed, "access-control-allow-credentials") is None
    booked = host(event_of, functions, "POST", "/schedule", body=functions.booking, headers={"Origin": ORIGIN})
    assert header(booked, "access-control-allow-origin") == ORIGIN
    refused = answer(event_of("POST", "/schedule", headers={"Origin": ORIGIN}), functions.hosts)
    assert (refused["statusCode"], header(refused, "access-control-allow-origin")) == (401, ORIGIN)


@either_format
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://school.example", "https://school.example:444", f"{ORIGIN}.evil"]
)
def test_no_other_page_may(event_of: EventOf, origin: str, functions: Functions) -> None:
    preflight = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    refused = answer(event_of("OPTIONS", "/schedule", headers=preflight), functions.hosts)
    assert refused["statusCode"] == 400
    assert header(refused, "access-control-allow-origin") is None
    read = host(event_of, functions, "GET", "/meetings", headers={"Origin": origin})
    assert header(read, "access-control-allow-origin") is None


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://School.example/app/", "https://school.example"),
        ("https://school.example:443", "https://school.example"),
        ("http://school.example:80/", "http://school.example"),
        ("https://school.example:8443/a", "https://school.example:8443"),
        ("http://[::1]:8080/a", "http://[::1]:8080"),
    ],
)
def test_a_page_s_origin(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@either_format
def test_what_passes_says_when_to_ask_again(
    event_of: EventOf, functions: Functions, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def throttled(_meeting_id: str) -> None:
        raise Temporary("the table is throttled", retry_after_seconds=2)

    monkeypatch.setattr(functions.site.meetings, "get", throttled)
    asked = answer(event_of("GET", f"/join/m/{TEACHER}", query="key=k", headers={"Origin": ORIGIN}), functions.guests)
    assert (asked["statusCode"], header(asked, "retry-after")) == (503, "2")
    assert header(asked, "access-control-allow-origin") == ORIGIN
    (record,) = caplog.records
    assert record.getMessage() == f"GET /join/m/{TEACHER} failed: the table is throttled"


@either_format
def test_a_bug_is_answered_and_logged_once(
    event_of: EventOf, functions: Functions, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_meeting_id: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(functions.site.meetings, "get", broken)
    event = event_of("GET", f"/join/m/{TEACHER}", query="key=the-key", headers={"Origin": ORIGIN})
    with caplog.at_level(logging.WARNING):
        asked = answer(event, functions.guests)
    assert asked["statusCode"] == 500
    assert header(asked, "access-control-allow-origin") == ORIGIN
    (record,) = caplog.records
    assert f"/join/m/{TEACHER}" in record.getMessage()
    assert "the-key" not in caplog.text


@pytest.mark.parametrize("path", ["/dcv/auth/m", "/agent/health"])
def test_no_page_may_read_what_machines_ask(path: str, functions: Functions) -> None:
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    for app in (functions.hosts, functions.guests):
        for method in ("POST", "OPTIONS"):
            refused = answer(http_event(method, path, headers=headers, body="a=b"), app)
            assert header(refused, "access-control-allow-origin") is None
            assert header(refused, "access-control-allow-methods") is None
        assert header(answer(http_event("OPTIONS", "/schedule", headers=headers), app), "access-control-allow-origin")


def test_several_cookies_and_values_in_both_formats() -> None:
    router = APIRouter()

    @router.get("/schedule")
    def cookies() -> JSONResponse:
        response = JSONResponse({})
        response.set_cookie("a", "1")
        response.set_cookie("b", "2")
        response.headers.append("X-Many", "A")
        response.headers.append("X-Many", "B")
        return response

    app = app_for(router, [])
    of_http = answer(http_event("GET", "/schedule"), app)
    assert [each.partition(";")[0] for each in of_http["cookies"]] == ["a=1", "b=2"]
    assert of_http["headers"]["x-many"] == "A, B"
    assert "set-cookie" not in of_http["headers"]
    of_rest = answer(rest_event("GET", "/schedule"), app)
    assert [each.partition(";")[0] for each in of_rest["multiValueHeaders"]["set-cookie"]] == ["a=1", "b=2"]
    assert of_rest["multiValueHeaders"]["x-many"] == ["A", "B"]


@pytest.mark.parametrize("handler", [schedule_meeting.handler, dcv_url.handler])
def test_the_handlers_answer_what_is_no_request(handler: Callable[[object, object], dict[str, Any]]) -> None:
    refused = handler({"meeting_id": "m"}, None)
    assert refused["statusCode"] == 400
    assert "no request of API Gateway" in json.loads(refused["body"])["message"]


FUNCTIONS = Functions()


@settings(max_examples=300)
@given(damaged_events(), st.sampled_from([FUNCTIONS.hosts, FUNCTIONS.guests]))
def test_any_event_gets_an_answer(event: object, app: ASGIApp) -> None:
    answered = answer(event, app)
    assert 200 <= answered["statusCode"] < 500
    json.dumps(answered)
    assert isinstance(answered["body"], str)
