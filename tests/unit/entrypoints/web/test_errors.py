import logging
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.types import Receive, Scope, Send

from elephant.entrypoints.web.body_limit import MAX_BODY_BYTES
from elephant.entrypoints.web.bug_answers import BugAnswers
from elephant.entrypoints.web.errors import status_of
from elephant.ports.errors import ConditionFailed, InvalidField, Permanent, Temporary, WrongKey
from tests.support.builders import TEACHER, a_meeting
from tests.support.web_site import Site

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
JSON = {"Content-Type": "application/json"}


def failing(error: Exception) -> Any:  # noqa: ANN401  stands in for any method
    def fail(*_args: object, **_named: object) -> None:
        raise error

    return fail


def test_a_bug_gives_a_plain_message_and_is_logged(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(site.meetings, "get", failing(RuntimeError("secret detail")))
    for headers, kind in (({}, "application/json"), (PAGE, "text/html; charset=utf-8")):
        answer = site.client.get(f"/join/abc/{TEACHER}", params={"key": "the-key"}, headers=headers)
        assert answer.status_code == 500
        assert answer.headers["content-type"] == kind
        assert "something went wrong on our side" in answer.text
        for word in ("Traceback", "secret detail", "RuntimeError", ".py"):
            assert word not in answer.text
    logged = [record for record in caplog.records if record.name.startswith("elephant")]
    assert [record.getMessage() for record in logged] == [f"a bug answered GET /join/abc/{TEACHER}"] * 2
    assert all(record.exc_info and record.levelno == logging.ERROR for record in logged)
    assert "the-key" not in caplog.text


def test_a_bug_is_not_left_to_the_server_to_be_logged_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.meetings, "get", failing(RuntimeError("a bug")))
    browser = TestClient(site.app, raise_server_exceptions=True)
    assert browser.get(f"/join/abc/{TEACHER}").status_code == 500


def test_an_answer_that_has_begun_is_broken_off() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        TestClient(BugAnswers(app)).get("/")


@pytest.mark.parametrize("headers", [{}, PAGE])
def test_what_may_pass_says_when_to_try_again(
    site: Site, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    monkeypatch.setattr(site.meetings, "get", failing(Temporary("the disk is full", retry_after_seconds=7.4)))
    answer = site.client.get(f"/join/abc/{TEACHER}", headers=headers)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert "the disk is full" in answer.text


@pytest.mark.parametrize("headers", [{}, PAGE])
@pytest.mark.parametrize("kind", [Temporary, Permanent])
def test_where_things_lie_on_the_server_is_told_by_its_log_only(
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    headers: dict[str, str],
    kind: type[Temporary | Permanent],
) -> None:
    monkeypatch.setattr(site.meetings, "get", failing(kind("/srv/elephant/x.sqlite3 is locked (by /proc/7)")))
    answer = site.client.get(f"/join/abc/{TEACHER}", headers=headers)
    assert answer.status_code >= 500
    assert "… is locked (by …" in answer.text
    assert "/srv" not in answer.text
    assert "/srv/elephant/x.sqlite3 is locked (by /proc/7)" in caplog.text


def test_what_somebody_must_mend_is_said(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(site.meetings, "create", failing(Permanent("the file is damaged; put a copy back")))
    body = {f"{role}_name": "Ada" for role in a_meeting().roles}
    answer = site.client.post("/schedule", json={**body, "meet_time": site.now.isoformat()}, headers=site.host)
    assert (answer.status_code, answer.json()) == (500, {"message": "the file is damaged; put a copy back"})
    assert "the file is damaged" in caplog.text


def test_every_error_has_the_status_of_its_nearest_kind() -> None:
    assert status_of(InvalidField("a", "b")) == 400
    assert status_of(WrongKey()) == 403
    assert status_of(ConditionFailed(a_meeting())) == 500


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/meetings", "GET"),
        ("PUT", "/meetings/abc", "GET"),
        ("GET", "/meetings/abc/cancel", "POST"),
        ("POST", f"/join/abc/{TEACHER}", "GET"),
        ("POST", "/healthz", "GET"),
        ("TRACE", "/healthz", "GET"),
        ("WEIRD", "/healthz", "GET"),
    ],
)
def test_wrong_methods(site: Site, method: str, path: str, allowed: str) -> None:
    for headers in ({}, PAGE):
        answer = site.client.request(method, path, headers=headers)
        assert answer.status_code == 405
        assert allowed in answer.headers["allow"]
    assert site.client.request(method, path).json() == {"message": "Method Not Allowed"}


@pytest.mark.parametrize(
    "path", ["/nothing", "/meetings/", "/join/a", "/join/a/b/c", "/static/../app.py", "/static/x", "/.env"]
)
def test_unknown_paths_as_json_and_as_a_page(site: Site, path: str) -> None:
    as_json = site.client.get(path, headers=site.host)
    assert (as_json.status_code, set(as_json.json())) == (404, {"message"})
    as_page = site.client.get(path, headers={**site.host, **PAGE})
    assert (as_page.status_code, as_page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is nothing here" in as_page.text


def test_a_page_for_those_who_are_not_let_in_keeps_its_headers(site: Site) -> None:
    answer = site.client.get("/meetings", headers=PAGE)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert "Please sign in" in answer.text


def test_what_was_asked_for_is_escaped_in_pages(site: Site) -> None:
    answer = site.client.get("/join/%3Cscript%3Ealert(1)%3C%2Fscript%3Ex/y", headers=PAGE)
    assert answer.status_code == 404
    answer = site.client.get(f"/join/%3Cimg%20src=x%20onerror=alert(1)%3E/{TEACHER}", headers=PAGE)
    assert answer.status_code == 404
    assert "<img src=x" not in answer.text
    assert "&lt;img src=x" in answer.text


def chunks(size: int) -> Iterator[bytes]:
    for start in range(0, size, 1000):
        yield b" " * min(1000, size - start)


@pytest.mark.parametrize("path", ["/schedule", "/sign-in", "/agent/health", "/meetings/abc/extend", "/nothing"])
def test_bodies_that_are_too_large(site: Site, path: str) -> None:
    for content in (b" " * (MAX_BODY_BYTES + 1), chunks(MAX_BODY_BYTES + 1)):
        answer = site.client.post(path, content=content, headers=JSON)
        assert answer.status_code == 413
        assert answer.json() == {"message": "a request's body may have at most 64 KiB"}


def test_bodies_that_just_fit(site: Site) -> None:
    for content in (b" " * MAX_BODY_BYTES, chunks(MAX_BODY_BYTES)):
        assert site.client.post("/schedule", content=content, headers={**site.host, **JSON}).status_code == 400
    answer = site.client.patch("/meetings/abc", content=chunks(MAX_BODY_BYTES + 1), headers={**site.host, **JSON})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("path", "cached"),
    [
        ("/", "no-store"),
        ("/meeting", "no-store"),
        ("/meetings", "no-store"),
        ("/healthz", "no-store"),
        ("/nothing", "no-store"),
        ("/static/base.css", "no-cache"),
    ],
)
def test_every_answer_is_kept_harmless(site: Site, path: str, cached: str) -> None:
    answer = site.client.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == cached
    assert "server" not in answer.headers
