"""What API Gateway hands to a function: HTTP APIs (payload format 2.0, or 1.0) and REST APIs (the same 1.0).

Shapes: API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs" and "Input format of a Lambda
function for proxy integration".
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode

HTTP_API = "2.0"
_DEFAULT_ROUTE = "$default"

Headers = tuple[tuple[bytes, bytes], ...]


class NotARequest(ValueError):
    """An event of another shape; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayRequest:
    """One HTTP request, in either format. `claims` are the word of API Gateway's authorizer, not the sender's.

    Without an authorizer they are empty.
    """

    version: str
    method: str
    path: str
    query: bytes
    headers: Headers
    body: bytes
    claims: Mapping[str, Any]

    @classmethod
    def parse(cls, event: object) -> "GatewayRequest":
        """The request in an event; raises NotARequest for anything else."""
        if not isinstance(event, Mapping):
            raise NotARequest("the event is no object")
        read = _http_api if event.get("version") == HTTP_API else _rest_api
        return read(event, _object(event, "requestContext"))


def _http_api(event: Mapping[str, Any], context: Mapping[str, Any]) -> GatewayRequest:
    cookies = [cookie for cookie in _list(event, "cookies") if isinstance(cookie, str)]
    headers = [(name, [value]) for name, value in _object(event, "headers").items()]
    _, _, template = _text(event, "routeKey", _DEFAULT_ROUTE).partition(" ")
    return GatewayRequest(
        version=HTTP_API,
        method=_text(_object(context, "http"), "method"),
        path=_own_path(_text(event, "rawPath"), template, event, context),
        query=_text(event, "rawQueryString", "").encode("utf-8", "replace"),
        headers=_headers([*headers, *([("cookie", ["; ".join(cookies)])] if cookies else [])]),
        body=_body(event),
        claims=_object(_object(_object(context, "authorizer"), "jwt"), "claims"),
    )


def _rest_api(event: Mapping[str, Any], context: Mapping[str, Any]) -> GatewayRequest:
    query = _object(event, "multiValueQueryStringParameters") or _object(event, "queryStringParameters")
    headers = _object(event, "multiValueHeaders") or _object(event, "headers")
    return GatewayRequest(
        version="1.0",
        method=_text(event, "httpMethod"),
        path=_own_path(_text(event, "path"), _text(event, "resource", ""), event, context),
        query=urlencode(
            [(name, value) for name, all_ in query.items() for value in _texts(all_)], errors="replace"
        ).encode(),
        headers=_headers((name, _texts(value)) for name, value in headers.items()),
        body=_body(event),
        claims=_object(_object(context, "authorizer"), "claims"),
    )


def _own_path(path: str, template: str, event: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    """The path without what stands before the API's own: a stage's name, or a custom domain's base path.

    Whether they do depends on the format and the way in. The route that API Gateway chose tells how many parts are its
    own; where it took its default route, only the stage can be told.
    """
    parts = path.strip("/").split("/")
    own = [part for part in template.split("/") if part not in {"", _DEFAULT_ROUTE}]
    if own:
        length = sum(_length(part, event) for part in own)
        parts = parts[-length:]
    elif parts[0] == context.get("stage"):
        parts = parts[1:]
    return unquote("/" + "/".join(parts), errors="replace")


def _length(part: str, event: Mapping[str, Any]) -> int:
    """How many parts of a path stand for this part of a template; `{name+}` takes all that is left."""
    if not part.endswith("+}"):
        return 1
    return len(_text(_object(event, "pathParameters"), part[1:-2], "").strip("/").split("/"))


def _body(event: Mapping[str, Any]) -> bytes:
    text = event.get("body")
    if text is None:
        return b""
    if not isinstance(text, str):
        raise NotARequest("the event's body is no text")
    if event.get("isBase64Encoded") is not True:
        return text.encode("utf-8", "replace")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotARequest("the event's body is not the base64 that it says") from error


def _headers(headers: Iterable[tuple[object, Iterable[object]]]) -> Headers:
    return tuple(
        (str(name).lower().encode("utf-8", "replace"), value.encode("utf-8", "replace"))
        for name, values in headers
        for value in values
        if isinstance(value, str)
    )


def _texts(value: object) -> list[str]:
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]


def _object(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object in the event; an empty one where it is null or missing."""
    value = event.get(name)
    return value if isinstance(value, Mapping) else {}


def _list(event: Mapping[str, Any], name: str) -> list[Any]:
    value = event.get(name)
    return value if isinstance(value, list) else []


def _text(event: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = event.get(name, default)
    if not isinstance(value, str):
        raise NotARequest(f"the event has no {name}, so it is no request of API Gateway")
    return value
