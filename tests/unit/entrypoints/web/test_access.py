import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.types import Receive, Scope, Send

from elephant.domain.hours import Host
from elephant.entrypoints.web.access import (
    AUTHORIZED,
    HOST_COOKIE,
    HOST_COOKIE_LIFE,
    _fingerprint,
    is_same_origin,
)
from elephant.ports.passes import Pass, Purpose
from tests.support.builders import TEACHER
from tests.support.host_routes import CHANGING, READING
from tests.support.web_site import HOST_TOKEN, Site

FOREIGN = [
    "https://evil.example",
    "null",
    "",
    "http://testserver.evil.example",
    "http://testserver:8081",
    "http://testserver@evil.example",
    "http://[::1",
    "testserver",
    "http://",
]


def test_every_host_route_is_tested_here(site: Site) -> None:
    document = site.client.get("/openapi.json").json()
    guarded = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if {"host": []} in operation.get("security", [])
    }
    tested = {
        (method, re.sub(f"/{TEACHER}$", "/{role}", path.replace("{id}", "{meeting_id}")))
        for method, path in READING + CHANGING
    }
    assert guarded == tested


@pytest.mark.parametrize(("method", "path"), READING + CHANGING)
@pytest.mark.parametrize(
    "header",
    [
        None,
        "Bearer wrong",
        "Bearer ",
        "Bearer",
        f"Bearer {HOST_TOKEN[:-1]}",
        f"Bearer {HOST_TOKEN}x",
        f"Basic {HOST_TOKEN}",
        HOST_TOKEN,
        "Bearer \xfc\xff",
        "Bearer " + "x" * 10_240,
    ],
)
def test_nobody_without_the_token(site: Site, method: str, path: str, header: str | None) -> None:
    booked = site.book()
    headers = {} if header is None else {b"Authorization": header.encode("latin-1")}
    before = site.meetings.get(booked["id"])
    body = {"minutes": 5} if "extend" in path else {}
    json: Any = None if method == "GET" else body
    answer = site.client.request(method, path.format(id=booked["id"]), headers=headers, json=json)
    assert answer.status_code == 401
    assert set(answer.json()) == {"message"}
    assert answer.headers["www-authenticate"] == "Bearer"
    assert site.meetings.get(booked["id"]) == before
    assert len(site.meetings.open_meetings()) == 1


def test_the_scheme_may_be_written_in_any_case(site: Site) -> None:
    assert site.client.get("/meetings", headers={"Authorization": f"bEARER {HOST_TOKEN}"}).status_code == 200


def test_signing_in_by_link_and_by_form(site: Site) -> None:
    by_link, by_form = site.browser(), site.browser()
    for browser, answer in (
        (by_link, by_link.get("/", params={"token": HOST_TOKEN})),
        (by_form, by_form.post("/sign-in", data={"token": f" {HOST_TOKEN}\n"})),
    ):
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert HOST_TOKEN not in cookie
        assert browser.get("/meetings").status_code == 200
        assert browser.get("/").status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", HOST_TOKEN[:-1], HOST_TOKEN.upper(), "\U0001f511", "x" * 10_240])
def test_signing_in_with_another_token(site: Site, token: str) -> None:
    for answer in (site.client.get("/", params={"token": token}), site.client.post("/sign-in", data={"token": token})):
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
        assert "token" in answer.text


def test_a_form_of_bytes_that_are_no_text(site: Site) -> None:
    assert site.client.post("/sign-in", content=b"token=%ff\xff&&==").status_code == 403


def test_signing_out(site: Site) -> None:
    browser = site.signed_in()
    assert browser.post("/sign-out", headers={"Origin": "https://evil.example"}).status_code == 303
    assert browser.get("/meetings").status_code == 200
    assert browser.post("/sign-out").status_code == 303
    assert browser.get("/meetings").status_code == 401


@pytest.mark.parametrize(("method", "path"), CHANGING)
@pytest.mark.parametrize("origin", FOREIGN)
def test_another_site_cannot_use_the_cookie(site: Site, method: str, path: str, origin: str) -> None:
    booked = site.book()
    browser = site.signed_in()
    before = site.meetings.get(booked["id"])
    body = {"minutes": 5} if "extend" in path else {}
    answer = browser.request(method, path.format(id=booked["id"]), json=body, headers={"Origin": origin})
    assert answer.status_code == 403
    assert answer.json() == {"message": "another site may not do this in your name"}
    assert site.meetings.get(booked["id"]) == before


def test_our_own_pages_can(site: Site) -> None:
    booked = site.book()
    answer = site.signed_in().post(f"/meetings/{booked['id']}/cancel", headers={"Origin": "http://testserver"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        (None, "a.example", True),
        ("https://A.example", "a.EXAMPLE", True),
        ("https://a.example:8443", "a.example:8443", True),
        ("http://[::1]:8080", "[::1]:8080", True),
        ("https://a.example", None, False),
        ("", "", False),
        ("null", "null", False),
        ("https://a.example:8443", "a.example", False),
    ],
)
def test_origins(origin: str | None, host: str | None, same: bool) -> None:
    assert is_same_origin(origin, host) is same


def cookies(site: Site) -> dict[str, str]:
    """What others might put into a host's cookie."""
    good = site.signed_in().cookies[HOST_COOKIE]
    payload, _, signature = good.rpartition(".")
    other = Site()
    object.__setattr__(other.service, "host_token", "the-token-of-yesterday")
    browser = other.browser()
    browser.get("/", params={"token": "the-token-of-yesterday"})
    signed = {str(purpose): site.passes.sign(Pass(purpose=purpose, machine_id="x")) for purpose in Purpose}
    return {
        "none": "",
        "the token itself": HOST_TOKEN,
        "truncated": good[:-5],
        "without a signature": payload,
        "another signature": f"{payload}.{signature[::-1]}",
        "of an old token": browser.cookies[HOST_COOKIE],
        "rubbish": "!!..!!",
        **{f"a pass for {purpose}": text for purpose, text in signed.items()},
    }


def test_no_other_cookie_signs_in(site: Site) -> None:
    for what, text in cookies(site).items():
        answer = site.browser().get("/meetings", headers={"Cookie": f"{HOST_COOKIE}={text}"})
        assert answer.status_code == 401, what


def test_a_sign_in_ends(site: Site) -> None:
    text = site.signed_in().cookies[HOST_COOKIE]
    for later, status in ((HOST_COOKIE_LIFE - timedelta(seconds=1), 200), (timedelta(seconds=1), 401)):
        site.now += later
        assert site.browser().get("/meetings", headers={"Cookie": f"{HOST_COOKIE}={text}"}).status_code == status


def test_a_wrong_bearer_is_not_rescued_by_a_cookie(site: Site) -> None:
    assert site.signed_in().get("/meetings", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_the_cookie_is_for_https_alone_where_there_is_https(site: Site) -> None:
    assert "secure" not in site.client.get("/", params={"token": HOST_TOKEN}).headers["set-cookie"].lower()
    object.__setattr__(site.service, "public_url", "https://testserver")
    assert "; Secure" in site.client.get("/", params={"token": HOST_TOKEN}).headers["set-cookie"]


def test_whom_an_authorizer_let_in_is_a_host_whatever_else_they_send(site: Site) -> None:
    # the token that the authorizer checked is not the host's
    headers = {"Authorization": "Bearer of-the-authorizer", "Origin": "https://evil.example"}
    ana = Host(name="ana")
    assert behind(site, authorized=ana).post("/schedule", json={}, headers=headers).status_code == 400
    assert behind(site, authorized=ana).get("/meetings").status_code == 200
    assert behind(site, authorized=ana).get("/hosts/me", headers=site.host).json()["name"] == "ana"


@pytest.mark.parametrize("word", [False, None, True, 1, "true", {"name": "ana"}])
def test_any_other_word_of_an_authorizer_is_none(site: Site, word: object) -> None:
    assert behind(site, authorized=word).get("/meetings").status_code == 401
    assert behind(site, authorized=word).get("/meetings", headers=site.host).status_code == 200


def test_nothing_that_is_sent_passes_for_an_authorizer(site: Site) -> None:
    headers = {AUTHORIZED: "true", "X-Elephant-Authorized": "True", "Cookie": f"{AUTHORIZED}=True"}
    answer = site.browser().get("/meetings", headers=headers, params={AUTHORIZED: "True"})
    assert answer.status_code == 401


@pytest.mark.parametrize("header", ["Bearer ", "Bearer", "Bearer  ", 'Bearer ""', "Bearer None"])
def test_where_there_is_no_token_none_opens(site: Site, header: str) -> None:
    signed_in = site.signed_in()
    object.__setattr__(site.service, "host_token", "")
    assert site.client.get("/meetings", headers={"Authorization": header}).status_code == 401
    assert site.client.get("/meetings").status_code == 401
    assert site.client.get("/", params={"token": ""}).status_code == 403
    assert site.client.post("/sign-in", data={"token": ""}).status_code == 403
    assert signed_in.get("/meetings").status_code == 401
    # not even a cookie with our own signature over no token
    empty = Pass(purpose=Purpose.HOST, machine_id=_fingerprint(site.service.host_token))
    cookie = {"Cookie": f"{HOST_COOKIE}={site.passes.sign(empty)}"}
    assert site.browser().get("/meetings", headers=cookie).status_code == 401


def behind(site: Site, *, authorized: object) -> TestClient:
    """A client of an entry point that knows an authorizer's word."""

    async def entry_point(scope: Scope, receive: Receive, send: Send) -> None:
        await site.app({**scope, AUTHORIZED: authorized}, receive, send)

    return TestClient(entry_point, raise_server_exceptions=False)
