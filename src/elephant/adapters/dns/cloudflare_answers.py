"""Cloudflare's answers, read: the envelope, records, pages, and which errors mean what.

The envelope is `{success, errors: [{code, message}], messages, result, result_info}`; `success: false` can come with
HTTP 200, so that the status alone says nothing good.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from elephant.adapters.dns.retries import Passing
from elephant.ports.errors import Permanent

# An A, AAAA or CNAME stands at this name; a CNAME does; this record exists; an identical one does. The messages are
# those of the API's answers, the codes those that its users report; they are in no list of Cloudflare's own.
_ALREADY_THERE = frozenset({81053, 81054, 81057, 81058})
_NOT_THERE = frozenset({81044})
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500
# past the limit every call is refused for five minutes; Retry-After is not always sent
_REFUSED_FOR_SECONDS = 300.0
_SECONDS = re.compile(r"[0-9]{1,6}")
_LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class Row:
    """One record; `name` in lower case."""

    id: str
    type: str
    name: str
    content: str
    comment: str
    proxied: bool


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing."""

    rows: Sequence[Row]
    total_pages: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call came to; `problem` is for people, and None where it was done."""

    result: object
    result_info: object
    problem: str | None
    codes: frozenset[int]

    @property
    def already_there(self) -> bool:
        """True where the name holds a record already, maybe ours."""
        return bool(self.codes & _ALREADY_THERE)

    @property
    def not_there(self) -> bool:
        """True where the record is gone."""
        return bool(self.codes & _NOT_THERE)

    def require(self) -> None:
        """Raise Permanent unless it was done."""
        if self.problem is not None:
            raise Permanent(self.problem)


def read_result(response: httpx.Response) -> Answer:
    """Read an envelope. Raises Passing for what may pass, Permanent for a refusal that is no envelope."""
    what = f"Cloudflare answered {response.status_code} to {response.request.method} {response.request.url.path}"
    if response.status_code == _TOO_MANY_REQUESTS:
        raise Passing(f"{what}: too many requests", named_seconds=_named_seconds(response) or _REFUSED_FOR_SECONDS)
    if response.status_code >= _SERVER_ERROR:
        raise Passing(what, named_seconds=_named_seconds(response))
    try:
        envelope = response.json()
    except ValueError:
        envelope = None
    if not isinstance(envelope, dict) or not isinstance(envelope.get("success"), bool):
        if response.is_success:
            raise Passing(f"{what}, which is not understood: {response.text[:_LONGEST_TEXT]!r}")
        raise Permanent(f"{what}: {response.text[:_LONGEST_TEXT]!r}")
    listed = envelope.get("errors")
    errors = [error for error in listed if isinstance(error, dict)] if isinstance(listed, list) else []
    problem = None
    if not (envelope["success"] and response.is_success):
        said = "; ".join(f"{error.get('code')} {error.get('message')}" for error in errors)
        problem = f"{what}: {said[:_LONGEST_TEXT] or 'no reason given'}"
    codes = frozenset(error["code"] for error in errors if isinstance(error.get("code"), int))
    return Answer(envelope.get("result"), envelope.get("result_info"), problem, codes if problem else frozenset())


def read_page(response: httpx.Response) -> Page:
    """Read a page of records. Raises as read_result does, and Passing for what is no page: a part is not the whole."""
    answer = read_result(response)
    answer.require()
    total_pages = answer.result_info.get("total_pages") if isinstance(answer.result_info, dict) else None
    if not isinstance(answer.result, list) or not isinstance(total_pages, int):
        raise Passing("Cloudflare answered with something that is no page of records")
    return Page([_row(each) for each in answer.result], total_pages)


def _row(record: Any) -> Row:  # noqa: ANN401  whatever JSON holds
    match record:
        case {"id": str(row_id), "type": str(row_type), "name": str(name), **rest}:
            content, comment = rest.get("content"), rest.get("comment")
            return Row(
                id=row_id,
                type=row_type,
                name=name.lower(),
                content=content if isinstance(content, str) else "",
                comment=comment if isinstance(comment, str) else "",
                proxied=rest.get("proxied") is True,
            )
        case _:
            raise Passing(f"Cloudflare answered with something that is no record: {str(record)[:_LONGEST_TEXT]}")


def _named_seconds(response: httpx.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if _SECONDS.fullmatch(text) else None
