"""Cloudflare's token and answers."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from elephant.adapters.dns.cloudflare import CloudflareZone, open_client
from elephant.adapters.dns.cloudflare_answers import read_page, read_result
from elephant.adapters.dns.cloudflare_token import token_of
from elephant.adapters.dns.retries import Passing, Retries
from elephant.ports.errors import AddressTaken, Permanent, Temporary

RECORD = {"id": "1", "type": "A", "name": "Www.Example.com", "content": "192.0.2.1", "comment": None, "proxied": True}


def an_answer(content: object, status: int = 200, **headers: str) -> httpx.Response:
    text = content if isinstance(content, str) else json.dumps(content)
    request = httpx.Request("GET", "https://api.example/client/v4/zones/1/dns_records")
    return httpx.Response(status, text=text, headers=headers, request=request)


@pytest.mark.parametrize(
    "secret",
    [
        {"CLOUDFLARE_TOKEN": "abc"},
        {"CLOUDFLARE_API_TOKEN": "abc"},
        {"CLOUDFLARE_TOKEN": "abc", "CLOUDFLARE_API_TOKEN": "another"},
        {"CLOUDFLARE_TOKEN": "", "CLOUDFLARE_API_TOKEN": " abc\n"},
    ],
)
def test_a_token_stands_under_either_key(secret: dict[str, str]) -> None:
    assert token_of(json.dumps(secret)) == "abc"


@pytest.mark.parametrize("secret", ["", "a-bare-token-xyz", "[]", '"xyz"', "{}", '{"CLOUDFLARE_TOKEN": 5, "xyz": ""}'])
def test_a_secret_without_a_token_is_told_and_not_shown(secret: str) -> None:
    with pytest.raises(Permanent, match="CLOUDFLARE_TOKEN") as caught:
        token_of(secret)
    assert "xyz" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_no_success_with_status_200_is_none() -> None:
    answer = read_result(an_answer({"success": False, "errors": [{"code": 9109, "message": "Invalid access token"}]}))
    with pytest.raises(Permanent, match="9109 Invalid access token"):
        answer.require()


def test_success_with_another_status_is_none() -> None:
    with pytest.raises(Permanent, match="404"):
        read_result(an_answer({"success": True, "errors": []}, 404)).require()


@pytest.mark.parametrize(("code", "already", "gone"), [(81053, True, False), (81057, True, False), (81058, True, False),
                                                        (81044, False, True), (81045, False, False)])  # fmt: skip
def test_codes_that_mean_something(code: int, already: bool, gone: bool) -> None:
    answer = read_result(an_answer({"success": False, "errors": [{"code": code, "message": ""}]}, 400))
    assert (answer.already_there, answer.not_there) == (already, gone)


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [(429, "7", 7.0), (429, "", 300.0), (429, "soon", 300.0), (429, "-1", 300.0), (503, "9", 9.0), (500, "", 5.0)],
)
def test_what_may_pass_names_when(status: int, header: str, seconds: float) -> None:
    with pytest.raises(Passing) as caught:
        read_result(an_answer("<html>busy</html>", status, **({"Retry-After": header} if header else {})))
    assert caught.value.retry_after_seconds == seconds


@pytest.mark.parametrize("content", ["", "<html>", "[]", "null", "{}", {"success": "yes"}])
def test_what_is_no_envelope_is_not_read_as_one(content: object) -> None:
    with pytest.raises(Passing, match="not understood"):
        read_result(an_answer(content))
    with pytest.raises(Permanent, match="403"):
        read_result(an_answer(content, 403))


def test_a_page() -> None:
    info = {"page": 1, "per_page": 100, "total_pages": 3}
    page = read_page(an_answer({"success": True, "errors": [], "result": [RECORD], "result_info": info}))
    assert page.total_pages == 3
    assert [(row.name, row.comment, row.proxied) for row in page.rows] == [("www.example.com", "", True)]


@pytest.mark.parametrize(
    "change",
    [{"result": None}, {"result": {}}, {"result_info": None}, {"result_info": {}}, {"result": [{"id": "1"}]}],
)
def test_i8_a_page_that_is_not_understood_is_not_an_empty_one(change: dict[str, Any]) -> None:
    whole = {"success": True, "errors": [], "result": [RECORD], "result_info": {"total_pages": 1}}
    with pytest.raises(Temporary):
        read_page(an_answer({**whole, **change}))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@example({"success": True, "errors": 1}, 200)
@example({"success": True, "result": [{"id": "1", "type": "A", "name": "x", "content": 5}], "result_info": {}}, 200)
@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(["success", "errors", "result", "result_info"], json_values | st.just([RECORD])),
    ),
    st.sampled_from([200, 201, 302, 400, 404, 429, 500, 520]),
)
def test_no_answer_is_more_than_refused(content: dict[str, Any], status: int) -> None:
    try:
        read_page(an_answer(content, status))
    except (Temporary, Permanent):
        return
    assert content["success"] is True


def a_zone(answer: Callable[[httpx.Request], httpx.Response]) -> CloudflareZone:
    client = open_client("a-token")
    client._transport = httpx.MockTransport(answer)
    return CloudflareZone(client, "1", proxied=False, retries=Retries(sleep=lambda _: None))


def test_a_redirect_gets_no_token() -> None:
    zone = a_zone(lambda _: httpx.Response(302, headers={"Location": "https://elsewhere.example/"}))
    with pytest.raises(Permanent, match="302"):
        zone.records()


def test_a_name_that_is_in_use_by_something_unseen_is_no_success() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return an_answer({"success": True, "errors": [], "result": [], "result_info": {"total_pages": 0}})
        return an_answer({"success": False, "errors": [{"code": 81057, "message": "exists"}]}, 400)

    with pytest.raises(Temporary, match="changed while it was written"):
        a_zone(answer).put("www.example.com", "192.0.2.1")


def test_a_listing_whose_filter_is_ignored_takes_no_other_name() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.method == "GET"
        theirs = {**RECORD, "name": "i-0.example.com"}
        rows = [{**RECORD, "comment": "managed by elephant"}, theirs]
        return an_answer({"success": True, "errors": [], "result": rows, "result_info": {"total_pages": 1}})

    zone = a_zone(answer)
    with pytest.raises(AddressTaken):
        zone.put("i-0.example.com", "192.0.2.1")
    zone.remove("i-0.example.com")


def test_what_somebody_removed_before_us_is_removed() -> None:
    ours = {**RECORD, "comment": "managed by elephant"}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return an_answer({"success": True, "errors": [], "result": [ours], "result_info": {"total_pages": 1}})
        return an_answer({"success": False, "errors": [{"code": 81044, "message": "does not exist"}]}, 404)

    a_zone(answer).remove("www.example.com")
