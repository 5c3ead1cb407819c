import re

import pytest

from tests.support.builders import STUDENT, TEACHER
from tests.support.web_site import Site

SCRIPT = "</script><script>alert('x')</script><img src=x onerror=alert(1)>\"'"
PAGES = ["/", "/schedule", "/meeting?id=a&role=b&key=c"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_carry_what_keeps_them_harmless(site: Site, path: str) -> None:
    for browser in (site.browser(), site.signed_in()):
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert "unsafe" not in policy
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", PAGES)
def test_pages_have_no_script_or_style_of_their_own(site: Site, path: str) -> None:
    """What the policy forbids would not run."""
    html = site.signed_in().get(path).text
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
    assert re.findall(r"\son[a-z]+=", html) == []
    assert "<style" not in html
    assert " style=" not in html
    assert "javascript:" not in html


def test_host_pages_want_a_sign_in(site: Site) -> None:
    for path in ("/", "/schedule"):
        answer = site.client.get(path)
        assert answer.status_code == 401
        assert "Host token" in answer.text
        assert site.signed_in().get(path).status_code == 200


def test_the_lobby_tells_nothing_to_whoever_only_looks(site: Site) -> None:
    booked = site.ready(**{f"{TEACHER}_name": "Ada Lovelace"})
    answer = site.client.get("/meeting", params={"id": booked["id"], "role": TEACHER, "key": "wrong"})
    assert answer.status_code == 200
    assert "Ada" not in answer.text


@pytest.mark.parametrize("name", ["id", "role", "key", "other"])
def test_nothing_of_the_query_gets_into_the_lobby(site: Site, name: str) -> None:
    answer = site.client.get("/meeting", params={name: SCRIPT})
    assert "alert(" not in answer.text


def test_scripts_in_names_are_data(site: Site) -> None:
    names = {f"{TEACHER}_name": SCRIPT, f"{STUDENT}_name": SCRIPT}
    booked = site.ready(**names)
    answer = site.client.get(f"/meetings/{booked['id']}", headers=site.host)
    assert answer.headers["content-type"] == "application/json"
    assert [seat["name"] for seat in answer.json()["seats"]] == [SCRIPT, SCRIPT]
    browser = site.signed_in()
    entry = site.entry_path(booked, TEACHER)
    assert browser.get(entry).status_code == 303
    for page in ("/", "/schedule", entry.partition("?")[0]):
        assert "alert(" not in browser.get(page).text


def test_a_wrong_token_is_not_shown_again(site: Site) -> None:
    assert "alert(" not in site.client.get("/", params={"token": SCRIPT}).text


def test_static_files_are_there_and_nothing_beside_them(site: Site) -> None:
    assert site.client.get("/static/base.css").headers["content-type"].startswith("text/css")
    assert site.client.get("/static/lobby_page.js").headers["content-type"].startswith("text/javascript")
    for path in ("/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static/", "/static//etc/passwd", "/static/%00"):
        assert site.client.get(path).status_code == 404


def test_scripts_are_compressed_and_nothing_that_may_hold_a_secret(site: Site) -> None:
    """A slow network has the pages sooner; and no length tells of what is in them (BREACH)."""
    packed = {"Accept-Encoding": "gzip"}
    script = site.client.get("/static/lobby_page.js", headers=packed)
    assert script.headers["content-encoding"] == "gzip"
    assert script.headers["vary"] == "Accept-Encoding"
    plain = site.client.get("/static/lobby_page.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert script.text == plain.text
    for answer in (script, plain):
        known = {**packed, "If-None-Match": answer.headers["etag"]}
        assert site.client.get("/static/lobby_page.js", headers=known).status_code == 304
    site.ready()
    for path in ("/", "/schedule", "/meetings"):
        answer = site.signed_in().get(path, headers=packed)
        assert len(answer.content) > 500
        assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("path", [*PAGES, "/healthz", "/metrics", "/static/base.css", "/desktop/d-0", "/room/a/b"])
def test_head_says_what_get_would(site: Site, path: str) -> None:
    for browser in (site.browser(), site.signed_in()):
        got, looked = browser.get(path), browser.head(path)
        assert looked.status_code == got.status_code
        assert looked.headers == got.headers
